"""The samples a conversion is calibrated and compared on: representative ones, or made-up ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions, Normalization
from edgewright.convert.representative import Array, Read, RepresentativeSample, read_path
from edgewright.convert.sources.ports import InputPort, Sample, shown
from edgewright.errors import DataError, UsageError
from edgewright.media import meaning_of_numbers, normalize
from edgewright.model import InputMetadata
from edgewright.spelling import argument

# How many inputs a conversion is compared on: made-up ones, and at most so many of the representative ones.
RANDOM_SAMPLES = 8
REPRESENTATIVE_SAMPLES = 64
_WIDE = 3
_SMALLEST_VOCABULARY = 2
_SEED = 20_240_229
_UNNAMED = "representative data"


@dataclass(frozen=True)
class Samples:
    """`compared`: what source and result run on. `wide`: one with a larger batch. `calibration`: for int8.

    `notices` say what was understood of representative data, and `labels` are the classes of what is compared, as they
    are numbered in it; empty where nobody labeled them.
    """

    compared: list[Sample]
    wide: list[Sample] = field(default_factory=list)
    calibration: list[Sample] = field(default_factory=list)
    notices: tuple[str, ...] = ()
    labels: tuple[int, ...] = ()


def bounded_by_example(ports: Sequence[InputPort], example: Any) -> tuple[InputPort, ...]:
    """Bound inputs of whole numbers by the largest of an example, where nothing else is known of them.

    `example` is what the source is called with, see `convert`; nothing is taken of one that has more or fewer arrays
    than there are inputs.
    """
    arrays = list(_arrays(example))
    if len(arrays) != len(ports):
        return tuple(ports)
    return tuple(map(_bounded, ports, arrays))


def _arrays(example: Any) -> Iterator[Array]:
    if isinstance(example, Mapping):
        example = tuple(example.values())
    if isinstance(example, tuple | list):
        for part in example:
            yield from _arrays(part)
    elif hasattr(example, "is_floating_point"):  # of PyTorch, whose real numbers may be of types that NumPy has not
        yield np.zeros(0) if example.is_floating_point() else np.asarray(example.detach().cpu())
    elif hasattr(example, "__array__"):
        yield np.asarray(example)


def _bounded(port: InputPort, array: Array) -> InputPort:
    """Bytes stay as they are, whose bound is known, and 0 and 1 alone show nothing."""
    dtype, most = np.dtype(port.dtype), array.max(initial=0) if array.dtype.kind in "iu" else 0
    known = port.below is not None or dtype.kind not in "iu" or dtype.itemsize == 1 or most < _SMALLEST_VOCABULARY
    return port if known else replace(port, below=int(most) + 1)


def choose(ports: Sequence[InputPort], options: ConversionOptions) -> Samples:
    """Take representative data where there is some, else make samples up; raises `UsageError` for what does not fit."""
    read = _representative(options, ports)
    calibration, notices = bind(read.samples, ports, options.preparation, _name(options))
    if not calibration:
        compared = random_samples(ports, options.normalization)
        return Samples(compared, _wide(ports, compared))
    count = min(len(calibration), REPRESENTATIVE_SAMPLES)
    places = [int(index) for index in np.linspace(0, len(calibration) - 1, count).round()]
    compared = [calibration[place] for place in places]
    labels = tuple(read.labels[place] for place in places) if read.labels else ()
    return Samples(compared, _wide(ports, compared), calibration, notices, labels)


def _representative(options: ConversionOptions, ports: Sequence[InputPort]) -> Read:
    if not isinstance(options.representative, Path):
        return Read(options.representative)
    if len(ports) != 1:
        raise UsageError(
            f"{options.representative}: files serve one input, and this model has {len(ports)}. Pass arrays"
        )
    return read_path(options.representative, ports[0].sized())


def _wide(ports: Sequence[InputPort], samples: Sequence[Sample]) -> list[Sample]:
    """Several samples as one batch, where the batch of every input is free."""
    if any(not port.shape or port.shape[0] is not None for port in ports):
        return []
    several = [samples[index % len(samples)] for index in range(_WIDE)]
    return [{port.name: np.concatenate([sample[port.name] for sample in several]) for port in ports}]


def random_samples(ports: Sequence[InputPort], normalization: Normalization | None) -> list[Sample]:
    """Seeded made-up inputs in the range that the preparation implies.

    With a normalization: what pixels from 0 to 255 become. Without one nobody knows the range, so every other sample
    lies in -1 to 1, and the rest in 0 to 255 for pictures (models that normalize by themselves) or -4 to 4 for other
    inputs. Whole numbers lie below the size of the vocabulary, where it is known, else below 2.
    """
    generator = np.random.default_rng(_SEED)
    return [
        {port.name: _random(port, normalization, generator, wide=bool(index % 2)) for port in ports}
        for index in range(RANDOM_SAMPLES)
    ]


def _random(
    port: InputPort, normalization: Normalization | None, generator: np.random.Generator, *, wide: bool
) -> Array:
    shape, dtype = port.sized(), np.dtype(port.dtype)
    if dtype.kind in "iu" or port.below is not None:
        low, high = (0, port.below or _SMALLEST_VOCABULARY) if port.below or dtype.itemsize > 1 else (0, 128)
        return generator.integers(low, high, shape).astype(dtype)
    if dtype.kind == "b":
        return generator.integers(0, 2, shape).astype(dtype)
    return generator.uniform(*_range(port, normalization, wide=wide), shape).astype(dtype)


def _range(port: InputPort, normalization: Normalization | None, *, wide: bool) -> tuple[float, float]:
    if normalization is not None:
        return normalization.low, normalization.high
    if not wide:
        return -1.0, 1.0
    picture = len(port.shape) == 4 and port.shape[-1] in (1, 3)
    return (0.0, 255.0) if picture else (-4.0, 4.0)


def bind(
    representative: Sequence[RepresentativeSample],
    ports: Sequence[InputPort],
    described: InputMetadata,
    name: str = _UNNAMED,
) -> tuple[list[Sample], tuple[str, ...]]:
    """Fit representative samples to the inputs, as the model takes them: pixels are normalized as is `described`.

    That is of the input with the most dimensions, or of all that have as many. `name` is that of the data, for
    messages. Also returns what was understood where it was not plain. Raises `UsageError` where a sample does not fit,
    `DataError` for numbers that contradict what is said.
    """
    samples = [_by_port(sample, ports) for sample in representative]
    columns = {port.name: [sample[port.name] for sample in samples] for port in ports}
    most = max(len(port.shape) for port in ports)
    notices = []
    for port in ports:
        said = described if len(port.shape) == most else InputMetadata()
        columns[port.name], notice = _as_taken(columns[port.name], port, said, name)
        notices += [notice] if notice else []
    return [dict(zip(columns, arrays, strict=True)) for arrays in zip(*columns.values(), strict=True)], tuple(notices)


def _by_port(sample: RepresentativeSample, ports: Sequence[InputPort]) -> Sample:
    names = [port.name for port in ports]
    named = dict(sample) if isinstance(sample, Mapping) else dict(zip(names, sample, strict=False))
    if set(named) != set(names) or len(sample) != len(names):
        given = ", ".join(map(str, sample)) if isinstance(sample, Mapping) else f"{len(sample)} arrays"
        raise UsageError(
            f"a sample of {argument('representative_data')} has {given}; the model's inputs are: {', '.join(names)}"
        )
    return {port.name: _shaped(np.asarray(named[port.name]), port) for port in ports}


def _shaped(array: Array, port: InputPort) -> Array:
    wanted = port.sized()
    if [size for size in array.shape if size != 1] != [size for size in wanted if size != 1]:
        raise UsageError(
            f"{argument('representative_data')} has samples of shape {array.shape}; "
            f"input {port.name!r} takes {shown(port.shape)}"
        )
    return array.reshape(wanted)


def _as_taken(arrays: list[Array], port: InputPort, described: InputMetadata, name: str) -> tuple[list[Array], str]:
    """Arrays in the input's type: whole numbers as they are, real ones normalized where they are raw."""
    dtype = np.dtype(port.dtype)
    if dtype.kind != "f":
        return [_whole(array, dtype, port, name) for array in arrays], ""
    meaning = meaning_of_numbers(arrays, described, port.sized(), name, otherwise=False)
    taken = [(normalize(array, described) if meaning.raw else array).astype(dtype, copy=False) for array in arrays]
    return taken, meaning.notice


def _whole(array: Array, dtype: np.dtype[Any], port: InputPort, name: str) -> Array:
    with np.errstate(invalid="ignore"):
        converted = array.astype(dtype, copy=False)
    if dtype.kind in "iu" and not np.array_equal(converted, array):
        found = f"numbers from {array.min():.4g} to {array.max():.4g}"
        raise DataError(f"{name}: {found}, and input {port.name!r} takes whole numbers ({port.dtype})")
    return converted


def _name(options: ConversionOptions) -> str:
    return options.representative.name if isinstance(options.representative, Path) else _UNNAMED
