"""Inputs on which the outputs of a source change, where plain random ones leave them still.

A trained network may answer noise with one and the same thing: its activations are dead, or its scores are all 0 and 1.
What it was trained on is not known, so inputs of many sizes, offsets and structures are tried, those first that its
first layer was fitted to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.convert.options import Normalization
from edgewright.convert.sources.ports import InputPort, Sample

Array = npt.NDArray[Any]
Outputs = list[Array]
Run = Callable[[Sequence[Sample]], list[Outputs]]
Typical = Mapping[str, tuple[Array, Array]]
"""Mean and deviation of an input's values, by its name; both can be spread over the input's shape."""

# As many inputs as are compared; from so many different answers on nothing more is looked for.
_WANTED, _ENOUGH = 8, 4
_AT_ONCE = 8
_SEED = 20_240_301

# Answers that differ by less than this share of their size are the same: float32 has 1e-7.
_DIFFERENT = 1e-4

_SIZES = (1.0, 10.0, 0.1, 100.0, 0.01, 1000.0)
# From where to where values go, in sizes: around 0, above, below, and little around much.
_SPANS = ((-1.0, 1.0), (0.0, 1.0), (0.9, 1.1), (-1.0, 0.0), (-1.1, -0.9))
# Of a normalization's range: whole, dark, bright, little around the middle.
_SHARES = ((0.0, 1.0), (0.0, 0.2), (0.8, 1.0), (0.45, 0.55))


def look_further(
    run: Run,
    ports: Sequence[InputPort],
    normalization: Normalization | None,
    typical: Typical,
    known: tuple[Sequence[Sample], Sequence[Outputs]],
) -> tuple[list[Sample], list[Outputs]]:
    """Inputs with different answers, and these; none where no input that was tried changes the answer.

    `run` asks the source; `known` are inputs that leave its outputs still, and these.
    """
    tried, answers = list(known[0]), list(known[1])
    candidates = _candidates(ports, normalization, typical)
    chosen: list[int] = []
    while len(chosen) < _ENOUGH and (samples := list(islice(candidates, _AT_ONCE))):
        tried += samples
        answers += run(samples)
        chosen = _different(answers)
    if len(chosen) < 2:
        return [], []
    more = [place for place, answer in enumerate(answers) if place not in chosen and _is_finite(answer)]
    places = [*chosen, *more][:_WANTED]
    return [tried[place] for place in places], [answers[place] for place in places]


def _different(answers: Sequence[Outputs]) -> list[int]:
    """The places of answers none of which is another one's."""
    chosen: list[int] = []
    for place, answer in enumerate(answers):
        if len(chosen) < _WANTED and _is_finite(answer) and not any(_same(answer, answers[other]) for other in chosen):
            chosen.append(place)
    return chosen


def _is_finite(answer: Outputs) -> bool:
    return all(bool(np.isfinite(output).all()) for output in answer)


def _same(one: Outputs, other: Outputs) -> bool:
    return all(
        a.shape == b.shape and _near(a.astype(np.float64), b.astype(np.float64))
        for a, b in zip(one, other, strict=True)
    )


def _near(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> bool:
    return float(np.abs(a - b).max(initial=0.0)) <= _DIFFERENT * float(np.abs(a).max(initial=0.0))


# What is tried.


def _candidates(ports: Sequence[InputPort], normalization: Normalization | None, typical: Typical) -> Iterator[Sample]:
    generator = np.random.default_rng(_SEED)
    spans = [None] * (2 if typical else 0) + _spans(normalization)
    for span, structure in product(spans, _STRUCTURES):
        yield {port.name: _values(port, span, typical.get(port.name), structure, generator) for port in ports}


def _spans(normalization: Normalization | None) -> list[tuple[float, float] | None]:
    spans = [(low * size, high * size) for size, (low, high) in product(_SIZES, _SPANS)]
    if normalization is not None:
        low, high = normalization.low, normalization.high
        spans = [(low + (high - low) * first, low + (high - low) * last) for first, last in _SHARES] + spans
    return list(spans)


def _values(
    port: InputPort,
    span: tuple[float, float] | None,
    typical: tuple[Array, Array] | None,
    structure: Callable[[tuple[int, ...], np.random.Generator], Array],
    generator: np.random.Generator,
) -> Array:
    """Values of an input: a structure of values from 0 to 1, brought into a span, or around what is typical."""
    shape, dtype = port.sized(), np.dtype(port.dtype)
    unit = structure(shape, generator)
    if dtype.kind != "f" or port.below is not None:
        return np.asarray(np.floor(unit * (port.below or 2)).clip(0, (port.below or 2) - 1)).astype(dtype)
    if typical is not None and span is None:
        mean, deviation = typical
        return np.asarray(mean + deviation * (4 * unit - 2)).astype(dtype)
    low, high = span or (-1.0, 1.0)
    return np.asarray(low + (high - low) * unit).astype(dtype)


def _noise(shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    return generator.random(shape)


def _areas(shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """A few large areas: noise of at most three cells along each axis, drawn larger."""
    coarse = generator.random([min(size, 3) for size in shape])
    for axis, size in enumerate(shape):
        coarse = coarse.take(np.arange(size) * coarse.shape[axis] // size, axis)
    return coarse


def _sparse(shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Nothing but for a few values."""
    return np.where(generator.random(shape) < 0.05, generator.random(shape), 0.0)


def _channel(shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """One entry of the last axis alone, everywhere."""
    values = np.zeros(shape)
    if shape:
        values[..., generator.integers(shape[-1])] = 1.0
    return values


_STRUCTURES = (_noise, _areas, _sparse, _channel)
