"""Model file to running computation: the interpreter of TensorFlow Lite, and engines with one protocol over it."""

from __future__ import annotations

from edgewright.engine.construction import OpResolverType
from edgewright.engine.delegates import Delegate, load_delegate
from edgewright.engine.litert import Interpreter
from edgewright.engine.runtime import Runtime, load_runtime
from edgewright.engine.signature import SignatureRunner

__all__ = [
    "Delegate",
    "Interpreter",
    "OpResolverType",
    "Runtime",
    "SignatureRunner",
    "load_delegate",
    "load_runtime",
]
