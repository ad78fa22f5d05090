"""What to make of a model, and how it is said to LiteRT's quantizer.

A recipe of the quantizer is a list of rules, each with a regular expression that is searched in an operator's scope:
the names of its outputs, each followed by a semicolon. The last rule that matches and that the operator supports wins;
a later rule with the same expression replaces the earlier one, so every rule here has an expression of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from edgewright.errors import UsageError

if TYPE_CHECKING:
    from edgewright.model import ModelFile, Operator

Kind = Literal["float16", "dynamic-int8", "dynamic-int4", "weights-int8", "weights-int4", "int8", "int16"]
IoDtype = Literal["float32", "int8", "uint8", "int16"]
Ranges = Literal["extremes", "trimmed"]
KeptAs = Literal["float32", "float16", "int8"]
Rule = dict[str, Any]

# What an integer model may take and return; all others take and return float32.
_EDGES: dict[str, tuple[str, ...]] = {"int8": ("float32", "int8", "uint8"), "int16": ("float32", "int16")}

# The operators whose weights the quantizer can store as float16; the rest have none, or none that count.
_WITH_WEIGHTS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "EMBEDDING_LOOKUP")

# Larger numbers are infinite as float16 (IEEE 754 binary16).
_LARGEST_FLOAT16 = 65504.0

# Added to an expression it matches the same, and is another one to the quantizer.
_AGAIN = "$"

_MIN_MAX, _OCTAV, _FLOAT16, _NOTHING = "min_max_uniform_quantize", "OCTAV", "float_casting", "no_quantize"


@dataclass(frozen=True)
class Recipe:
    """One way to quantize a model.

    `kind`: "float16" and "weights-…" store smaller weights and compute in float32; "dynamic-…" quantize activations
    while running; "int8" and "int16" compute in integers throughout (weights int8, activations as named) and need
    calibration. `io_dtype`: what the inputs and outputs hold; whole numbers, as those of words, stay what they are,
    and those at the places `float_inputs` and `float_outputs` are float32. `ranges`: how an integer model's activation
    ranges come from the calibration samples, "extremes" (smallest and largest value of all) or "trimmed" (without the
    3% of the samples that reach furthest). `clipped`: weights' scales by OCTAV instead of the largest weight.
    `corrected`: biases make up for the mean error of rounded weights (`correcting`), which needs calibration too.
    `keep_float`: indices of operators that are spared: they stay in float, their weights as `kept_as` says, or, with
    "int8" in a recipe of 4-bit weights, they get 8-bit weights.
    """

    name: str
    kind: Kind
    io_dtype: IoDtype = "float32"
    ranges: Ranges = "extremes"
    clipped: bool = False
    corrected: bool = True
    keep_float: frozenset[int] = frozenset()
    kept_as: KeptAs = "float16"
    float_inputs: frozenset[int] = frozenset()
    float_outputs: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Refuse unknown words, and edges that the kind cannot have."""
        for word, choices in ((self.kind, Kind), (self.ranges, Ranges), (self.kept_as, KeptAs)):
            if word not in get_args(choices):
                raise UsageError(
                    f"recipe {self.name!r}: unknown {word!r}. Choose one of: {', '.join(get_args(choices))}"
                )
        if (self.float_inputs or self.float_outputs) and self.io_dtype == "float32":
            raise UsageError(f"recipe {self.name!r}: all inputs and outputs are float32 already. Give another io_dtype")
        edges = _EDGES.get(self.kind, ("float32",))
        if self.kept_as == "int8" and not self.kind.endswith("int4"):
            raise UsageError(f"recipe {self.name!r}: kept_as='int8' spares nothing in {self.kind}. Choose a float type")
        if self.io_dtype not in edges:
            raise UsageError(f"recipe {self.name!r}: io_dtype={self.io_dtype!r}; {self.kind} has {', '.join(edges)}")

    @property
    def static(self) -> bool:
        """Whether activations have fixed ranges, which are measured first."""
        return self.kind in ("int8", "int16")

    @property
    def corrects(self) -> bool:
        """Whether there is an error of the weights to make up for: that of float16 is nothing."""
        return self.corrected and self.kind != "float16"

    @property
    def needs_calibration(self) -> bool:
        """Whether it cannot be made without calibration samples."""
        return self.static or self.corrects

    @property
    def marks(self) -> frozenset[str]:
        """The tensor types that it leaves behind where it did anything."""
        if self.kind == "float16":
            return frozenset({"float16"})
        return frozenset({"int4", "int8"} if self.kind.endswith("int4") else {"int8"})

    def keeping(self, operators: Iterable[int]) -> Recipe:
        """The same with these operators left in float."""
        return replace(self, keep_float=frozenset(operators))

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, ready for JSON."""
        places = ("keep_float", "float_inputs", "float_outputs")
        return {**vars(self), **{name: sorted(getattr(self, name)) for name in places}}


def quantizer_recipe(recipe: Recipe, model: ModelFile) -> list[Rule]:
    """The recipe as the quantizer's list of rules for this model, whose tensor names must be unique."""
    return [*_base(recipe), *_kept(recipe, model), *_edges(recipe)]


def only(recipe: Recipe, model: ModelFile, operator: Operator) -> list[Rule]:
    """The rules that quantize one operator alone, as the recipe says, and leave all others in float."""
    exactly, rules = _exactly(model, [operator]), _base(recipe)
    return [*({**rule, "regex": exactly + number * _AGAIN} for number, rule in enumerate(rules)), *_float_edges()]


def _base(recipe: Recipe) -> list[Rule]:
    algorithm = _OCTAV if recipe.clipped else _MIN_MAX
    if recipe.kind == "float16":
        return [_rule(".*", _FLOAT16, _float16_weights())]
    if recipe.static:
        return [_rule(".*", algorithm, _integer(16 if recipe.kind == "int16" else 8))]
    explicit = recipe.kind.startswith("weights")
    rules = [_rule(".*", algorithm if recipe.kind.endswith("int8") else _MIN_MAX, _weights(8, explicit))]
    if recipe.kind.endswith("int4"):  # operators without a 4-bit kernel keep the 8 bits of the rule before
        rules.append(_rule("", algorithm, _weights(4, explicit)))
    return rules


def _kept(recipe: Recipe, model: ModelFile) -> list[Rule]:
    """Rules that take operators out again; those with weights get float16 ones where these can hold them."""
    operators = _operators(model, recipe.keep_float)
    if not operators:
        return []
    if recipe.kept_as == "int8":
        return [_rule(_exactly(model, operators), _MIN_MAX, _weights(8, recipe.kind.startswith("weights")))]
    rules = [_rule(_exactly(model, operators), _NOTHING)]
    halved = [one for one in operators if one.name in _WITH_WEIGHTS and _fits_float16(model, one)]
    if recipe.kept_as == "float16" and halved:
        rules.append(_rule(_exactly(model, halved) + _AGAIN, _FLOAT16, _float16_weights()))
    return rules


def _edges(recipe: Recipe) -> list[Rule]:
    if recipe.io_dtype == "float32":
        return _float_edges()
    config = _integer(16 if recipe.io_dtype == "int16" else 8, "UINT" if recipe.io_dtype == "uint8" else "INT")
    return [_rule("^", _MIN_MAX, config, operation) for operation in ("INPUT", "OUTPUT")]


def _float_edges() -> list[Rule]:
    return [_rule("^", _NOTHING, operation=operation) for operation in ("INPUT", "OUTPUT")]


def _operators(model: ModelFile, indices: Iterable[int]) -> list[Operator]:
    wanted, count = sorted(indices), len(model.ops)
    if wanted and not 0 <= wanted[0] <= wanted[-1] < count:
        raise UsageError(f"{model.name}: operators {wanted} are to stay in float, and there are {count}")
    return [model.ops[index] for index in wanted]


def _exactly(model: ModelFile, operators: Iterable[Operator]) -> str:
    """An expression that matches the scopes of these operators and no other."""
    scopes = ("".join(f"{model.main.tensors[index].name};" for index in one.outputs) for one in operators)
    return f"^(?:{'|'.join(map(re.escape, scopes))})$"


def _fits_float16(model: ModelFile, operator: Operator) -> bool:
    import numpy as np

    tensors = [model.main.tensors[index] for index in operator.inputs if index >= 0]
    constants = [np.frombuffer(model.constant(one), np.float32) for one in tensors if one.dtype == "float32"]
    return all(float(np.abs(one).max()) <= _LARGEST_FLOAT16 for one in constants if one.size)


def _rule(regex: str, algorithm: str, config: dict[str, Any] | None = None, operation: str = "*") -> Rule:
    return {"regex": regex, "operation": operation, "algorithm_key": algorithm, "op_config": config or {}}


def _integer(bits: int, dtype: str = "INT") -> dict[str, Any]:
    activations = _tensor(bits, symmetric=bits == 16, granularity="TENSORWISE", dtype=dtype)
    return {"activation_tensor_config": activations} | _weights(8, explicit=False)


def _weights(bits: int, explicit: bool) -> dict[str, Any]:
    precision = "FLOAT" if explicit else "INTEGER"
    weights = _tensor(bits, symmetric=True, granularity="CHANNELWISE")
    return {"weight_tensor_config": weights, "compute_precision": precision, "explicit_dequantize": explicit}


def _float16_weights() -> dict[str, Any]:
    weights = _tensor(16, symmetric=True, granularity="TENSORWISE", dtype="FLOAT")
    return {"weight_tensor_config": weights, "compute_precision": "FLOAT", "explicit_dequantize": True}


def _tensor(bits: int, *, symmetric: bool, granularity: str, dtype: str = "INT") -> dict[str, Any]:
    return {"num_bits": bits, "symmetric": symmetric, "granularity": granularity, "dtype": dtype}
