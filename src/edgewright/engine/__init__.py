"""Model file to running computation: the interpreter of TensorFlow Lite, and engines with one protocol over it."""

from __future__ import annotations

from edgewright.engine.construction import OpResolverType
from edgewright.engine.delegates import Delegate, load_delegate
from edgewright.engine.engine import Engine, EngineFactory, engine_names, open_engine, register_engine
from edgewright.engine.litert import Interpreter
from edgewright.engine.litert_engine import LiteRTEngine
from edgewright.engine.runtime import Runtime, load_runtime
from edgewright.engine.signature import SignatureRunner

__all__ = [
    "Delegate",
    "Engine",
    "EngineFactory",
    "Interpreter",
    "LiteRTEngine",
    "OpResolverType",
    "Runtime",
    "SignatureRunner",
    "engine_names",
    "load_delegate",
    "load_runtime",
    "open_engine",
    "register_engine",
]
