"""What a benchmark is asked to do: checked, with its models read and its inputs made, before anything is timed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.bench.inputs import Inputs, check_comparable, random_inputs
from edgewright.bench.results import Candidate, Subject
from edgewright.engine import check_candidates, open_engine, try_out
from edgewright.errors import UsageError
from edgewright.model import ModelFile, ModelLike, read_model
from edgewright.rewrite import other_entries
from edgewright.spelling import argument
from edgewright.task import open_task

_UNSAID = (
    "{name} does not say how pixels become its input; they were taken as (pixel - 127.5) / 127.5, which changes "
    "results, not times."
)

_NOT_A_NUMBER = (
    "{name} returned NaN for made-up inputs, which is no answer: is that so for real ones too? edgewright run says it "
    "of each."
)


@dataclass(frozen=True)
class Plan:
    """What is measured: models by name, the candidates in order, and the inputs of each; made by `Plan.of`."""

    models: Mapping[str, ModelFile]
    candidates: tuple[Candidate, ...]
    inputs: Mapping[Candidate, Sequence[Inputs]]
    pictures: tuple[Path, ...]
    rounds: int
    delegates: tuple[str, ...]

    @classmethod
    def of(
        cls,
        model: ModelLike,
        baseline: ModelLike | None,
        engines: str | Sequence[str],
        threads: int | Sequence[int],
        rounds: int,
        images: str | os.PathLike[str] | None,
        delegates: Sequence[str | os.PathLike[str]],
    ) -> Plan:
        """Check what was asked for, read the files, and make the inputs; errors as in `bench`."""
        chosen, counts = check_candidates(engines, threads)
        if rounds < 1:
            raise UsageError(f"{argument('rounds')}: {rounds}. Give a whole number of at least 1")
        if delegates and images is not None:
            raise UsageError("delegates are measured with made-up inputs only. Leave out the images")
        files = [read_model(given) for given in (model, baseline) if given is not None]
        for file in files:
            try_out(file, delegates=bool(delegates))
        if baseline is not None:
            check_comparable(*files)
        names = _names(files)
        candidates = [Candidate(name, engine, count) for name in names for engine in chosen for count in counts]
        pictures = _pictures(images)
        made = {name: _inputs(file, pictures) for name, file in zip(names, files, strict=True)}
        plan = cls(
            dict(zip(names, files, strict=True)),
            tuple(candidates),
            {one: made[one.model] for one in candidates},
            pictures,
            rounds,
            tuple(os.fspath(one) for one in delegates),
        )
        plan._check_tasks()
        return plan

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The models in figures; the baseline comes second."""
        return tuple(Subject(name, one.size, one.macs, one.sha256) for name, one in self.models.items())

    def engine_call(self, one: Candidate, opened: ExitStack) -> Callable[[Any], Sequence[npt.NDArray[Any]]]:
        """A bare engine's `run`."""
        model = self.models[one.model]
        engine = open_engine(model, engine=one.engine, threads=one.threads, delegates=self.delegates)
        return opened.enter_context(engine).run

    def task_call(self, one: Candidate, opened: ExitStack) -> Callable[[Any], object]:
        """The whole task, from a picture's file to its result."""
        from edgewright.bench.pictures import task_options

        model = self.models[one.model]
        task = open_task(model, engine=one.engine, threads=one.threads, **task_options(model))
        return opened.enter_context(task)

    def reference(self, one: Candidate) -> Candidate | None:
        """What a candidate is compared with: the baseline run in the same way, else the first candidate."""
        last = list(self.models)[-1]
        other = Candidate(last, one.engine, one.threads) if len(self.models) > 1 else self.candidates[0]
        return None if other == one else other

    def notices(self) -> tuple[str, ...]:
        """What had to be assumed, and which model gives no numbers; of pictures its task says that itself."""
        engines = dict.fromkeys(said for candidate in self.candidates for said in self._engine_notices(candidate))
        engines |= {f"{said}.": None for model in self.models.values() for said in other_entries(model)}
        if not self.pictures:
            nan = (_NOT_A_NUMBER.format(name=name) for name in self.models if self._returns_nan(name))
            return (*engines, *nan)
        from edgewright.bench.pictures import task_options

        return (*engines, *(_UNSAID.format(name=name) for name, model in self.models.items() if task_options(model)))

    def _engine_notices(self, candidate: Candidate) -> tuple[str, ...]:
        """What an engine says of a model that it runs: that other kernels do, for example, which may show in a run."""
        model, threads = self.models[candidate.model], candidate.threads
        with open_engine(model, engine=candidate.engine, threads=threads, delegates=self.delegates) as engine:
            engine.run(self.inputs[candidate][0])
            return tuple(f"{candidate.model}: {notice}." for notice in getattr(engine, "notices", ()))

    def _returns_nan(self, name: str) -> bool:
        first = next(candidate for candidate in self.candidates if candidate.model == name)
        with ExitStack() as opened:
            run = self.engine_call(first, opened)
            outputs = [array for inputs in self.inputs[first] for array in run(inputs)]
        return any(array.dtype.kind == "f" and bool(np.isnan(array).any()) for array in outputs)

    def _check_tasks(self) -> None:
        """Open the task once where pictures go through it: what it has to say comes before the work, not after it."""
        if self.pictures:
            with ExitStack() as opened:
                for model in self.models:
                    self.task_call(next(one for one in self.candidates if one.model == model), opened)


def _names(files: Sequence[ModelFile]) -> list[str]:
    """File names; whole paths where two files have the same name, and their part where even these are the same."""
    for names in ([Path(file.name).name for file in files], [file.name for file in files]):
        if len(set(names)) == len(names):
            return names
    return ["model", "baseline"]


def _pictures(images: str | os.PathLike[str] | None) -> tuple[Path, ...]:
    if images is None:
        return ()
    from edgewright.bench.pictures import pictures_in

    return tuple(pictures_in(os.fspath(images)))


def _inputs(model: ModelFile, pictures: Sequence[Path]) -> list[Inputs]:
    if not pictures:
        return random_inputs(model)
    from edgewright.bench.pictures import prepared

    return prepared(model, pictures)
