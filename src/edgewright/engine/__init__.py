"""Model file to running computation: the interpreter of TensorFlow Lite, and engines with one protocol over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.engine.construction import OpResolverType as OpResolverType
    from edgewright.engine.delegates import Delegate as Delegate
    from edgewright.engine.delegates import load_delegate as load_delegate
    from edgewright.engine.engine import MOST_THREADS as MOST_THREADS
    from edgewright.engine.engine import Engine as Engine
    from edgewright.engine.engine import EngineFactory as EngineFactory
    from edgewright.engine.engine import as_tuple as as_tuple
    from edgewright.engine.engine import check_candidates as check_candidates
    from edgewright.engine.engine import check_threads as check_threads
    from edgewright.engine.engine import engine_names as engine_names
    from edgewright.engine.engine import open_engine as open_engine
    from edgewright.engine.engine import register_engine as register_engine
    from edgewright.engine.litert import Interpreter as Interpreter
    from edgewright.engine.litert_engine import WITHOUT_XNNPACK as WITHOUT_XNNPACK
    from edgewright.engine.litert_engine import LiteRTEngine as LiteRTEngine
    from edgewright.engine.runtime import Runtime as Runtime
    from edgewright.engine.runtime import load_runtime as load_runtime
    from edgewright.engine.signature import SignatureRunner as SignatureRunner
    from edgewright.engine.trial import try_out as try_out
    from edgewright.engine.trial_inputs import SMALLEST_TABLE as SMALLEST_TABLE

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "construction": "OpResolverType",
        "delegates": "Delegate load_delegate",
        "engine": "MOST_THREADS Engine EngineFactory as_tuple check_candidates check_threads engine_names open_engine "
        "register_engine",
        "litert": "Interpreter",
        "litert_engine": "WITHOUT_XNNPACK LiteRTEngine",
        "runtime": "Runtime load_runtime",
        "signature": "SignatureRunner",
        "trial": "try_out",
        "trial_inputs": "SMALLEST_TABLE",
    },
)
