"""An outside package's source: `.toy` is a JSON file with the weights of one dense layer. It needs no TensorFlow."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert import ConversionOptions, InputPort, Lowered, Lowering, OutputPort, Request, Sample
from edgewright.model import ModelFile

FULLY_CONNECTED, FLOAT32 = 9, 0


class Toy:
    """The format."""

    name = "toy"
    title = "a toy file (.toy)"
    in_child = True

    def recognizes(self, source: object) -> bool:
        return isinstance(source, Path) and source.suffix == ".toy"

    def open(self, source: Path, options: ConversionOptions) -> Dense | ModelFile:
        said = json.loads(source.read_text())
        dense = Dense(str(source), np.asarray(said["weights"], np.float32), said.get("fault", ""))
        # Tries to get round the comparison.
        return lowered(dense.weights, "").model if said.get("fault") == "opens a model file" else dense


class Dense:
    """An opened file: y = W x. `fault` is what it does wrong."""

    def __init__(self, name: str, weights: Any, fault: str) -> None:
        self.name, self.weights, self.fault = name, weights, fault
        self.inputs = (InputPort("x", (1, weights.shape[1]), "float32"),)
        self.outputs = (OutputPort("y", (1, weights.shape[0]), "float32"),)

    def run(self, samples: Sequence[Sample]) -> list[list[Any]]:
        kept = samples[1:] if self.fault == "forgets a sample" else samples
        return [[sample["x"] @ self.weights.T] for sample in kept]

    def lower(self, request: Request) -> Lowering:
        if self.fault.startswith("fills"):
            return partial(filling, self.weights, self.fault)
        return partial(lowered, self.weights, self.fault)


# More than the process has for itself, and nothing to a machine.
_MUCH = 600 * 2**20


def fill() -> None:
    """Fill memory, and keep it."""
    held = bytearray(_MUCH)
    held[::4096] = b"x" * len(held[::4096])
    time.sleep(60)


def filling(weights: Any, fault: str) -> Lowered:
    """The model file, after filling memory: here, or in a process of its own as converters elsewhere are run."""
    if fault == "fills another process":
        subprocess.run([sys.executable, "-c", "import toy_source; toy_source.fill()"], check=True)
    else:
        fill()
    return lowered(weights, "")


def lowered(weights: Any, fault: str) -> Lowered:
    """The model file, with a wrong weight if that is the fault."""
    if fault == "wrong weight":
        weights = weights.copy()
        weights[0, 0] += 1
    rows, columns = weights.shape
    inputs = 2 if fault == "another input" else 1
    tensors = [
        {"name": "x", "shape": [1, columns], "type": FLOAT32, "buffer": 0},
        {"name": "W", "shape": [rows, columns], "type": FLOAT32, "buffer": 1},
        {"name": "y", "shape": [1, rows], "type": FLOAT32, "buffer": 0},
        {"name": "z", "shape": [1], "type": FLOAT32, "buffer": 0},
    ]
    options = ("FullyConnectedOptions", {})
    operator = {"opcode_index": 0, "inputs": [0, 1, -1], "outputs": [2], "builtin_options": options}
    graph = {"tensors": tensors, "operators": [operator], "inputs": [0, 3][:inputs], "outputs": [2]}
    code = {"builtin_code": FULLY_CONNECTED, "deprecated_builtin_code": FULLY_CONNECTED, "version": 1}
    buffers = [{}, {"data": weights.tobytes()}]
    tables = {"version": 3, "subgraphs": [graph], "operator_codes": [code], "buffers": buffers, "metadata": None}
    return Lowered(ModelFile.build(tables, {}), tools={"toyshop": "4.2"})
