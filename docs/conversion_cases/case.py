"""One model of the conversion table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A source model to build. `refused` are words that the refusal must hold, where it cannot convert.

    `build` returns a model of Keras; of PyTorch and JAX a pair: the module or function, and its example inputs in a
    tuple; of ONNX a `ModelProto`, or the path of a published file. `options` are those of `convert`.
    """

    group: str
    name: str
    build: Callable[[], Any]
    refused: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
