"""`teach`: a classifier of one's own classes from a handful of pictures and a model that has seen many others."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import numpy as np

from edgewright.data import Dataset, as_bytes, load_samples
from edgewright.errors import DataError, ToleranceError
from edgewright.hub import load, read
from edgewright.machine import Crew, Progress, silent
from edgewright.model import Carried, InputMetadata, Metadata, ModelFile, OutputMetadata, Provenance, unread_files
from edgewright.train.provenance import own_version
from edgewright.train.teaching.backbone import Backbone, open_backbone
from edgewright.train.teaching.looking import Seen, look
from edgewright.train.teaching.ridge import Fitted, fit
from edgewright.train.teaching.taught import Taught

# Of probabilities: sums of a thousand products in float32 and in float64 differ by less than a hundredth of this.
_TOLERANCE = 1e-4

# So many pictures go through the finished file before it is handed out.
_CHECKED = 8


def teach(
    backbone: ModelFile | str | os.PathLike[str] | bytes,
    data: Any,
    *,
    allow_poor: bool = False,
    workers: int | None = None,
    crew: Crew | None = None,
    progress: Progress = silent,
    **preparation: Any,
) -> Taught:
    """Make a classifier of the classes of `data`: a few pictures of each are enough, ten are good.

    `backbone` is a classifier or an extractor of pictures, by its path, bytes or name. `data`: a folder with a folder
    of pictures for each class, or all else that `data.open_dataset` takes and that has a class for each picture; of a
    published split the training part. `preparation`: normalization, resize, crop_fraction, interpolation; they go
    before what the backbone says, and into the file. `workers`: on how many threads pictures are looked at;
    `crew`: workers, perhaps on other machines, who look at them in place of this process.

    Nothing of the backbone is trained: its features, made 1 long, get one new layer in closed form (`train.ridge`).
    How well that tells pictures that it was not shown is known by leaving out each one: `Taught.accuracy`. Where that
    is less than 1.5 times as often as guessing there is no `model`, unless `allow_poor`.

    Pictures that cannot be read are left out and named in `unread`. Raises `UsageError` for a backbone that cannot be
    cut, `DataError` where the data have no classes, or a class has less than two pictures that can be read.

    >>> taught = ew.teach("mobilenet.tflite", "pets")
    >>> taught.labels
    ('bird', 'cat')
    >>> ew.load(taught.model)("photo.jpg")[0].label
    'bird'
    """
    base = open_backbone(read(backbone), **preparation)
    dataset, notices = _chosen(data, base.described, progress)
    seen = look(base, dataset, workers, progress, crew)
    fitted = fit(seen.features, seen.classes, len(dataset.classes))
    model = base.with_head(fitted.head, _metadata(base, dataset, seen, fitted))
    taught = Taught(
        model=model,
        backbone=base.model.name,
        data=dataset.name,
        labels=dataset.classes,
        classes=seen.classes,
        left_out=fitted.left_out.argmax(axis=1),
        features=base.width,
        cut=base.cut,
        regularization=fitted.regularization,
        factor=fitted.factor,
        difference=_difference(model, dataset, seen, fitted),
        unread=seen.unread,
        twice=seen.twice,
        at_odds=seen.at_odds,
        notices=(*seen.notices, *dataset.notices, *notices),
    )
    return taught if taught.tells_apart or allow_poor else dataclasses.replace(taught, model=None)


def _chosen(data: Any, described: InputMetadata, progress: Progress) -> tuple[Dataset, tuple[str, ...]]:
    """The pictures to teach with, each of one class that occurs, and what is to be said of that."""
    dataset, notices = load_samples(data, progress=progress), []
    if dataset.y is None:
        raise DataError(f"{dataset.name}: no class for each picture. Give a folder with a folder for each class")
    if dataset.train_count is not None:
        notices.append(f"The published training part is taught, {dataset.train_count:,} of {len(dataset):,}.")
        dataset = dataset.take(np.arange(dataset.train_count))
    there = np.unique(dataset.labels)
    if len(there) < len(dataset.classes):
        notices.append(f"{len(dataset.classes) - len(there)} classes have no pictures and are left out.")
        classes = tuple(dataset.classes[index] for index in there)
        dataset = dataclasses.replace(dataset, targets=np.searchsorted(there, dataset.labels), classes=classes)
    return as_bytes(dataset, described), tuple(notices)


def _difference(model: ModelFile, dataset: Dataset, seen: Seen, fitted: Fitted) -> float:
    """How far the file's probabilities are from those of the head, on a few of the pictures, of all classes in turn.

    Raises `ToleranceError` where that is more than rounding.
    """
    chosen = np.linspace(0, len(seen.places) - 1, min(_CHECKED, len(seen.places))).round().astype(int)
    wanted = fitted.head(seen.features[chosen])
    with load(model, threads=1) as task:
        told = np.stack([task(dataset.inputs[int(seen.places[index])]).scores for index in chosen])
    difference = float(np.abs(told - wanted).max())
    if not difference <= _TOLERANCE:
        raise ToleranceError(
            f"{model.name}: the file that was made differs by {difference:.2g} from what was taught, and nothing was "
            "written. Please report it with the backbone"
        )
    return difference


def _metadata(base: Backbone, dataset: Dataset, seen: Seen, fitted: Fitted) -> Metadata:
    old = base.model.metadata
    output = OutputMetadata(
        name="probability",
        description="Probability of each class.",
        labels=dataset.classes,
        meaning="probabilities",
    )
    return Metadata(
        name=f"Classifier of {dataset.name}",
        description=f"Told apart by what {old.name or base.short_name} sees in a picture.",
        license=old.license,
        task="classification",
        outputs=(output,),
        provenance=_provenance(base, dataset, seen, fitted),
        carried=Carried(files=unread_files(base.model.metadata)),
    )


def _provenance(base: Backbone, dataset: Dataset, seen: Seen, fitted: Fitted) -> Provenance:
    before = base.model.metadata.provenance or Provenance()
    right = int((fitted.left_out.argmax(axis=1) == seen.classes).sum())
    step = {
        "step": "teach",
        "data": dataset.name,
        "pictures": len(seen.classes),
        "classes": len(dataset.classes),
        "features": base.width,
        "cut": base.cut,
        "regularization": fitted.regularization,
    }
    return Provenance(
        source=base.short_name,
        source_sha256=base.model.sha256,
        tools={**before.tools, "edgewright": own_version()},
        steps=(*before.steps, step),
        measured={"leave_one_out_accuracy": right / len(seen.classes)},
    )
