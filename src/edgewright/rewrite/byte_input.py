"""How the bytes of a picture can become what an input takes: the numbers, without the model.

A byte p stands for scale * (p - zero_point), which DEQUANTIZE computes, and a network wants (p - mean) / std with one
mean and std per channel. What is between them is a factor and an offset:
(p - mean) / std = factor * scale * (p - zero_point) + offset.
Source of the formulas: https://ai.google.dev/edge/litert/models/quantization_spec
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.model import InputMetadata, TensorSpec

Values = npt.NDArray[np.float64]

_BYTES = np.arange(256)
_SIGN = 128  # int8 holds the numbers of uint8 less this.
_MOST = 255

# Nearer to a half than this a kernel that multiplies may round otherwise than one that divides.
_HALF_IN_DOUBT = 1e-3


@dataclass(frozen=True)
class Normalization:
    """(byte - mean) / std; both have one entry, or one per channel where the channels differ."""

    mean: Values
    std: Values

    @classmethod
    def of(cls, described: InputMetadata) -> Normalization:
        """The normalization that the metadata states, in float64; equal entries are one."""
        mean, std = np.array(described.mean, np.float64), np.array(described.std, np.float64)
        uniform = len(set(described.mean)) == len(set(described.std)) == 1
        return cls(mean[:1], std[:1]) if uniform else cls(mean, std)

    @property
    def uniform(self) -> bool:
        """Whether all channels are treated alike."""
        return len(self.mean) == 1

    @cached_property
    def table(self) -> npt.NDArray[np.float32]:
        """What each byte becomes, (256, channels) float32, computed as pictures are prepared."""
        values = _BYTES[:, None].astype(np.float32) - self.mean.astype(np.float32)
        return np.divide(values, self.std.astype(np.float32), dtype=np.float32)


@dataclass(frozen=True)
class ByteInput:
    """A uint8 input with its scale and zero point; `factor` and `offset` lead from it to the normalized value."""

    scale: float
    zero_point: int
    factor: Values
    offset: Values

    @classmethod
    def for_float(cls, wanted: Normalization) -> ByteInput:
        """The scale and zero point nearest to the normalization: often nothing is left between them."""
        zero_point = int(np.clip(np.rint(wanted.mean.mean()), 0, _MOST))
        scale = float(np.float32(1 / wanted.std.mean()))
        factor = np.ones(1) if wanted.uniform else 1 / (scale * wanted.std)
        return cls(scale, zero_point, factor, (zero_point - wanted.mean) / wanted.std)

    @property
    def has_factor(self) -> bool:
        """Whether the scale is not yet that of every channel."""
        return bool((self.factor != 1).any())

    @property
    def has_offset(self) -> bool:
        """Whether the zero point is not yet the mean of every channel."""
        return bool((self.offset != 0).any())

    def exact(self, wanted: Normalization) -> bool:
        """Whether the operators give the very numbers of the normalization in float32."""
        values = (_BYTES[:, None] - self.zero_point).astype(np.float32) * np.float32(self.scale)
        values = values * self.factor.astype(np.float32) + self.offset.astype(np.float32)
        return bool((values == wanted.table).all())


@dataclass(frozen=True)
class Requantized:
    """A uint8 input from which one QUANTIZE, or none, makes the 8-bit numbers of a tensor.

    `exact`: for every byte the number that the normalization gives. Otherwise it is at most one step off, where the
    normalized value lies half-way between two numbers.
    """

    scale: float
    zero_point: int
    exact: bool

    @classmethod
    def for_tensor(cls, wanted: Normalization, spec: TensorSpec) -> Requantized | None:
        """`None` where no integer step expresses the normalization."""
        return cls._shifted(wanted, spec) or cls._rescaled(wanted, spec)

    @classmethod
    def _shifted(cls, wanted: Normalization, spec: TensorSpec) -> Requantized | None:
        """The stored numbers are the bytes, or the bytes less 128."""
        shift = _SIGN if spec.dtype == "int8" else 0
        off = np.abs(_stored(wanted, spec) - (_BYTES[:, None] - shift)).max()
        if off > 1:
            return None
        return cls(spec.scale[0], _zero(spec) + shift, bool(off == 0) and not _in_doubt(wanted, spec))

    @classmethod
    def _rescaled(cls, wanted: Normalization, spec: TensorSpec) -> Requantized | None:
        """The bytes stand for the normalized values exactly, and QUANTIZE changes the scale."""
        mean, std = wanted.mean[0], wanted.std[0]
        if not wanted.uniform or not mean.is_integer() or not 0 <= mean <= _MOST:
            return None
        return cls(float(np.float32(1 / std)), int(mean), not _in_doubt(wanted, spec))


def takes_bytes(wanted: Normalization, spec: TensorSpec) -> bool:
    """Whether a uint8 tensor holds the bytes as they are, but for a rounded scale that moves some by one."""
    return spec.dtype == "uint8" and bool(np.abs(_stored(wanted, spec) - _BYTES[:, None]).max() <= 1)


def _stored(wanted: Normalization, spec: TensorSpec) -> npt.NDArray[Any]:
    """What the tensor stores for each byte, (256, channels), rounded as pictures are prepared."""
    limits = np.iinfo(spec.dtype)
    stored = np.rint(wanted.table / np.float32(spec.scale[0])) + _zero(spec)
    clipped: npt.NDArray[Any] = np.clip(stored, limits.min, limits.max)
    return clipped


def _in_doubt(wanted: Normalization, spec: TensorSpec) -> bool:
    """Whether a byte comes to lie so near to the middle of two numbers that kernels may round it differently."""
    limits = np.iinfo(spec.dtype)
    exact = (_BYTES[:, None] - wanted.mean) / wanted.std / spec.scale[0] + _zero(spec)
    inside = exact[(exact > limits.min - 1) & (exact < limits.max + 1)]
    return bool((np.abs(inside - np.floor(inside) - 0.5) < _HALF_IN_DOUBT).any())


def _zero(spec: TensorSpec) -> int:
    return spec.zero_point[0] if spec.zero_point else 0
