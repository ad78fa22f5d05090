"""Preparation and decoding on emulated Cortex-M processors, with and without floating point: Python's bits again."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import edgewright as ew
from edgewright.deploy.description import Classes, Description, Tensor
from edgewright.media import quantize
from edgewright.task import Decoder, decoder_of, dequantize

from ...model.builders import one_operator, raw
from ...model.builders import tensor as number
from .compiling import compiled, need
from .test_micro_code import INPUTS, files_of, model_named, reals, spec_of, stored, tensor

CORTEX_M = Path(__file__).parents[1] / "cortex_m"

# Compiler flags and the board of the emulator that has this processor.
PROCESSORS = {
    "cortex-m3": (("-mcpu=cortex-m3",), "mps2-an385"),
    "cortex-m4": (("-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"), "mps2-an386"),
}
PAIRS = [
    (tensor("int8", 1 / 255, -128, (1, 300)), tensor("int8", 0.17, 3)),
    (tensor("uint8", 0.0078125, 127, (1, 300)), tensor("uint8", 0.09, 130)),
    (tensor("int16", 3.05e-5, 0, (1, 300)), tensor("int16", 0.001, 0)),
    (tensor("float32"), tensor("float32")),
]


def built(described: Description, processor: str, folder: Path) -> None:
    need("arm-none-eabi-gcc")
    for name, content in files_of(described).items():
        (folder / name).write_bytes(content)
    for name in ("start.c", "program.c"):
        shutil.copy(CORTEX_M / name, folder)
    places = ["-Wl,--section-start=.vectors=0x0", "-Wl,-Ttext=0x1000", "-Wl,-Tdata=0x20000000"]
    flags = [
        "-Wall",
        "-Wextra",
        "-Werror",
        "-std=c11",
        "-Os",
        "-mthumb",
        *PROCESSORS[processor][0],
        "--specs=rdimon.specs",
    ]
    sources = ["start.c", "program.c", "preparation.c", "decoding.c", "labels.c"]
    compiled(["arm-none-eabi-gcc", *flags, *places, *sources, "-lm", "-o", "program.elf"], folder)


def emulated(processor: str, folder: Path) -> bytes:
    need("qemu-system-arm")
    quiet = ["-nographic", "-monitor", "none", "-serial", "none"]
    files = ["-semihosting-config", "enable=on,target=native"]
    command = ["qemu-system-arm", "-M", PROCESSORS[processor][1], *quiet, *files, "-kernel", "program.elf"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return (folder / "out.bin").read_bytes()


def decoder_of_logits() -> Decoder:
    """A classifier's, which takes the softmax of 300 numbers."""
    tables = one_operator("ABS", [number([1, 8, 8, 3])], [number([1, 300])])
    return decoder_of(ew.ModelFile.read(raw(tables)), task="classification", meaning="logits")


@pytest.mark.extras
@pytest.mark.parametrize("processor", PROCESSORS)
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].dtype)
def test_a_cortex_m_comes_to_the_bits_of_python(processor: str, pair: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    given, made = pair
    classes = Classes(tuple(map(str, range(300))), True, None)
    built(Description(model_named("m"), "classification", (given,), (made,), None, classes), processor, tmp_path)
    generator, decode = np.random.default_rng(0), decoder_of_logits()
    sent, expected = b"", b""
    for _ in range(INPUTS):
        values, numbers = reals(generator, given, 300), stored(generator, made, 300)
        sent += values.tobytes() + numbers.tobytes()
        with np.errstate(over="ignore"):
            expected += quantize(values, spec_of(given)).tobytes()
        read = dequantize(numbers, spec_of(made)).astype(np.float32)
        result = decode([read.reshape(1, -1)], None)
        best = np.array([found.index for found in result[:5]], np.int32)
        expected += read.tobytes() + result.scores.tobytes() + best.tobytes()
    (tmp_path / "in.bin").write_bytes(sent)
    assert emulated(processor, tmp_path) == expected
