"""What a search works with: the float model in order, prepared data, and every step in a child, done once and kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edgewright.cache import OPTIMIZE, Cache, cache_folder, versions
from edgewright.errors import (
    ChildCrashError,
    ChildError,
    ChildTimeoutError,
    EdgewrightError,
    EngineError,
    ModelError,
    QuantizationError,
    UnchangedError,
    UsageError,
)
from edgewright.evaluate import Metric
from edgewright.files import packed_size
from edgewright.machine import Crew, Machine, Progress, Timing, describe, run_in_child
from edgewright.model import ModelFile
from edgewright.optimize.children import calibrate_prepared, make_candidate
from edgewright.optimize.decision import Drop, drop_between
from edgewright.optimize.elsewhere.placed import Elsewhere
from edgewright.optimize.elsewhere.scored import said_on
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.optimize.losing import finished
from edgewright.optimize.measuring import Answers, Array, Evaluation, answer, assess, heard_of, judged, time_candidates
from edgewright.optimize.names import label
from edgewright.optimize.results import Candidate, Status
from edgewright.optimize.sensitivity import Harm, sensitivity
from edgewright.optimize.standing import Base, may_stand_apart, take_apart
from edgewright.quantization import Recipe, require_quantizer

# A candidate may take so many times as long as the float model does for the same samples, and at least so many seconds.
_PATIENCE, _LEAST_S = 20.0, 60.0

# What cannot be made or run is a result too.
_FAILURES = (QuantizationError, EngineError, ChildError)

# These may be of the moment, as when others fill the memory: they are told, and tried again by the next search.
_PASSING = (ChildTimeoutError, ChildCrashError)

_WORKED_BY = ("edgewright", "ai-edge-litert")


class Described(Protocol):
    """How a file was made."""

    @property
    def name(self) -> str:
        """What a table calls it."""

    @property
    def static(self) -> bool:
        """Whether activations have fixed ranges."""

    def to_dict(self) -> dict[str, Any]:
        """Everything that decides the file, ready for JSON."""


@dataclass(frozen=True)
class Workbench:
    """A float model that is in order, its prepared data, the budget, and the folder of what was worked out."""

    model: ModelFile
    prepared: PreparedData
    cache: Cache
    max_drop: float
    point_estimate: bool
    progress: Progress
    elsewhere: Elsewhere | None = None
    crew: Crew | None = None

    @cached_property
    def machine(self) -> Machine:
        """The machine whose speed and memory count."""
        return self.elsewhere.machine if self.elsewhere else describe()

    @cached_property
    def key(self) -> dict[str, Any]:
        """What every result depends on."""
        return {
            "model": self.model.sha256,
            "data": self.prepared.digest,
            "calibration": _digest(self.prepared.calibration),
            "quantizer": require_quantizer(),
            "versions": versions(*_WORKED_BY),
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
    def apart(self) -> Base | None:
        """The float model with boxes and scores as outputs of their own; None where it is no YOLO that joins them."""
        if not may_stand_apart(self.model):
            return None
        key = {**self.key, "step": "take apart"}
        path = self.cache.path(key, ".tflite")
        done = self.cache.remember_with_file(
            path, key, lambda: run_in_child(take_apart, self.float_path, self.prepared, path)
        )
        return Base(path, frozenset(done["in_float"])) if done["apart"] else None

    def base(self, recipe: Described) -> Base:
        """The float file that a recipe is applied to: for integers each meaning of an output by itself."""
        return self.apart if recipe.static and self.apart is not None else Base(self.float_path)

    def calibration(self, base: Base) -> Path:
        """The ranges of all activations of a float file on the calibration split, as a file."""
        return self.cache.file(
            {**self.key, "step": "calibrate", "apart": base is self.apart},
            ".npz",
            lambda path: run_in_child(calibrate_prepared, base.path, self.prepared, path, progress=self.progress),
        )

    def float_answers(self, indices: Array) -> Answers:
        """What the float model answers for samples."""

        def work() -> dict[str, Any]:
            if self.crew is not None:
                with closing(said_on(self.crew, self.float_path, None, self.prepared, indices)) as said:
                    return heard_of(said, len(indices), self.progress).to_dict()
            return run_in_child(answer, self.float_path, self.prepared, indices, progress=self.progress).to_dict()

        key = {**self.scored, "step": "float answers", "indices": _digest(indices)}
        return Answers.of(self.cache.remember(key, work))

    def drop(self, indices: Array, evaluation: Evaluation) -> Drop:
        """What a candidate loses against the float model on the samples that it went through."""
        before, after = self.float_answers(indices).records, evaluation.answers.records
        return drop_between(self.metric, before[: len(after)], after)

    def harms(self, recipe: Recipe) -> tuple[Harm, ...]:
        """Each operator's harm when it alone is quantized, the worst first; kept operator by operator."""
        base = self.base(recipe)
        return run_in_child(
            sensitivity,
            base.path,
            recipe,
            self.calibration(base) if recipe.needs_calibration else None,
            self.prepared,
            self.cache,
            {**self.key, "apart": base is self.apart},
            progress=self.progress,
        )

    def candidate(self, recipe: Recipe) -> Candidate:
        """Make, run and measure a candidate on the selection split."""
        base = self.base(recipe)
        fitted = _fitted(recipe, base)
        kept = tuple(label(base.model, operator) for operator in base.model.ops if operator.index in fitted.keep_float)
        made = self.made(recipe)
        if isinstance(made, Path):
            return self.weighed(fitted, made, kept)
        return Candidate(name=recipe.name, status=made["status"], reason=made["reason"], kept_float=kept)

    def made(self, recipe: Recipe) -> Path | Mapping[str, Any]:
        """The file that a recipe makes of the float model, or the `status` and `reason` of there being none."""
        base = self.base(recipe)
        recipe = _fitted(recipe, base)
        about = {**self.key, "recipe": recipe.to_dict(), "step": "make"}
        path = self.cache.path(about, ".tflite")
        try:
            failure: Mapping[str, Any] = self.cache.remember_with_file(
                path, about, lambda: self._make(recipe, base, path)
            )
        except _PASSING as error:
            failure = {"status": "failed", "reason": first_line(error)}
        return failure if failure["status"] else path

    def weighed(self, recipe: Described, path: Path, kept: tuple[str, ...] = ()) -> Candidate:
        """Run and measure a file on the selection split; `recipe` says how it was made."""
        measured = self.measured(recipe, path, self.prepared.selection)
        data = path.read_bytes()
        size, packed = len(data), packed_size(data)
        if "failed" in measured:
            reason = str(measured["failed"])
            return Candidate(name=recipe.name, status="failed", reason=reason, size=size, gzip=packed, kept_float=kept)
        return replace(self._judged(recipe, path, measured, kept), size=size, gzip=packed)

    def measured(self, recipe: Described, path: Path, indices: Array, *, to_the_end: bool = False) -> Mapping[str, Any]:
        """What `assess` finds of a candidate on some samples; an entry "failed" says why there is nothing."""
        about = {"recipe": recipe.to_dict(), "indices": _digest(indices), "to the end": to_the_end}
        about |= {} if to_the_end else {"max_drop": self.max_drop}
        about |= {"timed": False} if self.elsewhere else {}
        key = {**self.scored, **about, "step": "measure"}
        measured = self._tried(key, lambda: self._assessed(recipe, path, indices, to_the_end=to_the_end))
        return {**measured, **self._measured_elsewhere(recipe, path, measured)}

    def _tried(self, key: Mapping[str, Any], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What work finds, done once and kept; an entry "failed" where it fails, kept unless that may pass."""

        def tried() -> dict[str, Any]:
            try:
                return work()
            except _PASSING:
                raise
            except (*_FAILURES, ModelError, UsageError) as error:  # the task may not know its outputs any more
                return {"failed": first_line(error)}

        try:
            return dict(self.cache.remember(key, tried))
        except _PASSING as error:
            return {"failed": first_line(error)}

    def _assessed(self, recipe: Described, path: Path, indices: Array, *, to_the_end: bool) -> dict[str, Any]:
        before, crew = self.float_answers(indices), self.crew
        seconds = max(_PATIENCE * self.float_seconds * self.prepared.runs(indices), _LEAST_S)
        return run_in_child(
            assess,
            self.float_path,
            path,
            self.prepared,
            indices,
            before,
            self.max_drop,
            base=self.base(recipe).path,
            name=recipe.name,
            stop_early=not to_the_end,
            timed=self.elsewhere is None,
            seconds=math.inf if to_the_end else seconds,
            timeout=None if to_the_end else 3 * seconds,
            evaluation=self._heard(crew, recipe, path, indices, before, to_the_end) if crew else None,
            progress=self.progress,
        )

    def _heard(
        self, crew: Crew, recipe: Described, path: Path, indices: Array, before: Answers, to_the_end: bool
    ) -> Evaluation:
        """The answers of a candidate by a crew; how long that takes says nothing, for others may work there as well."""
        reference = self.float_path if self.metric.target is None else None
        with closing(said_on(crew, path, reference, self.prepared, indices)) as said:
            return judged(
                said, self.metric, before, self.max_drop, len(indices), name=recipe.name, stop_early=not to_the_end,
                progress=self.progress,
            )  # fmt: skip

    def _measured_elsewhere(self, recipe: Described, path: Path, measured: Mapping[str, Any]) -> Mapping[str, Any]:
        """What takes the place of figures of this machine; an entry "failed" where it does not run there."""
        place = self.elsewhere
        if place is None or "failed" in measured:
            return {}
        if measured["evaluation"]["stopped"]:
            return {"peak_memory": None}

        def work() -> dict[str, Any]:
            self.progress(f"time {recipe.name}", 0, 0)
            return place.measure(self.float_path, path, self.prepared.open().row(0), self.progress)

        return self._tried({**self.key, "recipe": recipe.to_dict(), "step": "measure elsewhere", **place.key}, work)

    @cached_property
    def float_seconds(self) -> float:
        """About how long the float model takes for one run."""
        key = {**self.key, "step": "float time"}
        return float(self.cache.remember(key, lambda: run_in_child(_seconds, self.float_path, self.prepared)))

    def _make(self, recipe: Recipe, base: Base, path: Path) -> dict[str, str]:
        self.progress(f"make {recipe.name}", 0, 0)
        ranges = self.calibration(base) if recipe.needs_calibration else None
        try:
            run_in_child(make_candidate, base.path, recipe, ranges, path)
        except UnchangedError as error:
            return {"status": "unchanged", "reason": first_line(error)}
        except _PASSING:
            raise
        except _FAILURES as error:
            return {"status": "failed", "reason": first_line(error)}
        return {"status": "", "reason": ""}

    def _judged(self, recipe: Described, path: Path, measured: Mapping[str, Any], kept: tuple[str, ...]) -> Candidate:
        evaluation = Evaluation.of(measured["evaluation"])
        drop = self.drop(self.prepared.selection, evaluation)
        status: Status = drop.verdict(self.max_drop, point_estimate=self.point_estimate)
        reason = ""
        if measured["lost"]:
            status, reason = "part lost", "; ".join(measured["lost"])
        elif evaluation.stopped:
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
            drop=drop,
            agreement=evaluation.agreement,
            timing=Timing.of(timings["candidate"]) if timings else None,
            float_timing=Timing.of(timings["float"]) if timings else None,
            peak_memory=measured["peak_memory"],
            kept_float=kept,
            model_path=path,
        )


def _fitted(recipe: Recipe, base: Base) -> Recipe:
    """The recipe for this model: what has to stay in float does."""
    recipe = recipe.keeping(recipe.keep_float | base.in_float)
    if recipe.io_dtype == "float32":
        return recipe
    return replace(recipe, float_outputs=recipe.float_outputs | finished(base.model))


def default_folder() -> Path:
    """Where results are kept from one run to the next: `optimize` in Edgewright's cache folder."""
    return cache_folder() / OPTIMIZE


def _seconds(model: Path, prepared: PreparedData) -> float:
    return time_candidates({"float": model}, prepared.open().row(0), budget_s=2.0)["float"].median_s


def _digest(indices: Array) -> str:
    import hashlib

    return hashlib.sha256(np.asarray(indices, "<i8").tobytes()).hexdigest()


def first_line(error: EdgewrightError) -> str:
    """What went wrong, for a table."""
    return str(error).partition("\n")[0]
