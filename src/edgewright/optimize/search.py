"""`optimize`: the smallest or fastest file within a budget: chosen on one part of the data, proven on another."""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.cache import Cache
from edgewright.errors import QuantizationError, UsageError
from edgewright.evaluate import Estimate, Metric, estimate
from edgewright.files import packed_size
from edgewright.machine import Crew, Place, Progress, silent
from edgewright.model import ModelFile, ModelLike, Provenance, read_model
from edgewright.optimize.candidates import CANDIDATES
from edgewright.optimize.decision import Drop, smallest_budget, worse
from edgewright.optimize.edges import some_edges_in_float
from edgewright.optimize.elsewhere.placed import Elsewhere
from edgewright.optimize.inputs.prepared import prepare
from edgewright.optimize.measuring import Answers, Evaluation
from edgewright.optimize.methods import Trainable, TrainedRecipe, network_of, trained_candidates
from edgewright.optimize.mixed import Tried, with_spared
from edgewright.optimize.results import (
    NO_PROOF,
    NOT_CONFIRMED,
    Candidate,
    Optimization,
    Preference,
    check_preference,
    nearest_miss,
)
from edgewright.optimize.scoring import check_meaning
from edgewright.optimize.workbench import Workbench, default_folder
from edgewright.quantization import Recipe, require_float, require_quantizer
from edgewright.rewrite import rewrite
from edgewright.task import Labels, kind_of

Chosen = tuple[Recipe | TrainedRecipe, Candidate]
Found = list[Chosen]


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
    train: Any = None,
    methods: Sequence[str] | str = (),
    bits: int = 8,
    sparsity: float = 0.8,
    clusters: int = 16,
    epochs: int | None = None,
    learning_rate: float | None = None,
    labels: Labels | None = None,
    normalization: Any = None,
    seed: int = 0,
    work: str | os.PathLike[str] | None = None,
    on: Place | None = None,
    crew: Crew | None = None,
    progress: Progress = silent,
) -> Optimization:
    """Find the smallest (`prefer="size"`) or fastest ("latency") version of a float model within a budget.

    "gzip" counts the bytes of the packed file, which zeros and shared values make fewer.

    `data`: labeled inputs, as `data.open_dataset` takes them; without labels, agreement with the float model counts.
    They are split in three: a part that measures activations, one that candidates are chosen on, and one that is looked
    at once, for the chosen file. `task` is by default that of the file. `metric` is a name or a `Metric`, by default
    the one for the task and the targets: top-1 accuracy for classes. `max_drop`: how much of it may go, in its own
    unit; of a share of the answers 0.01 is one point. A candidate is accepted when the one-sided 95% upper bound of its
    paired drop is within it; `point_estimate` lets the measured drop decide. Where full integer misses the budget, the
    operators that it harms most are kept in float. `allow_over_budget`: take the nearest miss where nothing is
    accepted; otherwise `Optimization.model` is `None` then.

    With `methods` ("qat", "prune", "cluster", those of other packages), `model` is a network of Keras, a file or an
    object, which is converted (`labels`, `normalization`: as `convert` has them) and trained on `train`, what it was
    trained on: by each method, and by several in turn. `bits`, `sparsity`, `clusters`, `epochs` and
    `learning_rate` are those of `compress`. What that gives is a candidate as all others are.

    `on`: another machine whose latency and memory count in place of this one's; answers are scored here.
    `crew`: workers, perhaps on other machines, who have the models answer; latency and memory are never theirs.

    Everything that was worked out is kept in `work` (default: the cache folder), so a search that was stopped goes on
    where it was and gives the same answer.

    Raises `MissingExtraError` without the quantizer, `QuantizationError` for a model that is quantized already,
    `UsageError` and `DataError` for a model or data that do not fit.

    >>> found = ew.optimize("fashion.tflite", "fashion.npz", max_drop=0.1)
    >>> found.model.size < ew.ModelFile.read("fashion.tflite").size / 2
    True
    """
    start = time.monotonic()
    check_preference(prefer)
    require_quantizer()
    folder = Path(work) if work is not None else default_folder()
    network = network_of(
        model, data, train, methods, folder, progress, bits=bits, sparsity=sparsity, clusters=clusters, epochs=epochs,
        learning_rate=learning_rate, seed=seed, labels=labels, normalization=normalization, task=task,
    )  # fmt: skip
    source, data = (network.model, network.data) if network else (read_model(model), data)
    require_float(source)
    prepared = prepare(
        source, data, folder=folder, task=task, metric=metric, max_drop=max_drop, seed=seed, progress=progress
    )
    place = Elsewhere(on) if on else None
    bench = Workbench(
        rewrite(source).model, prepared, Cache(folder), max_drop, point_estimate, progress, place, crew
    )  # fmt: skip
    _check_labels(bench)
    found, ranking = _searched(bench, candidates, network, prefer)
    proof, found, chosen = _settled(bench, found, prefer, allow_over_budget=allow_over_budget)
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
        machine=bench.machine,
        seconds=time.monotonic() - start,
        proof=proof.drop if proof else None,
        before=_value(bench, bench.float_answers(prepared.proof)),
        after=proof.after if proof else None,
        sensitivity=ranking,
        changed=_changed(bench, chosen) if chosen else (),
        point_estimate=point_estimate,
        notices=(*(network.notices if network else ()), *prepared.notices, *_warnings(bench)),
    )


def _searched(
    bench: Workbench, candidates: Sequence[Recipe], network: Trainable | None, prefer: Preference
) -> tuple[Found, tuple[tuple[str, float], ...]]:
    """All that was tried, and the operators by how much each does harm."""
    tried: Tried = [(recipe, bench.candidate(recipe)) for recipe in candidates]
    mixed, ranking = with_spared(bench, tried, prefer)
    tried += mixed
    return [*tried, *some_edges_in_float(bench, tried), *trained_candidates(bench, network)], ranking


@dataclass(frozen=True)
class Proof:
    """A candidate on the proof split: what it loses, and its value there, None where that is the agreement itself.

    `lost`: parts of its outputs that say nothing any more, in words.
    """

    drop: Drop
    after: Estimate | None
    lost: tuple[str, ...] = ()


def _check_labels(bench: Workbench) -> None:
    """Refuse what the float model's own answers show to mean nothing."""
    answers = bench.float_answers(bench.prepared.selection)
    check_meaning(bench.prepared.scoring, answers.records, answers.said, bench.model.name)


def _value(bench: Workbench, answers: Answers) -> Estimate | None:
    return None if bench.metric.target is None else estimate(bench.metric, answers.records)


def _choice(found: Found, prefer: Preference) -> Chosen | None:
    """The best of the accepted; of equal ones the first, which is the one that changes the least."""
    accepted = [one for one in found if one[1].accepted]
    return min(accepted, key=lambda one: _cost(one[1], prefer), default=None)


def _cost(candidate: Candidate, prefer: Preference) -> float:
    if prefer == "latency":
        return candidate.latency_ratio or 1.0
    return float((candidate.gzip if prefer == "gzip" else candidate.size) or 0)


def _settled(
    bench: Workbench, found: Found, prefer: Preference, *, allow_over_budget: bool
) -> tuple[Proof | None, Found, Chosen | None]:
    """The choice with its own proof; where none stands, the proof of what was refused, or the nearest miss with its."""
    proof, found, chosen = _proven(bench, found, _choice(found, prefer))
    if chosen is None and allow_over_budget and (chosen := _miss(found)) is not None:
        proof = _prove(bench, chosen)
    return proof, found, chosen


def _proven(bench: Workbench, found: Found, chosen: Chosen | None) -> tuple[Proof | None, Found, Chosen | None]:
    """Look at the proof split, once; a choice that does not stand there is refused, and no other one is made."""
    if chosen is None:
        return None, found, None
    proof = _prove(bench, chosen)
    verdict = proof.drop.verdict(bench.max_drop, point_estimate=bench.point_estimate)
    if verdict == "accepted" and not proof.lost:
        return proof, found, chosen
    found, _ = _replaced(found, chosen, status="part lost" if proof.lost else verdict, reason=NOT_CONFIRMED)
    return proof, [(recipe, _without_proof(candidate)) for recipe, candidate in found], None


def _without_proof(candidate: Candidate) -> Candidate:
    """What was accepted to be chosen from cannot be chosen any more, and nobody knows whether it would stand."""
    return dataclasses.replace(candidate, status="not proven", reason=NO_PROOF) if candidate.accepted else candidate


def _replaced(found: Found, chosen: Chosen, **changes: Any) -> tuple[Found, Chosen]:
    """The candidates, and the chosen one among them, with some of its facts changed."""
    recipe, before = chosen
    after = dataclasses.replace(before, **changes)
    return [(made_by, after if candidate is before else candidate) for made_by, candidate in found], (recipe, after)


def _prove(bench: Workbench, chosen: Chosen) -> Proof:
    measured = _to_the_end(bench, chosen)
    evaluation = Evaluation.of(measured["evaluation"])
    drop = bench.drop(bench.prepared.proof, evaluation)
    return Proof(drop, _value(bench, evaluation.answers), tuple(measured["lost"]))


def _to_the_end(bench: Workbench, chosen: Chosen) -> Mapping[str, Any]:
    """What is measured of a candidate on the whole proof split."""
    recipe, candidate = chosen
    if candidate.model_path is None:
        raise QuantizationError(f"{candidate.name}: was chosen and has no file")
    measured = bench.measured(recipe, candidate.model_path, bench.prepared.proof, to_the_end=True)
    if "failed" in measured:
        raise QuantizationError(f"{candidate.name}: {measured['failed']}")
    return measured


def _miss(found: Found) -> Chosen | None:
    miss = nearest_miss(candidate for _, candidate in found)
    return next((one for one in found if one[1] is miss), None)


def _changed(bench: Workbench, chosen: Chosen) -> tuple[tuple[int, str, str], ...]:
    """Samples that are answered otherwise; of a metric that is no share, where small changes are everywhere, worse."""
    indices, metric = bench.prepared.proof, bench.metric
    before = bench.float_answers(indices)
    after = Evaluation.of(_to_the_end(bench, chosen)["evaluation"]).answers
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
    more = written.size - (chosen[1].size or 0), packed_size(written.data) - (chosen[1].gzip or 0)
    sized = [(recipe, _larger(candidate, *more)) for recipe, candidate in found]
    return sized, sized[found.index(chosen)]


def _larger(candidate: Candidate, size: int, packed: int) -> Candidate:
    if candidate.size is None or candidate.gzip is None:
        return candidate
    return dataclasses.replace(candidate, size=candidate.size + size, gzip=candidate.gzip + packed)


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
    if isinstance(recipe, TrainedRecipe):
        step["trained"] = dict(recipe.facts)
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
    figures: dict[str, Any] = {"machine": bench.machine.summary()}
    if proof is not None:
        drop, after = proof.drop, proof.after
        figures |= {"samples": drop.n, "drop": drop.drop, "drop_upper95": drop.upper()}
        figures |= {bench.metric.name: after.value, "interval95": list(after.interval)} if after else {}
    timing, real = chosen[1].timing, chosen[1].float_timing
    if timing and real:
        figures |= {"latency_s": timing.median_s, "float_latency_s": real.median_s}
    return figures
