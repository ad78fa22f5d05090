"""Mixed precision: the fewest operators that are spared so that a model stays inside its budget."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgewright.errors import UsageError
from edgewright.optimize.decision import smallest_budget
from edgewright.optimize.results import Candidate, Preference
from edgewright.optimize.workbench import Workbench
from edgewright.quantization import Recipe

Keep = frozenset[int]
Tried = list[tuple[Recipe, Candidate]]

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


def with_spared(bench: Workbench, found: Tried, prefer: Preference) -> tuple[Tried, tuple[tuple[str, float], ...]]:
    """Mixed precision where a recipe alone was not accepted: its most harmful operators are spared, as few as will do.

    Full integer spares them in float; where the size matters, 4-bit weights spare them at 8 bits, and that is tried
    first. Both share one allowance of evaluations.
    """
    left = evaluations_allowed(len(bench.model.ops))
    mixed: Tried = []
    rankings: list[tuple[tuple[str, float], ...]] = []
    for recipe in _to_mix(found, prefer):
        harms = [harm for harm in bench.harms(recipe) if harm.operator not in recipe.keep_float]
        rankings.append(tuple((harm.label, harm.snr_db) for harm in harms))
        if len(harms) < 2 or left < 1 or not _provable(bench):
            continue
        in_float = bench.base(recipe).in_float
        outcome, used = _spared(bench, recipe, [harm.operator for harm in harms if harm.operator not in in_float], left)
        mixed += outcome
        left -= used
    return mixed, rankings[0] if rankings else ()


def _to_mix(found: Tried, prefer: Preference) -> list[Recipe]:
    """The recipes, measured and not accepted, that are worth mixing."""
    kinds = ("int8",) if prefer == "latency" else ("weights-int4", "int8")
    missed = [one for one in found if one[1].drop is not None and one[0].io_dtype == "float32"]
    refused = [recipe for recipe, candidate in missed if not candidate.accepted]
    accepted = {recipe.kind for recipe, candidate in missed if candidate.accepted}
    best = {recipe.kind: recipe for recipe in reversed(refused) if recipe.clipped or recipe.kind == "int8"}
    return [best[kind] for kind in kinds if kind in best and kind not in accepted]


def _spared(bench: Workbench, base: Recipe, ranking: Sequence[int], limit: int) -> tuple[Tried, int]:
    """The base recipe with the fewest operators spared that is accepted, else the last one tried; and the cost.

    What the base spares itself is spared in all of them.
    """
    tried: Tried = []

    def accept(keep: frozenset[int]) -> bool:
        how = "at 8 bits" if base.kept_as == "int8" else "in float"
        recipe = dataclasses.replace(
            base.keeping(base.keep_float | keep), name=f"{base.name}, {_operators(len(keep))} {how}"
        )
        tried.append((recipe, bench.candidate(recipe)))
        return tried[-1][1].accepted

    keep = fewest_in_float(ranking, accept, limit=limit).keep
    best = [one for one in tried if keep is not None and one[0].keep_float == base.keep_float | keep]
    return best or tried[-1:], len(tried)


def _operators(count: int) -> str:
    return "1 operator" if count == 1 else f"{count} operators"


def _provable(bench: Workbench) -> bool:
    """Whether the selection split is large enough that any candidate could be accepted."""
    return bench.point_estimate or smallest_budget(bench.metric, len(bench.prepared.selection)) <= bench.max_drop
