"""Small ONNX models in their textual form, for tests of reading and rewriting them; runs them with onnxruntime."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.sources.onnx.session import Session

DOCS = str(Path(__file__).parents[4] / "docs")


def graph(inputs: str, outputs: str, nodes: str, *, opset: int = 17, **weights: Any) -> Any:
    """A model as the conversion table writes its own."""
    if DOCS not in sys.path:
        sys.path.insert(0, DOCS)
    from conversion_cases.onnx_text import model

    return model(inputs, outputs, nodes, opset=opset, **weights)


def run(model: Any, feed: Mapping[str, Any]) -> list[np.ndarray]:
    """What onnxruntime makes of a model."""
    return Session(model, "model").run({name: np.asarray(value) for name, value in feed.items()})
