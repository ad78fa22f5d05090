"""`optimize`: the smallest or fastest file within a budget: chosen on one part of the data, proven on another."""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.cache import Cache
from edgewright.errors import QuantizationError, UsageError
from edgewright.evaluate import Estimate, Metric, estimate
from edgewright.machine import Progress, describe, silent
from edgewright.model import ModelFile, ModelLike, Provenance, read_model
from edgewright.optimize.candidates import CANDIDATES
from edgewright.optimize.decision import Drop, smallest_budget, worse
from edgewright.optimize.measuring import Answers, Evaluation
from edgewright.optimize.mixed import evaluations_allowed, fewest_in_float
from edgewright.optimize.prepared import prepare
from edgewright.optimize.results import NOT_CONFIRMED, Candidate, Optimization, Preference, nearest_miss
from edgewright.optimize.scoring import check_meaning
from edgewright.optimize.workbench import Workbench, default_folder
from edgewright.quantization import Recipe, require_float, require_quantizer
from edgewright.rewrite import rewrite
from edgewright.task import kind_of

Found = list[tuple[Recipe, Candidate]]


def optimize(
    model: ModelLike,
    data: Any,
    *,
    max_drop: float = 0.01,
    metric: str | Metric | None = None,
    task: str | None = None,
    prefer: Preference = "size",
    point_estimate: bool = False,
    allow_over_budget: bool = False,
    candidates: Sequence[Recipe] = CANDIDATES,
    seed: int = 0,
    work: str | os.PathLike[str] | None = None,
    progress: Progress = silent,
) -> Optimization:
    """Find the smallest (`prefer="size"`) or fastest ("latency") version of a float model within a budget.

    `data`: labelled inputs, as `data.open_dataset` takes them; without labels, agreement with the float model counts.
    They are split in three: a part that measures activations, one that candidates are chosen on, and one that is looked
    at once, for the chosen file. `task` is by default that of the file. `metric` is a name or a `Metric`, by default
    the one for the task and the targets: top-1 accuracy for classes. `max_drop`: how much of it may go, in its own
    unit; of a share of the answers 0.01 is one point. A candidate is accepted when the one-sided 95% upper bound of its
    paired drop is within it; `point_estimate` lets the measured drop decide. Where full integer misses the budget, the
    operators that it harms most are kept in float. `allow_over_budget`: take the nearest miss where nothing is
    accepted; otherwise `Optimization.model` is `None` then.

    Everything that was worked out is kept in `work` (default: the cache folder), so a search that was stopped goes on
    where it was and gives the same answer.

    Raises `MissingExtraError` without the quantizer, `QuantizationError` for a model that is quantized already,
    `UsageError` and `DataError` for a model or data that do not fit.

    >>> found = ew.optimize("fashion.tflite", "fashion.npz", max_drop=0.1)
    >>> found.model.size < ew.ModelFile.read("fashion.tflite").size / 2
    True
    """
    start = time.monotonic()
    require_quantizer()
    source = read_model(model)
    require_float(source)
    folder = Path(work) if work is not None else default_folder()
    prepared = prepare(
        source, data, folder=folder, task=task, metric=metric, max_drop=max_drop, seed=seed, progress=progress
    )
    bench = Workbench(rewrite(source).model, prepared, Cache(folder), max_drop, point_estimate, progress)
    _check_labels(bench)
    found: Found = [(recipe, bench.candidate(recipe)) for recipe in candidates]
    mixed, ranking = _mixed(bench, found, prefer)
    found += mixed
    chosen = _choice(found, prefer)
    proof, found, chosen = _proven(bench, found, chosen)
    if chosen is None and allow_over_budget:
        chosen = _miss(found)
        proof = proof or (_prove(bench, chosen) if chosen else None)
    written = _written(bench, chosen, proof, source, seed) if chosen else None
    if chosen and written:
        found, chosen = _as_written(found, chosen, written)
    return Optimization(
        source=source,
        model=written,
        chosen=chosen[1] if chosen else None,
        candidates=tuple(candidate for _, candidate in found),
        max_drop=max_drop,
        prefer=prefer,
        metric=bench.metric,
        data=prepared,
        machine=describe(),
        seconds=time.monotonic() - start,
        proof=proof.drop if proof else None,
        before=_value(bench, bench.float_answers(prepared.proof)),
        after=proof.after if proof else None,
        sensitivity=ranking,
        changed=_changed(bench, chosen) if chosen else (),
        point_estimate=point_estimate,
        notices=(*prepared.notices, *_warnings(bench)),
    )


Chosen = tuple[Recipe, Candidate]


@dataclass(frozen=True)
class Proof:
    """A candidate on the proof split: what it loses, and its value there, None where that is the agreement itself."""

    drop: Drop
    after: Estimate | None


def _check_labels(bench: Workbench) -> None:
    """Refuse what the float model's own answers show to mean nothing."""
    answers = bench.float_answers(bench.prepared.selection)
    check_meaning(bench.prepared.scoring, answers.records, answers.said, bench.model.name)


def _value(bench: Workbench, answers: Answers) -> Estimate | None:
    return None if bench.metric.target is None else estimate(bench.metric, answers.records)


def _mixed(bench: Workbench, found: Found, prefer: Preference) -> tuple[Found, tuple[tuple[str, float], ...]]:
    """Mixed precision where a recipe alone was not accepted: its most harmful operators are spared, as few as will do.

    Full integer spares them in float; where the size matters, 4-bit weights spare them at 8 bits, and that is tried
    first. Both share one allowance of evaluations.
    """
    left = evaluations_allowed(len(bench.model.ops))
    mixed: Found = []
    rankings: list[tuple[tuple[str, float], ...]] = []
    for recipe in _to_mix(found, prefer):
        harms = bench.harms(recipe)
        rankings.append(tuple((harm.label, harm.snr_db) for harm in harms))
        if len(harms) < 2 or left < 1 or not _provable(bench):
            continue
        outcome, used = _spared(bench, recipe, [harm.operator for harm in harms], left)
        mixed += outcome
        left -= used
    return mixed, rankings[0] if rankings else ()


def _to_mix(found: Found, prefer: Preference) -> list[Recipe]:
    """The recipes, measured and not accepted, that are worth mixing."""
    kinds = ("weights-int4", "int8") if prefer == "size" else ("int8",)
    missed = [one for one in found if one[1].drop is not None and one[0].io_dtype == "float32"]
    refused = [recipe for recipe, candidate in missed if not candidate.accepted]
    accepted = {recipe.kind for recipe, candidate in missed if candidate.accepted}
    best = {recipe.kind: recipe for recipe in reversed(refused) if recipe.clipped or recipe.kind == "int8"}
    return [best[kind] for kind in kinds if kind in best and kind not in accepted]


def _spared(bench: Workbench, base: Recipe, ranking: Sequence[int], limit: int) -> tuple[Found, int]:
    """The base recipe with the fewest operators spared that is accepted, else the last one tried; and the cost."""
    tried: Found = []

    def accept(keep: frozenset[int]) -> bool:
        how = "at 8 bits" if base.kept_as == "int8" else "in float"
        recipe = dataclasses.replace(base.keeping(keep), name=f"{base.name}, {_operators(len(keep))} {how}")
        tried.append((recipe, bench.candidate(recipe)))
        return tried[-1][1].accepted

    keep = fewest_in_float(ranking, accept, limit=limit).keep
    best = [one for one in tried if one[0].keep_float == keep]
    return best or tried[-1:], len(tried)


def _operators(count: int) -> str:
    return "1 operator" if count == 1 else f"{count} operators"


def _provable(bench: Workbench) -> bool:
    """Whether the selection split is large enough that any candidate could be accepted."""
    return bench.point_estimate or smallest_budget(bench.metric, len(bench.prepared.selection)) <= bench.max_drop


def _choice(found: Found, prefer: Preference) -> Chosen | None:
    """The best of the accepted; of equal ones the first, which is the one that changes the least."""
    accepted = [one for one in found if one[1].accepted]
    return min(accepted, key=lambda one: _cost(one[1], prefer), default=None)


def _cost(candidate: Candidate, prefer: Preference) -> float:
    return float(candidate.size or 0) if prefer == "size" else candidate.latency_ratio or 1.0


def _proven(bench: Workbench, found: Found, chosen: Chosen | None) -> tuple[Proof | None, Found, Chosen | None]:
    """Look at the proof split, once; a choice that does not stand there is refused, and no other one is made."""
    if chosen is None:
        return None, found, None
    proof = _prove(bench, chosen)
    verdict = proof.drop.verdict(bench.max_drop, point_estimate=bench.point_estimate)
    if verdict == "accepted":
        return proof, found, chosen
    found, _ = _replaced(found, chosen, status=verdict, reason=NOT_CONFIRMED)
    return proof, found, None


def _replaced(found: Found, chosen: Chosen, **changes: Any) -> tuple[Found, Chosen]:
    """The candidates, and the chosen one among them, with some of its facts changed."""
    recipe, before = chosen
    after = dataclasses.replace(before, **changes)
    return [(made_by, after if candidate is before else candidate) for made_by, candidate in found], (recipe, after)


def _prove(bench: Workbench, chosen: Chosen) -> Proof:
    evaluation = _evaluation(bench, chosen)
    return Proof(bench.drop(bench.prepared.proof, evaluation), _value(bench, evaluation.answers))


def _evaluation(bench: Workbench, chosen: Chosen) -> Evaluation:
    recipe, candidate = chosen
    if candidate.model_path is None:
        raise QuantizationError(f"{candidate.name}: was chosen and has no file")
    measured = bench.measured(recipe, candidate.model_path, bench.prepared.proof, to_the_end=True)
    if "failed" in measured:
        raise QuantizationError(f"{candidate.name}: {measured['failed']}")
    return Evaluation.of(measured["evaluation"])


def _miss(found: Found) -> Chosen | None:
    miss = nearest_miss(candidate for _, candidate in found)
    return next((one for one in found if one[1] is miss), None)


def _changed(bench: Workbench, chosen: Chosen) -> tuple[tuple[int, str, str], ...]:
    """Samples that are answered otherwise; of a metric that is no share, where small changes are everywhere, worse."""
    indices, metric = bench.prepared.proof, bench.metric
    before, after = bench.float_answers(indices), _evaluation(bench, chosen).answers
    if metric.share:
        places = [place for place, pair in enumerate(zip(before.best, after.best, strict=True)) if pair[0] != pair[1]]
    else:
        losses = [worse(metric, *pair) for pair in zip(before.records, after.records, strict=True)]
        places = sorted((place for place, loss in enumerate(losses) if loss > 0), key=lambda place: -losses[place])
    return tuple((int(indices[place]), before.said[place], after.said[place]) for place in places)


def _warnings(bench: Workbench) -> tuple[str, ...]:
    """Say so where the data cannot prove the budget, whatever the candidate."""
    count = len(bench.prepared.selection)
    least = smallest_budget(bench.metric, count)
    if bench.point_estimate or least <= bench.max_drop:
        return ()
    what = "anything" if math.isinf(least) else f"a drop below {least:.2%}, even if none of them changes"
    return (f"{count:,} samples to choose by cannot prove {what}",)


def _as_written(found: Found, chosen: Chosen, written: ModelFile) -> tuple[Found, Chosen]:
    """The candidates with the description counted that the chosen one was written with, so that sizes compare."""
    description = written.size - (chosen[1].size or 0)
    sized = [
        (recipe, dataclasses.replace(candidate, size=candidate.size + description) if candidate.size else candidate)
        for recipe, candidate in found
    ]
    return sized, sized[found.index(chosen)]


def _written(bench: Workbench, chosen: Chosen, proof: Proof | None, source: ModelFile, seed: int) -> ModelFile:
    """The chosen file with what was done and measured in its provenance."""
    recipe, candidate = chosen
    if candidate.model_path is None:
        raise UsageError(f"{candidate.name}: was chosen and has no file")
    model = ModelFile.read(candidate.model_path)
    origin = source.metadata.provenance or Provenance()
    step: dict[str, Any] = {"step": "optimize", "recipe": recipe.name, "kept_float": list(candidate.kept_float)}
    step |= {"data_sha256": bench.prepared.digest, "seed": seed, "max_drop": bench.max_drop}
    step["metric"] = bench.metric.name
    provenance = dataclasses.replace(
        origin,
        source=source.name,
        source_sha256=source.sha256,
        tools={**origin.tools, "litert-quantizer": require_quantizer()},
        steps=(*origin.steps, step),
        measured={**origin.measured, "optimize": _figures(bench, chosen, proof)},
    )
    task = model.metadata.task or _unseen_task(model, bench.prepared.scoring.task)
    return model.with_metadata(dataclasses.replace(model.metadata, provenance=provenance, task=task))


def _unseen_task(model: ModelFile, task: str) -> str | None:
    """The task for which it was measured, where the file itself does not show it: classes of data without labels."""
    try:
        return None if kind_of(model).name == task else task
    except UsageError:
        return task


def _figures(bench: Workbench, chosen: Chosen, proof: Proof | None) -> dict[str, Any]:
    figures: dict[str, Any] = {"machine": describe().summary()}
    if proof is not None:
        drop, after = proof.drop, proof.after
        figures |= {"samples": drop.n, "drop": drop.drop, "drop_upper95": drop.upper()}
        figures |= {bench.metric.name: after.value, "interval95": list(after.interval)} if after else {}
    timing, real = chosen[1].timing, chosen[1].float_timing
    if timing and real:
        figures |= {"latency_s": timing.median_s, "float_latency_s": real.median_s}
    return figures
