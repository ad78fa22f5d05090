"""How good a trained file is, and how sure that is: on samples to which nothing was fitted, where there are such."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.evaluate import Estimate, Evaluation, estimate, evaluate
from edgewright.machine import Progress
from edgewright.model import ModelFile, Provenance
from edgewright.report import numbers
from edgewright.train.trainer import Finishes, Measures, Parts, SetsAside, Trainer

Indices = npt.NDArray[np.int64]

# So many samples show how they differ; one alone would have an interval of no width.
_LEAST = 2


@dataclass(frozen=True, eq=False)
class Measuring:
    """What a file is finished with, and the samples that it is measured on.

    `groups` (n,) of those samples, None where each is one of its own. `part`: how the file calls them. `circular`:
    finishing fits something to these same samples, so that their figure proves nothing.
    """

    finishing: Parts
    samples: Dataset
    groups: Indices | None
    part: str
    circular: bool = False

    @classmethod
    def of(cls, trainer: Trainer, parts: Parts, held_out: Dataset | None) -> Measuring:
        """The test data, else the validation part: without what finishing is fitted to, where that leaves something."""
        whole, groups = parts.validation, parts.validation_groups
        if held_out is not None:
            return cls(parts, held_out, None, "test")
        if not isinstance(trainer, SetsAside):
            return cls(parts, whole, groups, "validation, which said when to stop")
        places = trainer.set_aside(parts)
        rest = np.setdiff1d(np.arange(len(whole)), places)
        if not len(rest):
            return cls(parts, whole, groups, "validation, to which the threshold was set", circular=True)
        finishing = dataclasses.replace(parts, validation=whole.take(places), validation_groups=_taken(groups, places))
        return cls(finishing, whole.take(rest), _taken(groups, rest), "validation, which said when to stop")

    def finished(self, trainer: Trainer, model: ModelFile | None, progress: Progress) -> Any:
        """The file with what its trainer puts in last; None where there is no file."""
        if model is None or not isinstance(trainer, Finishes):
            return model
        return trainer.finish(model, self.finishing, progress)

    def evaluated(self, trainer: Trainer, real: ModelFile, small: ModelFile | None, progress: Progress) -> Evaluation:
        """The file that is handed out; one of 8 bits beside the float one, on the same samples."""
        data, metric = trainer.measured(self.samples) if isinstance(trainer, Measures) else (self.samples, None)
        file, baseline = ModelFile(real.data, "float"), None
        if small is not None:
            file, baseline = ModelFile(small.data, "8 bits"), file
        found = evaluate(file, data, metric=metric, baseline=baseline, progress=progress)
        return dataclasses.replace(found, found=self._by_groups(found))

    def _by_groups(self, found: Evaluation) -> Estimate:
        """The figure with the interval of drawing groups, whose samples say the same thing again and again."""
        if self.groups is None:
            return found.found
        failed = [failure.index for failure in found.failures]
        return estimate(found.metric, found.records, groups=np.delete(self.groups, failed))

    def bounded(self, scored: Evaluation) -> bool:
        """Whether an interval means anything."""
        independent = scored.total if self.groups is None else len(np.unique(self.groups))
        return min(independent, scored.total) >= _LEAST and not self.circular

    def noted(self, model: ModelFile, scored: Evaluation, *, of_float: bool = False) -> ModelFile:
        """The file with its figure inside."""
        compared, bounded = scored.comparison, self.bounded(scored)
        found = compared.before if of_float and compared is not None else scored.found
        figure: dict[str, Any] = {"data": scored.data, "part": self.part, scored.metric.name: found.value}
        figure |= {"interval95": list(found.interval)} if bounded else {}
        figure["samples"] = scored.total
        if compared is not None and not of_float:
            figure["change_from_float"] = compared.change.value
            figure |= {"change_interval95": list(compared.change.interval)} if bounded else {}
        provenance = model.metadata.provenance or Provenance()
        told = dataclasses.replace(provenance, measured={**provenance.measured, "train": figure})
        return model.with_metadata(dataclasses.replace(model.metadata, provenance=told))

    def notices(self, scored: Evaluation) -> tuple[str, ...]:
        """What is to be said of the figure."""
        return (*scored.notices, *left_out(scored), *self._of_groups(scored))

    def _of_groups(self, scored: Evaluation) -> tuple[str, ...]:
        if self.groups is None or (count := len(np.unique(self.groups))) == len(self.groups):
            return ()
        said = f"{numbers.count(len(self.groups), 'sample')} to measure on are of {numbers.count(count, 'group')}"
        beside = "; that of the difference does not" if scored.comparison is not None else ""
        return (f"{said} whose members hang together: the interval counts groups{beside}.",)


def left_out(scored: Evaluation) -> tuple[str, ...]:
    """A notice where samples could not be answered, and so are in no figure."""
    failures = scored.failures
    if not failures:
        return ()
    return (
        f"{len(failures):,} of {numbers.count(scored.total + len(failures), 'sample')} to measure on cannot be read "
        f"and are left out. The first: {failures[0].name}: {failures[0].error}",
    )


def _taken(groups: Indices | None, places: Indices) -> Indices | None:
    return None if groups is None else groups[places]
