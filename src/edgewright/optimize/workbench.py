"""What a search works with: the float model in order, prepared data, and every step in a child, done once and kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.cache import Cache, cache_folder
from edgewright.errors import ChildError, EdgewrightError, EngineError, QuantizationError, UnchangedError
from edgewright.evaluate import Metric
from edgewright.machine import Progress, Timing, run_in_child
from edgewright.model import ModelFile
from edgewright.optimize.children import calibrate_prepared, make_candidate
from edgewright.optimize.decision import Drop, drop_between
from edgewright.optimize.measuring import (
    Answers,
    Array,
    Evaluation,
    answer,
    evaluate_candidate,
    memory_to_run,
    time_candidates,
)
from edgewright.optimize.names import label
from edgewright.optimize.prepared import PreparedData
from edgewright.optimize.results import Candidate, Status
from edgewright.optimize.sensitivity import Harm, sensitivity
from edgewright.quantization import Recipe, require_quantizer

# A candidate may take so many times as long as the float model does for the same samples, and at least so many seconds.
_PATIENCE, _LEAST_S = 20.0, 60.0

# What cannot be made or run is a result too.
_FAILURES = (QuantizationError, EngineError, ChildError)


@dataclass(frozen=True)
class Workbench:
    """A float model that is in order, its prepared data, the budget, and the folder of what was worked out."""

    model: ModelFile
    prepared: PreparedData
    cache: Cache
    max_drop: float
    point_estimate: bool
    progress: Progress

    @cached_property
    def key(self) -> dict[str, Any]:
        """What every result depends on."""
        return {
            "model": self.model.sha256,
            "data": self.prepared.digest,
            "calibration": _digest(self.prepared.calibration),
            "quantizer": require_quantizer(),
        }

    @cached_property
    def metric(self) -> Metric:
        """What answers are scored by."""
        return self.prepared.scoring.metric

    @cached_property
    def scored(self) -> dict[str, Any]:
        """What every answer that was scored depends on besides."""
        return {**self.key, "scoring": self.prepared.scoring.fingerprint(self.model)}

    @cached_property
    def float_path(self) -> Path:
        """The float model as a file."""
        key = {"step": "float", "model": self.model.sha256}
        return self.cache.file(key, ".tflite", lambda path: self.model.save(path, overwrite=True))

    @cached_property
    def calibration(self) -> Path:
        """The ranges of all activations on the calibration split, as a file."""
        return self.cache.file(
            {**self.key, "step": "calibrate"},
            ".npz",
            lambda path: run_in_child(calibrate_prepared, self.float_path, self.prepared, path, progress=self.progress),
        )

    def float_answers(self, indices: Array) -> Answers:
        """What the float model answers for samples."""

        def work() -> dict[str, Any]:
            return run_in_child(answer, self.float_path, self.prepared, indices, progress=self.progress).to_dict()

        key = {**self.scored, "step": "float answers", "indices": _digest(indices)}
        return Answers.of(self.cache.remember(key, work))

    def drop(self, indices: Array, evaluation: Evaluation) -> Drop:
        """What a candidate loses against the float model on the samples that it went through."""
        before, after = self.float_answers(indices).records, evaluation.answers.records
        return drop_between(self.metric, before[: len(after)], after)

    def harms(self, recipe: Recipe) -> tuple[Harm, ...]:
        """Each operator's harm when it alone is quantized, the worst first; kept operator by operator."""
        return run_in_child(
            sensitivity,
            self.float_path,
            recipe,
            self.calibration if recipe.needs_calibration else None,
            self.prepared,
            self.cache,
            self.key,
            progress=self.progress,
        )

    def candidate(self, recipe: Recipe) -> Candidate:
        """Make, run and measure a candidate on the selection split."""
        kept = tuple(label(self.model, operator) for operator in self.model.ops if operator.index in recipe.keep_float)
        about = {**self.key, "recipe": recipe.to_dict()}
        path = self.cache.path({**about, "step": "make"}, ".tflite")
        failure = self.cache.remember_with_file(path, {**about, "step": "make"}, lambda: self._make(recipe, path))
        if failure["status"]:
            return Candidate(name=recipe.name, status=failure["status"], reason=failure["reason"], kept_float=kept)
        measured = self.measured(recipe, path, self.prepared.selection)
        size = path.stat().st_size
        if "failed" in measured:
            reason = str(measured["failed"])
            return Candidate(name=recipe.name, status="failed", reason=reason, size=size, kept_float=kept)
        return self._judged(recipe, path, measured, kept)

    def measured(self, recipe: Recipe, path: Path, indices: Array, *, to_the_end: bool = False) -> Mapping[str, Any]:
        """What `assess` finds of a candidate on some samples; an entry "failed" says why there is nothing."""
        before = self.float_answers(indices)

        def work() -> dict[str, Any]:
            seconds = max(_PATIENCE * self.float_seconds * len(indices), _LEAST_S)
            try:
                return run_in_child(
                    assess,
                    self.float_path,
                    path,
                    self.prepared,
                    indices,
                    before,
                    self.max_drop,
                    name=recipe.name,
                    stop_early=not to_the_end,
                    seconds=math.inf if to_the_end else seconds,
                    timeout=None if to_the_end else 3 * seconds,
                    progress=self.progress,
                )
            except _FAILURES as error:
                return {"failed": _first_line(error)}

        about = {"recipe": recipe.to_dict(), "indices": _digest(indices), "to the end": to_the_end}
        budget = {} if to_the_end else {"max_drop": self.max_drop}
        return dict(self.cache.remember({**self.scored, **about, **budget, "step": "measure"}, work))

    @cached_property
    def float_seconds(self) -> float:
        """About how long the float model takes for one sample."""
        key = {**self.key, "step": "float time"}
        return float(self.cache.remember(key, lambda: run_in_child(_seconds, self.float_path, self.prepared)))

    def _make(self, recipe: Recipe, path: Path) -> dict[str, str]:
        self.progress(f"make {recipe.name}", 0, 0)
        ranges = self.calibration if recipe.needs_calibration else None
        try:
            run_in_child(make_candidate, self.float_path, recipe, ranges, path)
        except UnchangedError as error:
            return {"status": "unchanged", "reason": _first_line(error)}
        except _FAILURES as error:
            return {"status": "failed", "reason": _first_line(error)}
        return {"status": "", "reason": ""}

    def _judged(self, recipe: Recipe, path: Path, measured: Mapping[str, Any], kept: tuple[str, ...]) -> Candidate:
        evaluation = Evaluation.of(measured["evaluation"])
        drop = self.drop(self.prepared.selection, evaluation)
        status: Status = drop.verdict(self.max_drop, point_estimate=self.point_estimate)
        reason = ""
        if evaluation.stopped:
            status, reason = "stopped early", f"{evaluation.stopped} after {drop.n:,} samples"
        elif status == "too few to tell":
            needed = drop.samples_needed(self.max_drop)
            enough = f"about {needed:,} samples to choose by would tell" if needed else ""
            reason = enough or "no number of samples would prove it"
        timings = measured["timings"]
        return Candidate(
            name=recipe.name,
            status=status,
            reason=reason,
            size=path.stat().st_size,
            drop=drop,
            agreement=evaluation.agreement,
            timing=_timing(timings["candidate"]) if timings else None,
            float_timing=_timing(timings["float"]) if timings else None,
            peak_memory=measured["peak_memory"],
            kept_float=kept,
            model_path=path,
        )


def assess(
    float_model: Path,
    candidate: Path,
    prepared: PreparedData,
    indices: Array,
    before: Answers,
    max_drop: float,
    *,
    name: str,
    stop_early: bool,
    seconds: float,
    progress: Progress,
) -> dict[str, Any]:
    """Measure memory, then answers, then, unless those ended early, speed beside the float model; for a child.

    The memory comes first: it is the most that the process has held until then.
    """
    memory = memory_to_run(candidate)
    evaluation = evaluate_candidate(
        candidate,
        prepared,
        indices,
        before,
        max_drop,
        float_model=float_model,
        name=name,
        stop_early=stop_early,
        seconds=seconds,
        progress=progress,
    )
    timings = None
    if not evaluation.stopped:
        models = {"float": float_model, "candidate": candidate}
        timings = {key: one.to_dict() for key, one in time_candidates(models, prepared.open()[0]).items()}
    return {"evaluation": evaluation.to_dict(), "timings": timings, "peak_memory": memory}


def default_folder() -> Path:
    """Where results are kept from one run to the next: `optimize` in Edgewright's cache folder."""
    return cache_folder() / "optimize"


def _seconds(model: Path, prepared: PreparedData) -> float:
    return time_candidates({"float": model}, prepared.open()[0], budget_s=2.0)["float"].median_s


def _timing(stored: Mapping[str, Any]) -> Timing:
    return Timing(**{**stored, "round_medians": tuple(stored["round_medians"])})


def _digest(indices: Array) -> str:
    import hashlib

    return hashlib.sha256(np.asarray(indices, "<i8").tobytes()).hexdigest()


def _first_line(error: EdgewrightError) -> str:
    return str(error).partition("\n")[0]
