"""What an answer is worth: a task's decoder and a metric, known by name, so that a child process finds them too."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import ClassTarget, Dataset, Target
from edgewright.engine import open_engine
from edgewright.errors import DataError, QuantizationError, UsageError
from edgewright.evaluate import Confusing, Metric, Outputs, find_metric, kind_for, match_classes, wilson
from edgewright.media import Prepare, Prepared
from edgewright.model import ModelFile
from edgewright.spelling import argument
from edgewright.task import Decoder, Finite, Result, Task, in_one_line, input_of, kind_of

# Right answers up to so many times as often as by guessing are no sign that the labels mean what the model means.
_GUESSING = 1.2

# What of a result that is no class stands in a report.
_SAID = 3

Targets = npt.NDArray[np.int64] | tuple[Target, ...] | None


@dataclass(frozen=True)
class Scoring:
    """How answers are scored.

    `task`: the name of the kind. `target`: the type of what is right for each sample, None without labels. `named`: the
    metric's name, or the metric itself where its caller gave one or only this program has it; None for the one that
    fits. A process that receives this finds kind and metric among ours and the entry points of packages: nothing of
    another package is pickled but such a metric itself.
    """

    task: str
    target: type[Any] | None
    named: str | Metric | None = None

    @property
    def metric(self) -> Metric:
        """The metric. Raises `UsageError` where there is no such one, or it does not fit task and targets."""
        # Nothing is kept here: what is kept is pickled. The registry keeps it.
        return find_metric(self.task, self.target, self.named)

    def decoder(self, model: ModelFile, *, to_score: bool = True) -> Decoder[Result]:
        """What makes a result of a file's outputs, `to_score` as the metric wants it, else as people see it.

        Raises `UsageError` where they are not those of the task.
        """
        return kind_of(model, self.task).decoder(model, self.metric.options if to_score else {})

    def fingerprint(self, model: ModelFile) -> list[str]:
        """What its figures depend on: an outside package that was changed since does not get those of before."""
        metric = self.metric
        parts = [_origin(kind_of(model, self.task)), _origin(metric)]
        return [self.task, metric.name, repr(sorted(metric.options.items())), *parts]

    def open(self, model: ModelFile, prepare: Prepare, *, to_score: bool = True) -> Task[Result]:
        """The model as a task over inputs that `prepare` knows; an answer that is no number is an error."""
        decode = _Checked(self.decoder(model, to_score=to_score), model)
        takes = input_of(model, self.task)
        return Task(model, self.task, partial(open_engine, model), takes, prepare, decode)


def said(metric: Metric, result: Result) -> str:
    """The answer in words, for a report: the class where it is right or wrong, else what is best in it."""
    if not metric.share:
        return in_one_line(result, _SAID) or "nothing"
    best = result.observations()[:1]
    return best[0].label if best else "nothing"


def record_of(metric: Metric, result: Result, target: Any) -> Any:
    """What the metric keeps of a sample. Raises `UsageError` where that cannot be kept in a file."""
    record = metric.record(result, target)
    try:
        json.dumps(record)
    except (TypeError, ValueError) as error:
        message = f"the metric {metric.name!r} keeps what is no plain value of a sample ({error})"
        raise UsageError(f"{message}. A record is numbers, texts, None, and lists of them") from None
    return record


def scoring_for(model: ModelFile, samples: Dataset, task: str | None, metric: str | Metric | None) -> Scoring:
    """Find the task of a model, and the metric for it and the samples: the one that is named, else the first that fits.

    Raises `UsageError` where there is none, or it says nothing of this model's outputs.
    """
    target = samples.target(0)
    kind = kind_for(model, samples, {} if task is None else {"task": task})
    if not _elsewhere(kind, kind.name, "edgewright.tasks"):
        raise UsageError(
            f"the task {kind.name!r} is registered in this program only, and models are measured in processes of their "
            "own. Name it in an entry point of the group edgewright.tasks"
        )
    scoring = Scoring(kind.name, None if target is None else type(target), metric)
    found = scoring.metric
    if kind.name == "tensors" and found.name == "cosine" and all(spec.elements == 1 for spec in model.outputs):
        raise UsageError(
            f"{model.name}: it gives one number, of which a cosine is only the sign. Give labeled data and a metric "
            f"for them ({argument('metric', 'NAME')})"
        )
    if _elsewhere(found, found.name, "edgewright.metrics"):
        return scoring
    return replace(scoring, named=found)


def _elsewhere(part: object, name: str, group: str) -> bool:
    """Whether another process finds a part by its name: it is ours, or has an entry point."""
    own = type(part).__module__.partition(".")[0] == __name__.partition(".")[0]
    return own or name in entry_points(group=group).names


@dataclass(frozen=True, eq=False)
class Matched:
    """The names of the model's outputs, and what is right for each sample in the model's own numbering.

    `targets`: (n,) int64 where each sample is of one class, a `Target` each where they are labeled with something
    else, None where nobody labeled them or the metric compares with the float model.
    """

    classes: tuple[str, ...]
    targets: Targets
    notices: tuple[str, ...]


def match_targets(model: ModelFile, samples: Dataset, scoring: Scoring) -> Matched:
    """Bring the targets of the data into the numbering of the model's labels, see `evaluate.match_classes`.

    Raises UsageError where the outputs are not those of the task, DataError where a class has no label.
    """
    try:
        decoder = scoring.decoder(model)
    except UsageError as problem:
        said = str(problem)
        raise UsageError(said if said.startswith(model.name) else f"{model.name}: {said}") from None
    outputs = Outputs.of(model.name, decoder.labels)
    notices = tuple(getattr(decoder, "notices", ())) if outputs.named or not outputs.labels else ()
    if samples.targets is None or scoring.metric.target is None:
        return Matched(decoder.labels, None, notices)
    place, more = match_classes(samples, outputs)
    if samples.y is not None:
        classes = np.array([place[int(label)] for label in samples.y], np.int64)
        return Matched(decoder.labels, classes, notices + more)
    targets = (samples.target(index) for index in range(len(samples)))
    found = tuple(target.renumbered(place) for target in targets if target is not None)
    return Matched(decoder.labels, found, notices + more)


def target_of(targets: Targets, index: int) -> Target | None:
    """What is right for a sample; None where nobody knows."""
    if targets is None:
        return None
    return ClassTarget(int(targets[index])) if isinstance(targets, np.ndarray) else targets[index]


def check_meaning(scoring: Scoring, records: Sequence[Any], answers: Sequence[str], name: str) -> None:
    """Refuse to search where the float model's own records, or its answers in words, show that a drop says nothing.

    Raises DataError: for labels that mean something else, where no sample can be scored, and for agreement of answers
    that are all the same.
    """
    metric = scoring.metric
    if isinstance(metric, Confusing):
        check_plausible(metric.confusion(records), name)
    if np.isnan(metric.combine(records)):
        raise DataError(f"{name}: nothing is labeled in the data that {metric.title} could score")
    if metric.target is None and scoring.task != "classification" and len(set(answers)) == 1:
        which = "its best answer" if metric.share else "its answer"
        raise DataError(
            f"{name}: {which} is {answers[0]!r} for every sample: that a smaller model agrees says nothing. "
            f"Give labeled data, or another metric ({argument('metric', 'NAME')})"
        )


def check_plausible(confusion: Mapping[tuple[int, int], int], name: str) -> None:
    """Refuse labels that the float model hits no more often than by guessing: they mean something else.

    `confusion`: counts by (class, answer). Guessing among the k classes that occur is right in one of k.
    Raises DataError.
    """
    right, total = sum(count for (true, said), count in confusion.items() if true == said), sum(confusion.values())
    guessing = 1 / max(len({true for true, _ in confusion}), 1)
    if total and right / total <= _GUESSING * guessing and wilson(right, total).low <= guessing:
        raise DataError(
            f"{name}: the float model is right on {right} of {total} samples, no better than guessing. Are the labels "
            "those of this model, counted from the same class on, and its inputs prepared as it was trained?"
        )


class _Checked:
    """A decoder that takes numbers only: the best of NaN is the first class, which looks like an answer."""

    def __init__(self, decode: Decoder[Result], model: ModelFile) -> None:
        self.labels = decode.labels
        self._decode = decode
        self._finite = Finite(model, decode)
        self._name = model.name
        own = getattr(decode, "of_window", None)
        if own is not None:
            self.of_window = own

    def must_be_numbers(self, outputs: Sequence[npt.NDArray[Any]]) -> tuple[()]:
        """None that a task would look at: what is wrong with them is wrong with the candidate, not with an input."""
        return ()

    def __call__(self, outputs: Sequence[npt.NDArray[Any]], prepared: Prepared) -> Result:
        try:
            self._finite.check(outputs, prepared)
            return self._decode(outputs, prepared)
        except DataError as error:
            raise QuantizationError(f"{self._name}: {error}") from error


def _origin(part: object) -> str:
    """Where a part comes from; of one that is not ours, what its file holds."""
    kind = type(part)
    where = f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.partition(".")[0] == __name__.partition(".")[0]:
        return where
    try:
        file = inspect.getsourcefile(kind)
    except TypeError:  # built in, or typed at a prompt
        return where
    return f"{where} {hashlib.sha256(Path(file).read_bytes()).hexdigest()}" if file and Path(file).exists() else where
