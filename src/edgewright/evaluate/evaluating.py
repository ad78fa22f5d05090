"""Evaluate a model on a data set: through its task, on all cores, by the metric of the task, beside a second model."""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewright.data import ClassTarget, Dataset, Target, as_bytes, open_dataset
from edgewright.errors import DataError, UsageError
from edgewright.evaluate.class_names import Outputs, kind_for, match_classes
from edgewright.evaluate.evaluation import Comparison, Evaluation, Failure, Scored
from edgewright.evaluate.intervals import estimate, paired_change
from edgewright.evaluate.metrics import ByClass, Confusing, Metric, find_metric
from edgewright.evaluate.metrics.metric import loss
from edgewright.machine import Crew, Progress, silent
from edgewright.model import ModelFile, ModelLike, read_model
from edgewright.spelling import argument
from edgewright.task import (
    Answer,
    Opening,
    Result,
    Task,
    described_picture,
    in_one_line,
    open_task,
    stream,
    stream_on,
    works_alone,
)

WORST = 24
"""How many of the worst inputs are kept."""

_SAID = 3

Results = tuple[Result, ...]
"""What the model says of an input, and behind it what the other one does, where there is one."""

# A bootstrap of fewer inputs than this makes intervals that are too narrow.
_FEW = 20


def evaluate(
    model: ModelLike,
    data: Any,
    *,
    metric: str | Metric | None = None,
    baseline: ModelLike | None = None,
    limit: int | None = None,
    workers: int | None = None,
    seed: int = 0,
    crew: Crew | None = None,
    progress: Progress = silent,
    **options: Any,
) -> Evaluation:
    """Score what a model says of data, by the metric of its task, with a 95% interval.

    `data` is all that `data.open_dataset` takes; of a published split the test part is used. `metric` is a name or a
    `Metric`; by default the one for the task and the data's targets: top-1 accuracy for classes, mAP for boxes.
    `baseline` is a second model that answers the same inputs: the difference comes with a paired interval. Where the
    data have no labels, or the metric compares with a reference (agreement, cosine), the baseline is that reference.
    `limit`: so many inputs, evenly spread. `workers`: on how many threads. `seed` is that of the bootstrap. `crew`:
    workers, perhaps on other machines, who answer in place of this process; what is found is the same. `options` are
    those of `task.open_task`, for both models; a metric may want another default (mAP: a threshold of 0).

    An input that cannot be read is counted among the `failures`, and left out. Raises `UsageError` where nothing can be
    scored, `DataError` where the data cannot be read, no input can, or the classes are none of the model's.

    >>> found = ew.evaluate("mobilenet.tflite", "photos")
    >>> found.value, found.total
    (1.0, 2)
    """
    dataset, notices = _chosen(open_dataset(data, progress=progress), limit)
    source, reference = read_model(model), None if baseline is None else read_model(baseline)
    kind = kind_for(source, dataset, options)
    chosen = _metric(dataset, kind.name, metric, reference)
    if kind.input == "picture":
        dataset = as_bytes(dataset, described_picture(source, {"normalization": options.get("normalization")}))
    with _Scoring.open(chosen, dataset, source, reference, options) as scoring:
        # A device such as an Edge TPU can be opened only once.
        scoring.run(progress, crew or (1 if options.get("delegates") else workers))
        return scoring.evaluation((*dataset.notices, *notices), seed, progress)


def _too_few(metric: Metric, records: int) -> tuple[str, ...]:
    if metric.share or records >= _FEW:
        return ()
    return (f"The interval says little: drawing {records} inputs again and again shows only what they hold.",)


def _chosen(dataset: Dataset, limit: int | None) -> tuple[Dataset, tuple[str, ...]]:
    """The samples to look at, and what is to be said of that."""
    if limit is not None and limit < 1:
        raise UsageError(f"limit is {limit}; at least 1 input is needed")
    notices, indices, total = [], np.arange(len(dataset)), len(dataset)
    if dataset.train_count is not None:
        indices = indices[dataset.train_count :]
        notices.append(f"The published test part is evaluated, {len(indices):,} of {total:,}.")
    if limit is not None and limit < len(indices):
        these = "" if dataset.train_count is None else "these "
        notices.append(f"{limit:,} of {these}{len(indices):,} inputs are evaluated, evenly spread.")
        indices = indices[np.linspace(0, len(indices) - 1, limit).round().astype(int)]
    return (dataset if len(indices) == total else dataset.take(indices)), tuple(notices)


def _metric(dataset: Dataset, kind: str, metric: str | Metric | None, reference: ModelFile | None) -> Metric:
    target = dataset.target(0)
    if target is None and metric is None and reference is None:
        raise UsageError(
            f"{dataset.name}: no labels to score by. Give labeled data, or a second model to compare with: "
            f"{argument('baseline', 'FLOAT.tflite')}"
        )
    if kind == "embedding" and isinstance(target, ClassTarget):
        if metric is None and reference is None:
            raise UsageError(
                f"{dataset.name}: its pictures are of classes, and an embedder names none. edgewright teach makes a "
                f"classifier of it; where its outputs are classes already: {argument('task', 'classification')}"
            )
        target = None  # Two embedders are compared with each other on any pictures.
    found = find_metric(kind, None if target is None else type(target), metric)
    if found.target is None and reference is None:
        raise UsageError(
            f"the metric {found.name!r} compares with a reference model. Give one: "
            f"{argument('baseline', 'FLOAT.tflite')}"
        )
    return found


@dataclass
class _Side:
    """One of the two models: its task, what is right for each input in its own numbering, and the records so far."""

    task: Task[Any]
    opening: Opening
    targets: Sequence[Target] | None
    notices: tuple[str, ...]
    records: list[Any] = dataclasses.field(default_factory=list)

    @classmethod
    def open(cls, model: ModelFile, dataset: Dataset, metric: Metric, options: dict[str, Any]) -> _Side:
        kind = kind_for(model, dataset, options).name
        opening = Opening(model, {**metric.options, **options, "task": kind})
        task = open_task(model, **opening.options)
        if metric.target is None:
            return cls(task, opening, None, task.notices)
        places = match_classes(dataset, Outputs.of(model.name, task.labels))
        there = (dataset.target(index) for index in range(len(dataset)))
        targets = [target.renumbered(places.by_class) for target in there if target is not None]
        return cls(task, opening, targets, (*task.notices, *places.notices))


class _Both:
    """One task or two as one, so that a worker reads an input for the one and then for the other."""

    def __init__(self, *tasks: Task[Any]) -> None:
        self._tasks = tasks

    def __call__(self, inputs: Any) -> Results:
        return tuple(task(inputs) for task in self._tasks)

    def sibling(self) -> _Both:
        return _Both(*(task.sibling() for task in self._tasks))

    def close(self) -> None:
        for task in self._tasks:
            task.close()


@dataclass
class _Scoring:
    """An evaluation on its way."""

    metric: Metric
    dataset: Dataset
    side: _Side
    other: _Side | None
    failures: list[Failure] = dataclasses.field(default_factory=list)
    worst: list[tuple[float, int, Scored]] = dataclasses.field(default_factory=list)

    @classmethod
    @contextmanager
    def open(
        cls, metric: Metric, dataset: Dataset, model: ModelFile, reference: ModelFile | None, options: dict[str, Any]
    ) -> Generator[_Scoring, None, None]:
        side = _Side.open(model, dataset, metric, options)
        with side.task:
            other = None if reference is None else _Side.open(reference, dataset, metric, options)
            try:
                yield cls(metric, dataset, side, other)
            finally:
                if other is not None:
                    other.task.close()

    def run(self, progress: Progress, workers: Crew | int | None) -> None:
        total = len(self.dataset)
        with closing(self._answers(workers)) as answers:
            for index, answer in enumerate(answers):
                self._score(index, answer)
                progress("inputs", index + 1, total)
        if not self.side.records:
            first = self.failures[0].error
            raise DataError(f"{self.dataset.name}: none of the {total:,} inputs can be answered. The first: {first}")

    def _answers(self, workers: Crew | int | None) -> Generator[Answer[Any, Results], None, None]:
        sides = [side for side in (self.side, self.other) if side is not None]
        if workers is None and any(works_alone(side.task) for side in sides):
            workers = 1
        if workers is None or isinstance(workers, int):
            return stream(_Both(*(side.task for side in sides)), self.dataset.inputs, workers=workers)
        openings = [side.opening for side in sides]
        return stream_on(workers, openings, self.dataset.inputs, takes=self.side.task.input.name)

    def _score(self, index: int, answer: Answer[Any, Results]) -> None:
        if answer.result is None:
            self.failures.append(Failure(index, self.dataset.input_name(index), str(answer.error)))
            return
        result, reference = answer.result[0], answer.result[-1]
        target = reference if self.side.targets is None else self.side.targets[index]
        record = self._record(index, result, target)
        if self.other is not None and self.other.targets is not None:
            self.other.records.append(self._record(index, reference, self.other.targets[index]))
        self.side.records.append(record)
        self._keep_if_bad(index, record, result, target)

    def _record(self, index: int, result: Result, target: Any) -> Any:
        """What the metric keeps of an input; what does not fit is said with the input's name."""
        try:
            return self.metric.record(result, target)
        except DataError as error:
            raise DataError(str(error), where=self.dataset.input_name(index)) from error

    def _keep_if_bad(self, index: int, record: Any, result: Result, target: Any) -> None:
        bad = loss(self.metric, record)
        if bad is None or (len(self.worst) == WORST and bad <= self.worst[0][0]):
            return
        expected = target.text(self.side.task.labels) if isinstance(target, Target) else in_one_line(target, _SAID)
        scored = Scored(
            index=index,
            name=self.dataset.input_name(index),
            loss=bad,
            said=in_one_line(result, _SAID) or "nothing",
            expected=expected or "nothing",
            input=self.dataset.inputs[index],
            result=result,
            target=target,
        )
        push = heapq.heappush if len(self.worst) < WORST else heapq.heapreplace
        push(self.worst, (bad, -index, scored))

    def evaluation(self, notices: tuple[str, ...], seed: int, progress: Progress) -> Evaluation:
        metric, side, other = self.metric, self.side, self.other
        found = estimate(metric, side.records, seed=seed, progress=progress)
        if np.isnan(found.value):
            raise DataError(f"{self.dataset.name}: nothing is labeled in it that {metric.title} could score")
        comparison = None
        if other is not None and other.targets is not None:
            before = estimate(metric, other.records, seed=seed, progress=progress)
            change = paired_change(metric, other.records, side.records, seed=seed, progress=progress)
            comparison = Comparison(other.task.model.name, before, change)
        return Evaluation(
            model=side.task.model.name,
            data=self.dataset.name,
            task=side.task.kind,
            metric=metric,
            found=found,
            labels=side.task.labels,
            records=tuple(side.records),
            by_class=tuple(metric.by_class(side.records)) if isinstance(metric, ByClass) else (),
            confusion=metric.confusion(side.records) if isinstance(metric, Confusing) else None,
            worst=tuple(scored for _, _, scored in sorted(self.worst, reverse=True)),
            failures=tuple(self.failures),
            comparison=comparison,
            against=other.task.model.name if other is not None and other.targets is None else None,
            notices=(*side.notices, *notices, *_too_few(metric, len(side.records))),
        )
