"""How good tracks are, against a known truth: MOTA and identity switches, IDF1, HOTA.

Sources: CLEAR MOT (Bernardin and Stiefelhagen, 2008), IDF1 (Ristani et al., 2016), HOTA (Luiten et al., 2021), in the
details as TrackEval has them. `oracle.py` holds them against a published implementation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgewright.task.tracking.assignment import assign
from edgewright.task.tracking.association import overlaps

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

# What counts as found (MOTA, IDF1), and all that HOTA takes the mean of.
_FOUND = 0.5
_ALPHAS = np.arange(0.05, 0.99, 0.05)
_NEARLY = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Moment:
    """One picture: who is there and who is said to be there, numbered from 0, and how much each pair overlaps."""

    who: Ids
    said: Ids
    overlap: Floats


@dataclass(frozen=True)
class Quality:
    """Shares of 1, and how often somebody got another id."""

    hota: float
    mota: float
    idf1: float
    switches: int


def quality(sequences: Sequence[Sequence[tuple[Ids, Floats, Ids, Floats]]]) -> Quality:
    """Of sequences of pictures: who is there, their boxes, the ids that are said, and theirs."""
    numbered = [_numbered(sequence) for sequence in sequences]
    clear = np.sum([_clear(sequence) for sequence in numbered], axis=0)
    identity = np.sum([_identity(sequence) for sequence in numbered], axis=0)
    found, missed, wrong, switches = clear.tolist()
    same, lost, foreign = identity.tolist()
    return Quality(
        hota=_hota([_hota_parts(sequence) for sequence in numbered]),
        mota=(found - wrong - switches) / max(found + missed, 1),
        idf1=same / max(same + lost / 2 + foreign / 2, 1),
        switches=int(switches),
    )


def _numbered(sequence: Sequence[tuple[Ids, Floats, Ids, Floats]]) -> list[Moment]:
    people = np.unique(np.concatenate([who for who, _, _, _ in sequence]))
    tracks = np.unique(np.concatenate([said for _, _, said, _ in sequence]))
    return [
        Moment(np.searchsorted(people, who), np.searchsorted(tracks, said), overlaps(truth, boxes))
        for who, truth, said, boxes in sequence
    ]


def _counts(sequence: Sequence[Moment]) -> tuple[Ids, Ids]:
    """How often each is there, and is said to be."""
    who = np.concatenate([moment.who for moment in sequence])
    said = np.concatenate([moment.said for moment in sequence])
    return np.bincount(who), np.bincount(said)


def _pairs(worth: Floats) -> tuple[Ids, Ids]:
    """Rows and columns so that the sum of what they are worth is most; what is worth nothing is left."""
    columns = assign(np.where(worth > 0, -worth, np.inf), 0.0)
    rows = np.flatnonzero(columns >= 0)
    return rows, columns[rows]


def _clear(sequence: Sequence[Moment]) -> tuple[int, int, int, int]:
    """Found, missed, wrong, switches."""
    people = len(_counts(sequence)[0])
    last, before = np.full(people, -1), np.full(people, -1)
    found = missed = wrong = switches = 0
    for moment in sequence:
        worth = np.where(
            moment.overlap >= _FOUND - _NEARLY,
            1000.0 * (before[moment.who][:, None] == moment.said) + moment.overlap,
            0.0,
        )
        rows, columns = _pairs(worth)
        who, said = moment.who[rows], moment.said[columns]
        switches += int(np.sum((last[who] >= 0) & (last[who] != said)))
        last[who] = said
        if len(moment.who) and len(moment.said):
            before[:] = -1
            before[who] = said
        found += len(rows)
        missed += len(moment.who) - len(rows)
        wrong += len(moment.said) - len(rows)
    return found, missed, wrong, switches


def _identity(sequence: Sequence[Moment]) -> tuple[int, int, int]:
    """Boxes of the best pairing of people and tracks: the same, lost, foreign."""
    there, said = _counts(sequence)
    together = np.zeros((len(there), len(said)))
    for moment in sequence:
        rows, columns = np.nonzero(moment.overlap >= _FOUND)
        together[moment.who[rows], moment.said[columns]] += 1
    rows, columns = _pairs(together)
    same = int(together[rows, columns].sum())
    return same, int(there.sum()) - same, int(said.sum()) - same


def _hota_parts(sequence: Sequence[Moment]) -> tuple[Floats, Floats, Floats, Floats]:
    """At each threshold: found, missed, wrong, and how well what was found belongs together, summed up."""
    there, said = _counts(sequence)
    likely = np.zeros((len(there), len(said)))
    for moment in sequence:
        both = moment.overlap.sum(0) + moment.overlap.sum(1)[:, None] - moment.overlap
        shares = np.divide(moment.overlap, both, out=np.zeros_like(both), where=both > _NEARLY)
        likely[moment.who[:, None], moment.said] += shares
    likely /= there[:, None] + said - likely
    found, missed, wrong = (np.zeros(len(_ALPHAS)) for _ in range(3))
    together = np.zeros((len(_ALPHAS), len(there), len(said)))
    for moment in sequence:
        rows, columns = _pairs(likely[moment.who[:, None], moment.said] * moment.overlap)
        good = moment.overlap[rows, columns] >= _ALPHAS[:, None] - _NEARLY
        found += good.sum(1)
        missed += len(moment.who) - good.sum(1)
        wrong += len(moment.said) - good.sum(1)
        together[:, moment.who[rows], moment.said[columns]] += good
    belongs = together**2 / np.maximum(there[:, None] + said - together, 1)
    return found, missed, wrong, belongs.sum((1, 2))


def _hota(parts: Sequence[tuple[Floats, Floats, Floats, Floats]]) -> float:
    found, missed, wrong, belongs = np.sum(parts, axis=0)
    detection, association = found / np.maximum(found + missed + wrong, 1), belongs / np.maximum(found, 1)
    return float(np.mean(np.sqrt(detection * association)))
