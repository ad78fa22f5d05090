"""The fewest operators to keep in float so that a model stays inside its budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgewright.errors import UsageError

Keep = frozenset[int]

# Below 20 operators a quarter of them is too few to find anything.
_AT_LEAST = 5


@dataclass(frozen=True)
class Mixed:
    """Result of `fewest_in_float`. `keep`: the operators, None where none was found before all of them were kept.

    `tried`: each set that was evaluated and whether it was accepted, in order.
    """

    keep: Keep | None
    tried: tuple[tuple[Keep, bool], ...]


def evaluations_allowed(operators: int) -> int:
    """How many full evaluations a search may cost for a model of that many operators: a quarter, but at least 5."""
    return max(_AT_LEAST, operators // 4)


def fewest_in_float(ranking: Sequence[int], accept: Callable[[Keep], bool], *, limit: int) -> Mixed:
    """Find the fewest of `ranking`, the most harmful first, that must stay in float for `accept` to say yes.

    Keeping none was refused already, and keeping all is the float model: neither is asked about. First bisection finds
    how long a head of the ranking is needed. It assumes that keeping more is never worse; where that is wrong the
    result is still one that was accepted. Then each kept operator, the least harmful first, is given back if the rest
    is accepted without it: the ranking looks at operators one at a time, and of two that are harmful in the same place
    one may do. `accept` is called `limit` times at most, never twice for the same set.

    The bisection looks below the middle, where the answer usually is, as long as `limit` leaves enough for the rest.
    """
    if limit < 1 or len(set(ranking)) != len(ranking):
        raise UsageError(f"limit {limit}, {len(ranking)} operators: at least 1 evaluation and no operator twice")
    search = _Search(accept, limit)
    low, high = 0, len(ranking)
    while high - low > 1 and search.left:
        count = _probe(low, high, search.left)
        low, high = (low, count) if search.accepts(frozenset(ranking[:count])) else (count, high)
    if high == len(ranking):
        return Mixed(None, tuple(search.tried.items()))
    keep = search.give_back(frozenset(ranking[:high]), ranking[:high][::-1])
    return Mixed(keep, tuple(search.tried.items()))


class _Search:
    def __init__(self, accept: Callable[[Keep], bool], limit: int) -> None:
        self.tried: dict[Keep, bool] = {}
        self._accept, self._limit = accept, limit

    @property
    def left(self) -> int:
        return self._limit - len(self.tried)

    def accepts(self, keep: Keep) -> bool:
        if keep not in self.tried:
            self.tried[keep] = self._accept(keep)
        return self.tried[keep]

    def give_back(self, keep: Keep, order: Sequence[int]) -> Keep:
        for operator in order:
            fewer = keep - {operator}
            if fewer and (self.left or fewer in self.tried) and self.accepts(fewer):
                keep = fewer
        return keep


def _probe(low: int, high: int, left: int) -> int:
    """The geometric middle if, were it refused, plain bisection could still finish; else the middle."""
    early, middle = max(low + 1, math.isqrt(max(low, 1) * high)), (low + high) // 2
    return early if early < middle and (high - early - 1).bit_length() <= left - 1 else middle
