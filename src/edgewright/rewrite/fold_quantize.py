"""QUANTIZE and DEQUANTIZE beside each other that undo one another or do nothing, taken out.

Source of the formulas: https://ai.google.dev/edge/litert/models/quantization_spec
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.model import ModelFile, Operator, Subgraph, Table, TensorSpec
from edgewright.rewrite.drop_dead import DropDead
from edgewright.rewrite.protocol import LeftAlone, Rewritten
from edgewright.rewrite.tables import add_constant, read_instead

# real = scale * (stored - zero_point) and back gives the stored number again where float32 has bits to spare.
_RETURNING = frozenset({"int8", "uint8", "int16"})
_EIGHT_BITS = frozenset({"int8", "uint8"})
_SIGN = 128  # int8 holds the numbers of uint8 less this.

# Kernels round halves up, to even, or away from zero, and multiply where others divide: nearer to a half than this
# they may disagree.
_HALF_IN_DOUBT = 1e-3

_IS_OUTPUT = "its result is an output of the model, which has to be computed"


class _Found(NamedTuple):
    """What to do: tensors to read in place of others, constants to store."""

    instead: dict[int, int]
    constants: dict[int, bytes]
    left_alone: list[LeftAlone]


class FoldQuantize:
    """Take out pairs of QUANTIZE and DEQUANTIZE that give back what went in, and store constants quantized."""

    name = "fold-quantize"
    guarantee = "exact"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Fold in every subgraph; where a pair rounds or changes the scale it is left alone."""
        tables = model.edit()
        left_alone: list[LeftAlone] = []
        folded = 0
        for table, subgraph in zip(tables["subgraphs"], model.graph.subgraphs, strict=True):
            found = _Search(model, subgraph).found
            left_alone += found.left_alone
            folded += _apply(tables, table, subgraph, found)
        if not folded:
            return Rewritten(model, left_alone=tuple(left_alone))
        built = ModelFile.build(tables, model.files, model.name)
        change = f"{folded} QUANTIZE folded that changed no number or worked on a constant"
        return Rewritten(DropDead()(built).model, (change,), tuple(left_alone))


class _Search:
    """Looks at every QUANTIZE of a subgraph, in the order of execution."""

    def __init__(self, model: ModelFile, subgraph: Subgraph) -> None:
        self._model = model
        self._tensors = subgraph.tensors
        self._outputs = frozenset(subgraph.outputs)
        self._makers = {index: operator for operator in subgraph.operators for index in operator.outputs}
        self.found = _Found({}, {}, [])
        for operator in subgraph.operators:
            if operator.name == "QUANTIZE":
                self._quantize(operator)
            elif operator.name == "DEQUANTIZE":
                self._dequantize(operator)

    def _quantize(self, operator: Operator) -> None:
        source, result = self._ends(operator)
        if source.dtype == "float32" and len(self._model.constant(source)):
            self._constant(operator, source, result)
        elif _same_numbers(source, result):
            self._skip(operator, source.index)
        else:
            maker = self._makers.get(source.index)
            if maker is not None and maker.name in ("QUANTIZE", "DEQUANTIZE"):
                self._pair(operator, self._ends(maker)[0], source, result)

    def _pair(self, operator: Operator, first: TensorSpec, middle: TensorSpec, result: TensorSpec) -> None:
        """`first` became `middle` and then `result`."""
        lossless = (middle.dtype == "float32" and first.dtype in _RETURNING) or _shifted(first, middle)
        if lossless and _same_numbers(first, result):
            self._skip(operator, first.index)
        elif lossless and _shifted(first, result):
            return  # One QUANTIZE from uint8 to int8 takes several times as long as both, which have fast kernels.
        elif middle.dtype == "float32" and first.dtype in _RETURNING:
            self._leave(operator, "from one scale to another by way of float: in integers it would round otherwise")

    def _dequantize(self, operator: Operator) -> None:
        source, _ = self._ends(operator)
        maker = self._makers.get(source.index)
        quantized = maker is not None and maker.name == "QUANTIZE" and self._ends(maker)[0].dtype == "float32"
        if quantized and source.index not in self.found.instead:
            self._leave(operator, "it undoes a QUANTIZE, whose rounding is part of the results")

    def _constant(self, operator: Operator, source: TensorSpec, result: TensorSpec) -> None:
        if result.dtype not in _RETURNING or len(result.scale) != 1:
            self._leave(operator, f"constants of type {result.dtype} with {len(result.scale)} scales are not covered")
            return
        stored = _quantized(np.frombuffer(self._model.constant(source), "<f4").astype(np.float64), result)
        if result.index in self._outputs:
            self._leave(operator, _IS_OUTPUT)
        elif stored is None:
            self._leave(operator, "a value of the constant lies between two numbers, and kernels round it differently")
        else:
            self.found.constants[operator.index] = stored.tobytes()

    def _skip(self, operator: Operator, source: int) -> None:
        if operator.outputs[0] in self._outputs:
            self._leave(operator, _IS_OUTPUT)
        else:
            self.found.instead[operator.outputs[0]] = source

    def _ends(self, operator: Operator) -> tuple[TensorSpec, TensorSpec]:
        return self._tensors[operator.inputs[0]], self._tensors[operator.outputs[0]]

    def _leave(self, operator: Operator, reason: str) -> None:
        self.found.left_alone.append(LeftAlone(f"operator {operator.index} ({operator.name})", reason))


def _apply(tables: Table, table: Table, subgraph: Subgraph, found: _Found) -> int:
    instead = dict(found.instead)
    for index, data in found.constants.items():
        spec = subgraph.tensors[subgraph.operators[index].outputs[0]]
        quantization = table["tensors"][spec.index]["quantization"]
        instead[spec.index] = add_constant(
            tables, table, spec.name, spec.dtype, spec.shape, data, quantization=quantization
        )
    read_instead(table, instead)
    return len(instead)


def _same_numbers(a: TensorSpec, b: TensorSpec) -> bool:
    """Whether both store the same real numbers in the same way, one scale for the whole tensor."""
    return (
        a.dtype == b.dtype
        and a.shape_signature == b.shape_signature
        and len(a.scale) == 1
        and _zero(a) == _zero(b)
        and a.scale == b.scale
    )


def _shifted(a: TensorSpec, b: TensorSpec) -> bool:
    """Whether one is uint8 and the other int8 with the same scale and all numbers less 128: nothing is lost."""
    if {a.dtype, b.dtype} != _EIGHT_BITS or len(a.scale) != 1 or a.scale != b.scale:
        return False
    unsigned, signed = (a, b) if a.dtype == "uint8" else (b, a)
    return _zero(unsigned) - _SIGN == _zero(signed)


def _zero(spec: TensorSpec) -> int:
    return spec.zero_point[0] if spec.zero_point else 0


def _quantized(values: npt.NDArray[np.float64], spec: TensorSpec) -> npt.NDArray[np.integer] | None:
    """The stored numbers; `None` where their rounding is in doubt."""
    if not np.isfinite(values).all():
        return None
    limits = np.iinfo(spec.dtype)
    exact = values / spec.scale[0] + _zero(spec)
    inside = np.clip(exact, limits.min, limits.max)
    if (np.abs(inside - np.floor(inside) - 0.5) < _HALF_IN_DOUBT).any():
        return None
    stored: npt.NDArray[np.integer] = np.rint(inside).astype(np.dtype(spec.dtype).newbyteorder("<"))
    return stored
