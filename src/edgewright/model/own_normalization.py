"""What a model does to its pixels by itself, before its first layer, and whether its metadata know of that."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from edgewright.spelling import argument

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright.model.describing.values import InputMetadata
    from edgewright.model.file import ModelFile
    from edgewright.model.graph import Operator, TensorSpec

_STEPS = frozenset({"MUL", "ADD", "SUB", "DIV"})
_MOST_CHANNELS = 4
_PIXELS = (0.0, 255.0)


class Preparation(NamedTuple):
    """Pixels from 0 to 255 become (pixel - mean) / std."""

    mean: float
    std: float

    def __str__(self) -> str:
        top = f"(pixel - {self.mean:g})" if self.mean else "pixel"
        return f"{top} / {self.std:g}" if self.std != 1 else top


# What stands in most programs: pixels as 0 to 1, as -1 to 1, and as they are.
AS_THEY_ARE = Preparation(0.0, 1.0)
_USUAL = (Preparation(0.0, 255.0), Preparation(127.5, 127.5), AS_THEY_ARE)

# From where to where networks are trained to see pixels. The last three are the channels of ImageNet's mean and
# deviation, (0.485, 0.456, 0.406) and (0.229, 0.224, 0.225) of values from 0 to 1, as torchvision has them.
_RANGES = ((-1.0, 1.0), (0.0, 1.0), (-0.5, 0.5), (-2.118, 2.249), (-2.036, 2.429), (-1.804, 2.640))
_NEAR = 0.05
# Where pixels lie that were normalized by the mean and deviation of somebody's own pictures.
_LOWEST, _HIGHEST, _NARROWEST = (-4.2, 0.1), (0.3, 6.0), 0.9


class OwnNormalization(NamedTuple):
    """The first operators make factor · x + offset of an input x; both have one entry, or one for each channel.

    `operators` are their names, and `part` is what one is called: "layer" in a source.
    """

    factor: tuple[float, ...]
    offset: tuple[float, ...]
    operators: tuple[str, ...]
    part: str = "operator"

    def ranges(self, mean: tuple[float, ...], std: tuple[float, ...]) -> list[tuple[float, float]]:
        """From where to where pixels go in each channel, that become (pixel - mean) / std before."""
        channels = max(map(len, (self.factor, self.offset, mean, std)))
        return [self._range(*(_at(values, place) for values in (self.factor, self.offset, mean, std)))
                for place in range(channels)]  # fmt: skip

    def _range(self, factor: float, offset: float, mean: float, std: float) -> tuple[float, float]:
        low, high = sorted(factor * (pixel - mean) / std + offset for pixel in _PIXELS)
        return low, high

    @property
    def wanted(self) -> Preparation | None:
        """The one usual preparation whose pixels it takes where a network is trained to see them; None if not one."""
        return self._only_one(_is_known)

    @property
    def probably_wanted(self) -> Preparation | None:
        """The same, also where it may be the mean and deviation of somebody's own pictures that it takes off."""
        return self.wanted or self._only_one(_is_plausible)

    def _only_one(self, fits: Callable[[list[tuple[float, float]]], bool]) -> Preparation | None:
        fitting = [usual for usual in _USUAL if fits(self.ranges((usual.mean,), (usual.std,)))]
        return fitting[0] if len(fitting) == 1 else None

    def conflict(self, described: InputMetadata, by: str = "its metadata says") -> str | None:
        """Say that what is `described` takes pixels where no network sees them, and one usual preparation does not."""
        wanted = self.wanted
        if wanted is None or (described.mean and _is_known(self.ranges(described.mean, described.std))):
            return None
        if not described.mean:
            return self.sentence(wanted)
        low, high = self.ranges(described.mean, described.std)[0]
        said = Preparation(described.mean[0], described.std[0])
        return f"{self.sentence(wanted)}; but {by} {said}, which takes pixels from {low:.3g} to {high:.3g}"

    def sentence(self, wanted: Preparation) -> str:
        """What it computes, and which preparation it wants for that."""
        names, wants = " and ".join(self.operators), f"{wanted} ({argument('normalization', tuple(wanted))})"
        if len(self.operators) == 1:
            return f"its first {self.part}, {names}, computes {self.formula} already, so it wants {wants}"
        return f"its first {self.part}s, {names}, compute {self.formula} already, so it wants {wants}"

    @property
    def formula(self) -> str:
        """The same as one reads it: "2 · x - 1"; of the first channel where they differ."""
        factor, offset = self.factor[0], self.offset[0]
        return f"{factor:g} · x {'-' if offset < 0 else '+'} {abs(offset):g}" if offset else f"{factor:g} · x"


def own_normalization(model: ModelFile, position: int = 0) -> OwnNormalization | None:
    """Find the constants by which a float input is multiplied, and to which it is added, before all else.

    `None` where the first operator that reads it is another one.
    """
    spec = model.inputs[position]
    factor: tuple[float, ...] = (1.0,)
    offset: tuple[float, ...] = (0.0,)
    names: list[str] = []
    while spec.dtype == "float32":
        step = _step(model, spec)
        if step is None:
            break
        operator, values = step
        factor, offset = _then(operator, factor, offset, values, first=operator.inputs[0] == spec.index)
        names.append(operator.name)
        spec = model.main.tensors[operator.outputs[0]]
    return OwnNormalization(factor, offset, tuple(names)) if names else None


def conflicting_normalization(model: ModelFile, described: InputMetadata, position: int = 0) -> str | None:
    """Say that a model normalizes pixels by itself, and that what is `described` does not fit that; else `None`.

    That is so where both together take the pixels where no network is trained to see them, and one of the usual
    preparations alone does not.
    """
    own = own_normalization(model, position) if described.kind in (None, "image") else None
    return own.conflict(described) if own is not None else None


def _is_known(ranges: list[tuple[float, float]]) -> bool:
    return all(any(_near(one, known) for known in _RANGES) for one in ranges)


def _is_plausible(ranges: list[tuple[float, float]]) -> bool:
    return all(
        _LOWEST[0] <= low <= _LOWEST[1] and _HIGHEST[0] <= high <= _HIGHEST[1] and high - low >= _NARROWEST
        for low, high in ranges
    )


def _near(one: tuple[float, float], known: tuple[float, float]) -> bool:
    return all(abs(a - b) <= _NEAR for a, b in zip(one, known, strict=True))


def _step(model: ModelFile, spec: TensorSpec) -> tuple[Operator, tuple[float, ...]] | None:
    """The one operator that reads a tensor, with its constant, where it is one of arithmetic."""
    users = [operator for operator in model.ops if spec.index in operator.inputs]
    if len(users) != 1 or users[0].name not in _STEPS or users[0].options.get("fused_activation_function"):
        return None
    [operator] = users
    others = [model.main.tensors[index] for index in operator.inputs if index != spec.index and index >= 0]
    values = _values(model, others[0]) if len(others) == 1 else None
    if values is None or (operator.name == "DIV" and (operator.inputs[0] != spec.index or 0 in values)):
        return None
    return operator, values


def _values(model: ModelFile, spec: TensorSpec) -> tuple[float, ...] | None:
    """A constant for all values, or one for each channel in the last dimension."""
    data = model.constant(spec)
    if spec.dtype != "float32" or not 1 <= spec.elements <= _MOST_CHANNELS or len(data) != 4 * spec.elements:
        return None
    if spec.elements > 1 and spec.shape[-1] != spec.elements:
        return None
    return struct.unpack(f"<{spec.elements}f", data)


def _then(
    operator: Operator, factor: tuple[float, ...], offset: tuple[float, ...], values: tuple[float, ...], *, first: bool
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Factor and offset behind one more operator; `first`: the tensor is what is subtracted from."""
    channels = max(map(len, (factor, offset, values)))
    made = [_one(operator.name, *(_at(one, place) for one in (factor, offset, values)), first=first)
            for place in range(channels)]  # fmt: skip
    return tuple(one[0] for one in made), tuple(one[1] for one in made)


def _one(name: str, factor: float, offset: float, value: float, *, first: bool) -> tuple[float, float]:
    if name == "MUL":
        return factor * value, offset * value
    if name == "DIV":
        return factor / value, offset / value
    if name == "ADD":
        return factor, offset + value
    return (factor, offset - value) if first else (-factor, value - offset)


def _at(values: tuple[float, ...], place: int) -> float:
    return values[place] if len(values) > 1 else values[0]
