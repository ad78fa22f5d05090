"""The 8-bit file of what was trained: searched within its budget, on data that are often too few to prove one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgewright.data import Dataset
from edgewright.machine import Progress
from edgewright.model import ModelFile, Provenance
from edgewright.optimize import CANDIDATES, Optimization, Recipe, optimize
from edgewright.report import numbers
from edgewright.rewrite import rewrite
from edgewright.train.trainer import Divides, Parts, Plan, Spares, Trainer

# Files that are taken and give floats, so that programs need not know.
_RECIPES = tuple(recipe for recipe in CANDIDATES if recipe.kind == "int8" and recipe.io_dtype == "float32")

# What differs from one run to the next has no place in a file that is to be the same each time.
_OF_THIS_RUN = ("latency_s", "float_latency_s", "machine")


# What holds for samples that know nothing of each other.
_OF_INDEPENDENT = ("drop_upper95", "interval95")

_DIVIDED = "Parts of the same recordings say the same thing again and prove no budget, so the measured change decides."


def quantized(
    model: ModelFile, trainer: Trainer, parts: Parts, max_drop: float, plan: Plan, progress: Progress
) -> Optimization:
    """The smallest 8-bit file within the budget: calibrated on what was trained on, chosen on the validation part.

    Where the validation part proves it, that decides. Where it is too small to prove any, or its samples are parts of
    few recordings, the measured change does, and `notices` say so; what a single answer makes of it is then allowed,
    for no smaller change can be seen.
    """
    recipes = _recipes(model, trainer)

    def search(budget: float, measured: bool) -> Optimization:
        return optimize(
            model,
            joined(parts.train, parts.validation),
            max_drop=budget,
            candidates=recipes,
            point_estimate=measured,
            seed=plan.seed,
            work=plan.folder / "optimize",
            progress=progress,
        )

    if isinstance(trainer, Divides):
        found = search(max_drop, measured=True)
        return replace(found, model=found.model and _kept(found.model, _OF_INDEPENDENT), notices=(_DIVIDED,))
    found = search(max_drop, measured=False)
    notices = tuple(notice for notice in found.notices if notice not in found.data.notices)
    step = 1 / max(len(found.data.selection), 1) if found.metric.share else 0.0
    if found.model is None and (step > max_drop or _too_few(found)):
        found = search(max(max_drop, step), measured=True)
        notices = (_measured(len(found.data.selection), step, max_drop),)
    return replace(found, model=found.model and _kept(found.model), notices=notices)


def _too_few(found: Optimization) -> bool:
    """Whether more samples might have proven a candidate; where all are over the budget, none would."""
    return any(candidate.status == "too few to tell" for candidate in found.candidates)


def _recipes(model: ModelFile, trainer: Trainer) -> tuple[Recipe, ...]:
    """How it may be made smaller; a trainer's features stay in float."""
    if not isinstance(trainer, Spares):
        return _RECIPES
    spared = trainer.spared(rewrite(model).model)  # optimize numbers its operators so
    return tuple(replace(one.keeping(spared), name=f"{one.name}, features in float") for one in _RECIPES)


def _measured(count: int, step: float, max_drop: float) -> str:
    """How it was decided."""
    said = f"{numbers.count(count, 'sample')} to choose by cannot prove the budget, so the measured change decides."
    if step <= max_drop:
        return said
    return f"{said} One answer is {numbers.percent(step)} of them: so much is allowed, as nothing less can be seen."


def joined(train: Dataset, validation: Dataset) -> Dataset:
    """Both parts as one data set with a published split: the first calibrates, the second chooses."""
    targets: Any = None
    if train.y is not None:
        targets = np.concatenate([train.labels, validation.labels])
    elif train.targets is not None:
        targets = (*train.targets, *(validation.targets or ()))
    inputs: Any = (*train.inputs, *validation.inputs)
    if isinstance(train.inputs, np.ndarray):
        inputs = np.concatenate([train.x, validation.x])
    return replace(train, inputs=inputs, targets=targets, train_count=len(train), notices=())


def _kept(model: ModelFile, without: Sequence[str] = ()) -> ModelFile:
    """The file without times, so that the same command gives the same bytes, and without figures that mean nothing."""
    provenance = model.metadata.provenance or Provenance()
    figures = provenance.measured.get("optimize", {})
    kept = {name: value for name, value in figures.items() if name not in (*_OF_THIS_RUN, *without)}
    told = replace(provenance, measured={**provenance.measured, "optimize": kept})
    return model.with_metadata(replace(model.metadata, provenance=told))
