"""What a forecast says beside its figures: where time is cheap to gain, and what may go wrong."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping

from edgewright.errors import UsageError
from edgewright.media import Preparation
from edgewright.model import InputMetadata, ModelFile
from edgewright.report import numbers
from edgewright.scale.forecasting.figures import DECODING, MODEL, PREPARING, READING, WRITING, Spread, Workers
from edgewright.scale.forecasting.stages import StageTimes
from edgewright.spelling import either

_MUCH, _WORTH = 0.3, 1.1
_LARGER = 2.0  # times the side of the model's input: less than that is decoded smaller anyway
_LARGE_ROW, _LARGEST_COUNT = 5_000, 100_000_000
_POOR = 0.75
_BUSY = 0.5


def wins(model: ModelFile, stages: Mapping[str, Spread], times: StageTimes) -> Iterator[str]:
    """Where time is cheap to gain, one sentence each; first what was measured, then the largest share."""
    whole = sum(spread.mean for spread in stages.values())
    shares = {name: spread.mean / whole for name, spread in stages.items()}
    if times.modern is not None and times.modern[0] > _WORTH * times.modern[1]:
        yield _modernized(stages, times.modern)
    for stage, share in sorted(shares.items(), key=lambda item: -item[1]):
        if share >= _MUCH:
            yield _ADVICE[stage](model, times, numbers.percent(share, 0))


def _modernized(stages: Mapping[str, Spread], modern: tuple[float, float]) -> str:
    before, after = modern
    whole = sum(spread.median for spread in stages.values())
    gain = whole / max(whole - stages[MODEL].median * (1 - after / before), 1e-9)
    return (
        f"edgewright rewrite --modernize: the model takes {numbers.duration(after)} in place of "
        f"{numbers.duration(before)}, both measured now; about {gain:.1f} times as many inputs a second."
    )


def _reading(model: ModelFile, times: StageTimes, share: str) -> str:
    return (
        f"Reading is {share} of the time: tars of a few hundred megabytes (WebDataset) are read faster than as many "
        "single files; so is storage nearer to the machines."
    )


def _preparing(model: ModelFile, times: StageTimes, share: str) -> str:
    size = _size(model)
    if times.originals and size is not None:
        height, width = (statistics.median(lengths) for lengths in zip(*times.originals, strict=True))
        if min(height / size[0], width / size[1]) >= _LARGER:
            return (
                f"Decoding pictures is {share} of the time: they are {width:.0f}×{height:.0f}, and the model looks at "
                f"{size[1]}×{size[0]}. Copies of twice that size, made once, are decoded in a fraction of it."
            )
        return f"Decoding pictures is {share} of the time, and they are hardly larger than the model's input."
    return f"Decoding and preparing is {share} of the time: store what is closer to the model's input."


def _size(model: ModelFile) -> tuple[int, int] | None:
    """(height, width) of the model's pictures, which no normalization changes; None where it takes none."""
    try:
        return Preparation.of(model.inputs[0], InputMetadata(mean=(0.0,), std=(1.0,))).size
    except UsageError:
        return None


def _model(model: ModelFile, times: StageTimes, share: str) -> str:
    floats = sum(len(model.constant(spec)) for spec in model.main.tensors if spec.dtype == "float32")
    if 2 * floats > model.weight_bytes:
        return (
            f"The model is {share} of the time, and its weights are floats: 8 bits (edgewright optimize) usually take "
            "a half to a third of it. Not measured here."
        )
    return f"The model is {share} of the time: a smaller one is what gains; edgewright bench compares two."


def _decoding(model: ModelFile, times: StageTimes, share: str) -> str:
    less = either(python="top, threshold", command="--top, --threshold")
    return f"Making results of the outputs is {share} of the time: ask for less of them ({less})."


def _writing(model: ModelFile, times: StageTimes, share: str) -> str:
    less = either(python="top, form='parquet'", command="--top, --format parquet")
    return f"Writing results is {share} of the time: ask for less of each, or for Parquet ({less})."


_ADVICE = {READING: _reading, PREPARING: _preparing, MODEL: _model, DECODING: _decoding, WRITING: _writing}


def warnings(times: StageTimes, workers: Workers, memory: int | None, others: float) -> Iterator[str]:
    """What may go wrong, one sentence each.

    `memory` is what the machine has, in bytes; `others` how many processes wanted a core before anything was measured.
    """
    if others > _BUSY * workers.count:
        yield (
            f"This machine has other work: {others:.1f} processes wanted a core in the minute before. Alone it does "
            "more than it says here."
        )
    if times.errors:
        yield f"{len(times.errors)} of {times.taken} inputs had no answer. The first: {times.errors[0]}"
    warm = times.cold.count(False)
    if warm:
        yield (
            f"{warm} of {len(times.cold)} inputs stayed in this machine's memory and were read from there: reading may "
            "take longer than it says."
        )
    if times.cold and None in times.cold:
        yield "This system does not tell whether inputs were read from memory: reading may take longer than it says."
    if times.row_bytes > _LARGE_ROW:
        whole = numbers.size(round(times.row_bytes * _LARGEST_COUNT))
        yield f"Results are large: {numbers.size(round(times.row_bytes))} each, {whole} for {_LARGEST_COUNT:,} inputs."
    if workers.count > 1 and workers.all < _POOR * workers.count * workers.one:
        yield (
            f"{workers.count} workers do only {workers.all / workers.one:.1f} times what one does: they share memory "
            "and storage, or the machine has other work."
        )
    if memory is not None and workers.memory_bytes is not None and workers.count * workers.memory_bytes > memory:
        held = numbers.size(workers.count * workers.memory_bytes)
        yield f"The workers need {held} together, and the machine has {numbers.size(memory)}. Set fewer."
