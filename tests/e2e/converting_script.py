"""Converts one small network of a framework, in an environment that has its extra: `python converting_script.py torch`.

What it prints is the least signal-to-noise ratio of the file's outputs, in decibels.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import edgewright as ew

_WEIGHTS = np.random.default_rng(1).normal(size=(12, 5)).astype(np.float32)


def main() -> None:
    source, options = {"torch": _torch, "onnx": _onnx, "jax": _jax}[sys.argv[1]]()
    model = ew.convert(source, **options)
    outputs = model.metadata.provenance.measured["agreement"]["outputs"]
    print(min(float(output["snr_db"]) for output in outputs))


def _torch() -> tuple[Any, dict[str, Any]]:
    import torch

    layer = torch.nn.Linear(12, 5)
    return torch.nn.Sequential(layer, torch.nn.ReLU()), {"example_inputs": torch.zeros(1, 12)}


def _jax() -> tuple[Any, dict[str, Any]]:
    import jax

    return (lambda x: jax.nn.relu(x @ _WEIGHTS)), {"example_inputs": np.zeros((1, 12), np.float32)}


def _onnx() -> tuple[Any, dict[str, Any]]:
    import onnx
    from onnx import helper

    nodes = [helper.make_node("MatMul", ["x", "w"], ["product"]), helper.make_node("Relu", ["product"], ["y"])]
    ends = [helper.make_tensor_value_info(*end) for end in (("x", 1, [1, 12]), ("y", 1, [1, 5]))]
    graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:], [onnx.numpy_helper.from_array(_WEIGHTS, "w")])
    path = Path(tempfile.mkdtemp()) / "network.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), path)
    return path, {}


if __name__ == "__main__":
    main()
