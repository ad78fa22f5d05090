"""What one proven conversion costs beside the bare converter of its framework, each in a fresh process.

The bare script calls the framework's converter on the same file and compares nothing. Ours is `edgewright.convert`.
Networks are built here, with random weights: a MobileNet of PyTorch as an exported program, the same in ONNX, one of
Keras, and one written in JAX, whose function both scripts define anew. Processor time is reported beside the clock, for
on a busy machine only that can be compared. ONNX needs the environment of `edgewright convert --setup onnx`.

    python benchmarks/conversions_by_source.py [--only torch,onnx] [--rounds 3] [--json result.json]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from edgewright.convert import require_environment
from outcome import Figure, at_most, finish

TARGET = 1.3
SUFFIXES = {"torch": ".pt2", "onnx": ".onnx", "jax": ".npz", "keras": ".keras"}

_NETWORK = """
import sys
import torch
from torch import nn
def step(channels, more, stride):
    parts = [(channels, channels, 3, stride, 1, 1, channels), (channels, more, 1)]
    return [layer for part in parts for layer in (nn.Conv2d(*part), nn.BatchNorm2d(part[1]), nn.ReLU6())]
sizes = [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2)]
sizes += [(512, 512, 1)] * 5 + [(512, 1024, 2)]
first = [nn.Conv2d(3, 32, 3, 2, 1), nn.BatchNorm2d(32), nn.ReLU6()]
last = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000)]
torch.manual_seed(0)
network = nn.Sequential(*first, *(layer for size in sizes for layer in step(*size)), *last).eval()
for layer in network:
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight)
example = (torch.randn(1, 3, 224, 224),)
"""
_JAX_WEIGHTS = """
import sys
import numpy as np
steps = [(32, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), *[(512, 512)] * 5, (512, 1024)]
draw = lambda *shape: np.random.default_rng(0).normal(0, np.prod(shape[:-1]) ** -0.5, shape).astype(np.float32)
filters = [draw(3, 3, 3, 32)]
for channels, more in steps:
    filters += [draw(3, 3, 1, channels), draw(1, 1, channels, more)]
np.savez(sys.argv[1], *filters, draw(1024, 1000))
"""
_JAX_NETWORK = """
import sys
import jax
import jax.numpy as jnp
import numpy as np
read = np.load(sys.argv[1])
*filters, dense = [read[name] for name in read.files]
halving = {0, 3, 7, 11, 23}
def network(image):
    for place, filter in enumerate(filters):
        stride, groups = 2 if place in halving else 1, image.shape[-1] if place % 2 and filter.shape[2] == 1 else 1
        image = jax.lax.conv_general_dilated(
            image, filter, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"),
            feature_group_count=groups)
        image = jnp.clip(image, 0, 6)
    return image.mean((1, 2)) @ dense
example = np.zeros((1, 224, 224, 3), np.float32)
"""
_OURS = """
import sys
import edgewright as ew
ew.convert(sys.argv[1]).save(sys.argv[2], overwrite=True)
"""
# For each source: what makes its file, the bare converter and ours.
SCRIPTS = {
    "torch": (
        _NETWORK + "torch.export.save(torch.export.export(network, example), sys.argv[1])\n",
        """
import sys
import litert_torch
import torch
turned = litert_torch.to_channel_last_io(torch.export.load(sys.argv[1]).module(), args=[0])
litert_torch.convert(turned, (torch.zeros(1, 224, 224, 3),)).export(sys.argv[2])
""",
        _OURS,
    ),
    "onnx": (
        _NETWORK + "torch.onnx.export(network, example, sys.argv[1], dynamo=True, external_data=False)\n",
        """
import os
import subprocess
import sys
folder = sys.argv[2] + ".folder"
subprocess.run([os.environ["PYTHON_FOR_ONNX"], "-m", "onnx2tf", "-i", sys.argv[1], "-o", folder], check=True)
""",
        _OURS,
    ),
    "jax": (
        _JAX_WEIGHTS,
        _JAX_NETWORK
        + """
from litert_converter.mlir import ir, passmanager
from litert_converter.mlir._mlir_libs import converter_api_ext
exported = jax.export.export(jax.jit(network), platforms=["cpu"])(example)
context = ir.Context()
converter_api_ext.prepare_mlir_context(context)
passes = "vhlo-legalize-stablehlo,reconcile-unrealized-casts,func.func(stablehlo-legalize-composite-to-call),inline"
with context, ir.Location.unknown():
    module = ir.Module.parse(exported.mlir_module_serialized)
    passmanager.PassManager.parse(f"builtin.module({passes})").run(module.operation)
    converter_api_ext.set_signature(module.operation, "serving_default", ["image"], ["output"])
    config = converter_api_ext.ConvertToTFLConfig()
    converter_api_ext.run_convert_to_tfl_passes(module, passmanager.PassManager(), config)
    made = converter_api_ext.export_flatbuffer_to_bytes(module.operation)
open(sys.argv[2], "wb").write(made)
""",
        _JAX_NETWORK
        + "import edgewright as ew\new.convert(network, example_inputs=example).save(sys.argv[2], overwrite=True)\n",
    ),
    "keras": (
        """
import sys
import keras
# Without softmax: what one of random weights returns hardly moves, and the room would look for inputs that move it.
keras.applications.MobileNet(weights=None, classifier_activation=None).save(sys.argv[1])
""",
        """
import sys
import tensorflow as tf
converter = tf.lite.TFLiteConverter.from_keras_model(tf.keras.models.load_model(sys.argv[1]))
open(sys.argv[2], "wb").write(converter.convert())
""",
        _OURS,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default=",".join(SCRIPTS), help="sources with commas between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    arguments = parser.parse_args()
    if "onnx" in arguments.only:  # Found here, so that the bare script does not pay for loading the toolkit.
        os.environ["PYTHON_FOR_ONNX"] = str(require_environment("onnx"))
    with tempfile.TemporaryDirectory() as folder:
        found = {name: _measured(name, Path(folder), arguments.rounds) for name in arguments.only.split(",")}
    finish("conversions_by_source", list(_figures(found)), arguments.json, sources=found)


def _figures(found: Mapping[str, Sequence[Sequence[tuple[float, float]]]]) -> Iterator[Figure]:
    """Of each source what the bare converter takes, and how many times that ours does, by processor and clock."""
    for name, turns in found.items():
        yield Figure.of(f"{name}: bare converter, processor time", [bare[1] for bare, _ in turns], "s")
        for clock, goal in ((1, at_most(TARGET)), (0, None)):
            ratios = [ours[clock] / bare[clock] for bare, ours in turns]
            yield Figure.of(
                f"{name}: beside it, {'processor time' if clock else 'by the clock'}", ratios, "times", goal
            )


def _measured(name: str, folder: Path, rounds: int) -> list[list[tuple[float, float]]]:
    """For each round, in turns, seconds of the clock and of all processors: the bare converter's and ours."""
    make, *scripts = SCRIPTS[name]
    source = folder / f"network{SUFFIXES[name]}"
    _run(make, source)
    for (
        script
    ) in scripts:  # Not counted: Python keeps what it compiles of the packages, as it does after an installation.
        _run(script, source, folder / "first.tflite")
    print(name, file=sys.stderr)
    return [[_run(script, source, folder / f"{turn}.tflite") for script in scripts] for turn in range(rounds)]


def _run(script: str, *paths: Path) -> tuple[float, float]:
    """Run it in a fresh process; seconds of the clock and of all processors, those of its own children included."""
    before, start = _processor(), time.perf_counter()
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", script, *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - start, _processor() - before


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
