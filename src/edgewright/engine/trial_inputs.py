"""What a file is given in its trial run: values that a picture may have, so that what depends on values shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import numpy as np

from edgewright.engine.engine import Array
from edgewright.engine.litert_engine import LiteRTEngine
from edgewright.errors import InterpreterError
from edgewright.model import ModelFile, TensorSpec

# Kernels say what is wrong with what they get. They say nothing where they get no memory.
_WORDLESS = re.compile(r"the runtime says: Node number (\d+ \(\w+\)) failed to invoke\.?$")
_WITHOUT_MEMORY = (
    "{name}: the runtime gives up at node {node} without a word, as where there is not enough memory; a trial run has "
    "1 GiB, and four times what the file and its tensors take"
)

# Plain integers are often indices, and 0 and 1 are inside of any table that is worth having.
SMALLEST_TABLE = 2

# Their kernels read places, counts, sizes or conditions out of tensors, which may come from the picture.
_BY_VALUE = frozenset(
    """GATHER GATHER_ND SCATTER_ND REVERSE_SEQUENCE
    MULTINOMIAL BROADCAST_TO BROADCAST_ARGS TILE PAD PADV2 MIRROR_PAD
    SLICE STRIDED_SLICE SPLIT SPLIT_V RESHAPE EXPAND_DIMS ONE_HOT SPARSE_TO_DENSE EMBEDDING_LOOKUP
    EMBEDDING_LOOKUP_SPARSE HASHTABLE_LOOKUP TOPK_V2 TRANSPOSE REVERSE_V2 SEGMENT_SUM UNSORTED_SEGMENT_SUM
    UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_MIN NON_MAX_SUPPRESSION_V4
    NON_MAX_SUPPRESSION_V5 RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND CUMSUM
    DYNAMIC_UPDATE_SLICE STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_GATHER STABLEHLO_SCATTER
    DIV FLOOR_DIV FLOOR_MOD POW RIGHT_SHIFT RFFT2D LSH_PROJECTION SKIP_GRAM DILATE REDUCE_WINDOW
    ARG_MAX ARG_MIN SUM MEAN REDUCE_MAX REDUCE_MIN REDUCE_PROD REDUCE_ANY REDUCE_ALL""".split()
)

_BY_FIRST = frozenset(
    """IF WHILE STABLEHLO_WHILE STABLEHLO_CASE CALL CALL_ONCE RANDOM_UNIFORM RANDOM_STANDARD_NORMAL RANGE FILL
    BROADCAST_ARGS SPLIT WHERE UNIQUE BUCKETIZE EMBEDDING_LOOKUP EMBEDDING_LOOKUP_SPARSE HASHTABLE_LOOKUP""".split()
)


def run_all(model: ModelFile) -> None:
    """Open the file as it will be opened, and run it on one input, or on five where values decide what it does."""
    with LiteRTEngine(model) as engine:
        if any(spec.dtype not in _FILLABLE for spec in model.inputs):
            return  # text: nothing can be made up that a model would understand
        fills = [_mixed, _lowest, _highest, _zeros, _ones] if _goes_by_value(model) else [_mixed]
        for fill in fills:
            try:
                engine.run(_inputs(model, fill))
            except InterpreterError as error:
                if fill is _mixed and not _has_free_dimensions(model):
                    raise
                if wordless := _WORDLESS.search(str(error)):
                    raise InterpreterError(_WITHOUT_MEMORY.format(name=model.name, node=wordless[1])) from error
                # Extremes may be outside of what it takes, and a free dimension was 1 here: a refusal is no harm.


def _inputs(model: ModelFile, fill: Callable[[TensorSpec], Array]) -> Mapping[str | int, Array]:
    return {spec.index: np.asarray(fill(spec), order="C") for spec in model.inputs}


def _goes_by_value(model: ModelFile) -> bool:
    """Whether any operator reads numbers that decide what it does from a tensor that the file does not hold."""
    constant = [bool(len(model.constant(tensor))) for tensor in model.main.tensors]
    return any(
        operator.is_custom
        or operator.name in _BY_FIRST
        or (operator.name in _BY_VALUE and not all(constant[index] for index in operator.inputs[1:] if index >= 0))
        for operator in model.ops
    )


def _has_free_dimensions(model: ModelFile) -> bool:
    return any(-1 in spec.shape_signature for spec in model.inputs)


_FILLABLE = frozenset(
    """float16 float32 float64 bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 complex64 complex128""".split()
)


def _range(spec: TensorSpec) -> tuple[float, float]:
    """The numbers that pictures and indices have."""
    if spec.dtype in ("int8", "uint8") or (spec.quantized and spec.dtype in ("int16", "uint16")):
        limits = np.iinfo(spec.dtype)
        return float(limits.min), float(limits.max)
    if "int" in spec.dtype or spec.dtype == "bool":
        return 0.0, SMALLEST_TABLE - 1.0
    return -1.0, 255.0


def _mixed(spec: TensorSpec) -> Array:
    """Noise over the type's range; real numbers from -1 to 1."""
    lowest, highest = _range(spec)
    real = spec.dtype.startswith(("float", "complex"))
    # Knuth's multiplicative hash: numpy.random would take longer to import.
    noise = np.arange(spec.elements, dtype=np.uint32) * np.uint32(2654435761) / 2.0**32
    values = lowest + noise * ((1.0 if real else highest) - lowest)
    return (values if real else np.rint(values)).reshape(spec.shape).astype(spec.dtype)


def _lowest(spec: TensorSpec) -> Array:
    return np.full(spec.shape, _range(spec)[0], spec.dtype)


def _highest(spec: TensorSpec) -> Array:
    return np.full(spec.shape, _range(spec)[1], spec.dtype)


def _zeros(spec: TensorSpec) -> Array:
    return np.zeros(spec.shape, spec.dtype)


def _ones(spec: TensorSpec) -> Array:
    return np.ones(spec.shape, spec.dtype)
