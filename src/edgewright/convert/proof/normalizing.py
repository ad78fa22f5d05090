"""What a source does to its pixels by itself, seen from what its first layers return for a few pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from edgewright.convert.options import ConversionOptions, Normalization
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Opened, ShowsFirstLayers
from edgewright.convert.sources.failures import RAISED
from edgewright.convert.sources.ports import InputPort, Sample
from edgewright.errors import ConversionError, UsageError
from edgewright.model import AS_THEY_ARE, OwnNormalization
from edgewright.spelling import argument

_SEED = 7
_CHANNELS = (1, 3)
_BRIGHTEST = (255.0, 100.0)
# How far values may lie from a straight line, as a share of the largest: what sums in float32 differ.
_ROUNDING = 1e-4


class Recognized(NamedTuple):
    """The options of a conversion with the normalization that the source wants, and why that was added."""

    options: ConversionOptions
    notices: tuple[str, ...] = ()


def recognize(opened: Opened, ports: Sequence[InputPort], options: ConversionOptions) -> Recognized:
    """See whether the source normalizes its pixels by itself, and whether that fits what is said of it.

    Raises `UsageError` where pixels would be normalized twice.
    """
    own = None if options.series is not None else _own_normalization(opened, ports)
    if own is None:
        return Recognized(options)
    said = options.preparation
    conflict = own.conflict(said, by=f"{argument('normalization')} says") if said.mean else None
    if conflict is not None:
        raise UsageError(f"{opened.name}: {conflict}")
    # Whose own mean and deviation it takes off tells pixels from 0 to 255 for sure, and no smaller range.
    wanted = own.wanted or (AS_THEY_ARE if own.probably_wanted == AS_THEY_ARE else None)
    if said.mean or wanted is None:
        return Recognized(options)
    normalization = Normalization((wanted.mean,), (wanted.std,))
    notice = f"{own.sentence(wanted)}, and that was taken."
    return Recognized(replace(options, normalization=normalization), (notice,))


class _Line(NamedTuple):
    """factor · x + offset, one of each for every channel."""

    factor: Array
    offset: Array

    @property
    def plain(self) -> bool:
        """Whether it leaves everything as it is."""
        return bool(np.allclose(self.factor, 1, atol=_ROUNDING) and np.allclose(self.offset, 0, atol=_ROUNDING))

    def then(self, other: _Line) -> _Line:
        return _Line(other.factor * self.factor, other.factor * self.offset + other.offset)


def picture_port(ports: Sequence[InputPort]) -> InputPort | None:
    """The one input that may be a picture of real numbers; None where there are others beside it."""
    if len(ports) != 1 or ports[0].dtype != "float32":
        return None
    shape = ports[0].sized()
    return ports[0] if len(shape) == 4 and shape[-1] in _CHANNELS else None


def _own_normalization(opened: Opened, ports: Sequence[InputPort]) -> OwnNormalization | None:
    """What the first layers compute of a picture, where it is a factor and an offset; None for all other sources.

    Layers that give pictures another size are passed over, with all that leave them as they are.
    """
    port = picture_port(ports)
    if port is None or not isinstance(opened, ShowsFirstLayers):
        return None
    samples = [{port.name: picture} for picture in _pictures(port.sized())]
    try:
        shown = opened.first_activations(samples)
    except (ConversionError, *RAISED):
        return None  # Whatever is wrong with it, the proof comes to it and says it.
    return _followed([sample[port.name] for sample in samples], shown)


def _pictures(shape: tuple[int, ...]) -> list[Array]:
    """A bright one and a darker one of random pixels, and one of a single color with another value in each channel."""
    generator = np.random.default_rng(_SEED)
    mixed = [generator.uniform(0, brightest, shape) for brightest in _BRIGHTEST]
    color = np.broadcast_to(50.0 + 60 * np.arange(shape[-1]), shape)
    return [picture.astype(np.float32) for picture in (*mixed, color)]


def _followed(pictures: list[Array], shown: Sequence[Sample]) -> OwnNormalization | None:
    channels = pictures[0].shape[-1]
    whole, names = _Line(np.ones(channels), np.zeros(channels)), []
    for name in shown[0]:
        returned = [layers[name] for layers in shown]
        line = _line(pictures, returned)
        if line is None and not _resized(pictures, returned):
            break
        if line is not None and not line.plain:
            whole = whole.then(line)
            names.append(name)
        pictures = returned
    if not names:
        return None
    offset = np.where(np.abs(whole.offset) <= _ROUNDING, 0, whole.offset)
    return OwnNormalization(_plain(whole.factor), _plain(offset), tuple(names), "layer")


def _line(before: Sequence[Array], after: Sequence[Array]) -> _Line | None:
    """The line that leads from each picture to the next, pixel by pixel, the same one for all; None where none does."""
    if any(bare.shape != prepared.shape for bare, prepared in zip(before, after, strict=True)):
        return None
    channels = before[0].shape[-1]
    given, made = (np.concatenate([array.reshape(-1, channels) for array in arrays]).astype(np.float64)
                   for arrays in (before, after))  # fmt: skip
    spread = given - given.mean(axis=0)
    factor = (spread * made).sum(axis=0) / (spread**2).sum(axis=0)
    offset = made.mean(axis=0) - factor * given.mean(axis=0)
    error = np.abs(factor * given + offset - made).max()
    return _Line(factor, offset) if error <= _ROUNDING * np.abs(made).max() else None


def _resized(before: Sequence[Array], after: Sequence[Array]) -> bool:
    """Whether pictures became larger or smaller ones: a single color stays what it is."""
    color, resized = before[-1], after[-1]
    if color.ndim != 4 or resized.ndim != 4 or color.shape[-1] != resized.shape[-1]:
        return False
    return bool(np.allclose(resized, color[:, :1, :1], rtol=_ROUNDING, atol=_ROUNDING))


def _plain(values: Array) -> tuple[float, ...]:
    """One for all channels where they are the same, as float32 has it."""
    rounded = tuple(float(np.float32(value)) for value in values)
    return rounded[:1] if np.ptp(values) <= _ROUNDING * np.abs(values).max() else rounded
