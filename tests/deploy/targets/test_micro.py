"""`export --for micro`: the folder is compiled, and run with TensorFlow Lite Micro in the arena that it states."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.deploy import Exported, export
from edgewright.deploy.description import describe
from edgewright.deploy.targets.micro_code.operators import method, operators_file, operators_of
from edgewright.errors import ModelError, UsageError

from ...model.builders import model, one_operator, operator, quantized, raw, subgraph, tensor
from .compiling import STAND_IN, compiled, need, run_folder, run_library

Find = Callable[[str], Path]

# All published files that TensorFlow Lite Micro runs.
FILES = (
    "models/audio_527_without_metadata.tflite",
    "models/mobilenet_v1_0.25_224_float.tflite",
    "models/mobilenet_v1_0.25_224_float_metadata.tflite",
    "models/movie_review.tflite",
    "models/nl_classifier_regex.tflite",
    "models/text_embedder_regex.tflite",
    "sources/pretrainedResnet.published.tflite",
    "sources/vww_96.published.tflite",
    "cases/15-labels-only.tflite",
    "cases/15-own-description.tflite",
)
QUICK = {"cases/15-own-description.tflite"}


def proven(source: Any, folder: Path) -> Exported:
    """Export, build with the folder's own Makefile, run its program; less memory than stated must not do."""
    made = export(source, folder, target="micro")
    done = run_folder(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("right\n")
    equal = re.findall(r"(\d+) numbers, (\d+) equal to the bit, 0 wrong", done.stdout)
    assert equal
    assert all(count == same for count, same in equal)
    return made


def starts(folder: Path, arena: int) -> bool:
    """Whether it runs in so many bytes."""
    (folder / "build/own/main.cc.o").unlink()
    done = run_folder(folder, f"-DMODEL_ARENA_BYTES={arena}")
    assert "right" in done.stdout or "failed: the arena is too small" in done.stdout or done.returncode < 0
    return done.stdout.endswith("right\n")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.extras) for name in FILES]
)
def test_it_runs_in_the_stated_memory_and_not_in_a_tenth_less(name: str, shared_file: Find, tmp_path: Path) -> None:
    made = proven(shared_file(name), tmp_path / "out")
    stated = made.facts["arena"]
    assert stated % 16 == 0
    assert not starts(tmp_path / "out", min(int(stated / 1.1), stated - 32))
    assert all(re.search(r"\.\Z", sentence) for sentence in (*made.proven, *made.unproven))


@pytest.mark.extras
def test_a_file_of_before_2019_is_refused_with_the_command_that_helps(shared_file: Find, tmp_path: Path) -> None:
    path = shared_file("models/mobilenet_v2_1.0_224_quant.tflite")
    with pytest.raises(ModelError) as caught:
        export(path, tmp_path / "out", target="micro")
    assert re.match(r"edgewright rewrite \S+ --modernize --int8-edges -o ", caught.value.remedy)


@pytest.fixture(scope="module")
def made_once(shared_file: Find, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was exported, not to be written into."""
    folder = tmp_path_factory.mktemp("micro") / "out"
    export(shared_file("cases/15-own-description.tflite"), folder, target="micro")
    return folder


@pytest.fixture
def folder(made_once: Path, tmp_path: Path) -> Path:
    """A folder that was exported."""
    return shutil.copytree(made_once, tmp_path / "copy")


def test_the_folder_compiles_without_a_word_in_c_and_c_plus_plus(folder: Path) -> None:
    sources = sorted(path.name for path in folder.glob("*.c"))
    assert sources == ["decoding.c", "labels.c", "model.c", "preparation.c", "sample.c"]
    for name in sources:
        compiled(["gcc", "-Wall", "-Wextra", "-Wpedantic", "-std=c11", "-c", name], folder)
        compiled(["g++", "-x", "c++", "-Wall", "-Wextra", "-std=c++17", "-c", name], folder)
    given = ["-Wall", "-Wextra", "-std=c++17", "-fno-exceptions", "-fno-rtti", "-I", str(STAND_IN)]
    compiled(["g++", *given, "-c", "main.cc"], folder)


@pytest.mark.extras
def test_it_builds_with_cmake_too(folder: Path) -> None:
    need("cmake")
    flags = [f"-DCMAKE_{language}_FLAGS=-fPIC -Dmain=classify -Wall -Wextra -Werror" for language in ("C", "CXX")]
    given = ["-B", "made", f"-DTFLM={STAND_IN}", "-DCMAKE_EXE_LINKER_FLAGS=-shared", *flags]
    for command in (["cmake", *given], ["cmake", "--build", "made"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    assert run_library(folder / "made/classify").stdout.endswith("right\n")


def test_a_wrong_output_is_said(folder: Path) -> None:
    source = (folder / "sample.c").read_text()
    head, _, outputs = source.rpartition("{\n")
    (folder / "sample.c").write_text(head + "{\n9.0f," + outputs.partition(",")[2])
    done = run_folder(folder)
    assert done.returncode == 1
    assert "1 wrong" in done.stdout
    assert done.stdout.endswith("WRONG: the outputs are not those of the sample\n")


# ----- operators


def test_every_operator_of_the_library_has_its_method() -> None:
    from edgewright.check.op_set import op_set

    declared = set(re.findall(r"STAND_IN_(?:BUILTIN|CUSTOM)\((\w+), ", resolver()))
    named = {method(name).removeprefix("Add") for name in op_set("micro").operators}
    assert named <= declared
    assert {name for name in declared - named if f'({name}, "' not in resolver()} == set()


def resolver() -> str:
    return (STAND_IN / "tensorflow/lite/micro/micro_mutable_op_resolver.h").read_text().partition("template")[2]


def test_exactly_the_operators_of_all_subgraphs_are_added(shared_file: Find) -> None:
    ops = operators_file(describe(ew.ModelFile.read(shared_file("models/movie_review.tflite")))).decode()
    assert re.findall(r"resolver\.(\w+)\(", ops) == ["AddFullyConnected", "AddGather", "AddMean", "AddSoftmax"]
    assert "MicroMutableOpResolver<4>" in ops
    body = subgraph([tensor([4]), tensor([4])], [operator("NEG", [0], [1])], [0], [1])
    main = subgraph([tensor([4]), tensor([4])], [operator("ABS", [0], [1])], [0], [1])
    assert operators_of(ew.ModelFile.read(raw(model(main, body)))) == ("ABS", "NEG")


# ----- what is refused


def test_what_has_no_kernel_is_named_with_what_helps(shared_file: Find, tmp_path: Path) -> None:
    path = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    with pytest.raises(ModelError) as caught:
        export(path, tmp_path / "out", target="micro")
    said = str(caught.value)
    hindering = "CONV_2D (15 times), DEPTHWISE_CONV_2D (13 times), AVERAGE_POOL_2D, SOFTMAX"
    assert f"{hindering}: no kernel for uint8 (int8 and float32 have one)" in said
    assert "--modernize --int8-edges" in caught.value.remedy
    assert "\n" not in said
    assert not (tmp_path / "out").exists()


def test_a_foreign_operator_is_refused(tmp_path: Path) -> None:
    foreign = raw(one_operator("my-op", [tensor([4])], [tensor([4])]))
    with pytest.raises(ModelError, match="my-op: no such operator"):
        export(foreign, tmp_path / "out", target="micro")
    with pytest.raises(ModelError, match="'my-op' is not among those"):
        method("my-op")


def test_one_of_several_signatures_has_to_be_chosen(shared_file: Find, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2 signatures"):
        export(shared_file("cases/20-two-signatures.tflite"), tmp_path / "out", target="micro")


@pytest.mark.extras
def test_a_network_quantized_here(shared_file: Find, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    samples = [generator.uniform(0, 1, (1, 96, 96, 3)).astype(np.float32) for _ in range(16)]
    small = ew.convert(
        shared_file("sources/vww_96.h5"), quantize="int8", representative_data=samples, normalization=(0, 255)
    )
    made = proven(small, tmp_path / "out")
    assert not starts(tmp_path / "out", int(made.facts["arena"] / 1.1))


def test_four_bits_in_a_fully_connected_layer_are_refused(tmp_path: Path) -> None:
    weights = tensor([4, 8], "int4", bytes(range(16)), quantization=quantized([0.1], [0]))
    options = ("FullyConnectedOptions", {"fused_activation_function": 0})
    data = raw(one_operator("FULLY_CONNECTED", [tensor([1, 8]), weights], [tensor([1, 4])], options))
    with pytest.raises(ModelError, match=r"FULLY_CONNECTED: no kernel for float32 × int4") as caught:
        export(data, tmp_path / "out", target="micro")
    assert caught.value.remedy.startswith("edgewright convert SOURCE --quantize int8")


def test_several_inputs_and_outputs_of_other_types(tmp_path: Path) -> None:
    small = quantized([0.5], [3])
    tensors = [
        tensor([1, 4], "int8", quantization=small),
        tensor([1, 4], "int8", quantization=small),
        tensor([1, 4], "int8", quantization=small),
        tensor([1], "int32", struct.pack("<i", 1)),
        tensor([1], "int32"),
        tensor([1, 4], "bool"),
    ]
    operators = [
        operator("ADD", [0, 1], [2], ("AddOptions", {"fused_activation_function": 0})),
        operator("ARG_MAX", [2, 3], [4], ("ArgMaxOptions", {"output_type": 2})),
        operator("GREATER", [0, 1], [5], ("GreaterOptions", {})),
    ]
    made = proven(raw(model(subgraph(tensors, operators, [0, 1], [2, 4, 5]))), tmp_path / "out")
    assert made.facts["operators"] == ["ADD", "ARG_MAX", "GREATER"]


def test_a_model_that_remembers_gets_room_for_it(tmp_path: Path) -> None:
    name = {"container": "", "shared_name": "state"}
    tensors = [tensor([], "resource"), tensor([4]), tensor([4]), tensor([4])]
    operators = [
        operator("VAR_HANDLE", [], [0], ("VarHandleOptions", name)),
        operator("ASSIGN_VARIABLE", [0, 1], [], ("AssignVariableOptions", {})),
        operator("READ_VARIABLE", [0], [2], ("ReadVariableOptions", {})),
        operator("ADD", [1, 2], [3], ("AddOptions", {"fused_activation_function": 0})),
    ]
    proven(raw(model(subgraph(tensors, operators, [1], [3]))), tmp_path / "out")
    assert "MicroResourceVariables::Create(allocator, 1)" in (tmp_path / "out/main.cc").read_text()
