"""What random inputs never are, asked of the source on purpose: large whole numbers, ties, NaN, far too large ones.

The file is asked the same, see `probed`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.failures import RAISED
from edgewright.convert.sources.ports import InputPort, Sample
from edgewright.errors import EdgewrightError

Outputs = Sequence[Array]
Ask = Callable[[Sequence[Sample]], Sequence[Outputs]]

# Sums of these reach 32 bits and their products leave them; token ids and counters are below. A source that takes them
# for places in a table of its own refuses the first and may take the second.
_COMMON = (70_000, 1_000)
_MOST = 2**40
_FAR = 1e12
_SEED = 20_240_302

# A source that raises over such inputs has said all that it has to say.
_REFUSED = (EdgewrightError, *RAISED, LookupError, ArithmeticError)


@dataclass(frozen=True, eq=False)
class Probe:
    """A sample of one `kind` and what the source returns for it; `most` is the largest whole number in it."""

    kind: str
    sample: Sample = field(repr=False)
    most: int = 0
    reference: Outputs = field(default=(), repr=False)


WHOLE, LARGE, TIES, NAN, FAR = "whole numbers", "large whole numbers", "ties", "NaN", "beyond integers"


def ask(run: Ask, ports: Sequence[InputPort], sample: Sample, *, sizes_known: bool) -> tuple[Probe, ...]:
    """Probe a source, `sample` being one of the ordinary ones; what it refuses is left out.

    Whole numbers are left alone where they may be sizes of what the source computes (`sizes_known` is false).
    """
    asked = []
    whole = [port for port in ports if _takes_whole(port)] if sizes_known else []
    if unknown := [port for port in whole if port.below is None]:
        asked += [Probe(WHOLE, _whole(unknown, sample, most), most) for most in _COMMON]
    if whole:
        asked += [Probe(LARGE, _whole(whole, sample, _MOST), _MOST)]
    if any(np.dtype(port.dtype).kind == "f" for port in ports):
        asked += [Probe(kind, _changed(sample, change)) for kind, change in _CHANGES.items()]
    answered = _answered(run, asked)
    levels = [probe for probe in answered if probe.kind == WHOLE]
    return tuple(probe for probe in answered if probe not in levels[1:])


def _answered(run: Ask, asked: Sequence[Probe]) -> list[Probe]:
    """Those that the source answers, with its answers: all at once, which is quickest, or what it takes of them."""
    answered = _with_answers(run, asked) or [found for probe in asked for found in _with_answers(run, [probe])]
    return [probe for probe in answered if probe.kind == NAN or _is_finite(probe.reference)]


def _with_answers(run: Ask, asked: Sequence[Probe]) -> list[Probe]:
    try:
        answers = run([probe.sample for probe in asked])
    except _REFUSED:
        return []
    return [replace(probe, reference=answer) for probe, answer in zip(asked, answers, strict=True)]


def _is_finite(outputs: Outputs) -> bool:
    return all(bool(np.isfinite(output).all()) for output in outputs)


def _takes_whole(port: InputPort) -> bool:
    """Whether an input takes whole numbers of 32 bits or more."""
    dtype = np.dtype(port.dtype)
    return dtype.kind in "iu" and dtype.itemsize > 2


def _whole(ports: Sequence[InputPort], sample: Sample, most: int) -> Sample:
    """The sample with whole numbers in these inputs, up to `most`, or what the type holds, the largest among them."""
    generator = np.random.default_rng(_SEED)
    changed = dict(sample)
    for port in ports:
        top = min(most, int(np.iinfo(port.dtype).max))
        array = generator.integers(top // 2, top, sample[port.name].shape, endpoint=True, dtype=np.int64)
        array.flat[:1] = top
        changed[port.name] = array.astype(port.dtype)
    return changed


def _changed(sample: Sample, change: Callable[[Array], Array]) -> Sample:
    return {
        name: change(array).astype(array.dtype) if array.dtype.kind == "f" else array for name, array in sample.items()
    }


def _tied(array: Array) -> Array:
    """The values -1, 0 and 1 only, whatever lies between: many are equal."""
    size = float(np.abs(array).max(initial=0.0)) or 1.0
    return np.asarray(np.rint(array / size))


def _with_nan(array: Array) -> Array:
    changed = array.copy()
    if changed.size:
        changed.flat[changed.size // 3] = np.nan
    return changed


def _far(array: Array) -> Array:
    size = float(np.abs(array).max(initial=0.0)) or 1.0
    return np.asarray(array / size * _FAR)


_CHANGES = {TIES: _tied, NAN: _with_nan, FAR: _far}
