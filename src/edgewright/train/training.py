"""`train`: a model of one's own data: split, trained, converted, made smaller within a budget, measured, described."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.cache import TRAIN, Cache, cache_folder
from edgewright.convert import convert
from edgewright.data import Dataset, check_trainable, content_digest, grouped_split
from edgewright.errors import UsageError
from edgewright.files import sha256_of
from edgewright.machine import Crew, Progress, describe, silent
from edgewright.model import InputMetadata, ModelFile, Provenance, ResizePolicy
from edgewright.optimize import Optimization
from edgewright.train.checks import (
    Quantize,
    check_folder,
    check_installed,
    check_options,
    check_parts,
    check_test,
    seen_before,
)
from edgewright.train.measuring import Measuring
from edgewright.train.opening import opened_parts
from edgewright.train.provenance import own_version
from edgewright.train.quantizing import quantized
from edgewright.train.result import Training
from edgewright.train.trainer import (
    Divides,
    Material,
    Parts,
    Plan,
    Recalls,
    Trained,
    Trainer,
    WithCrew,
    trainer_for,
)


def train(
    data: Any,
    *,
    test: Any = None,
    backbone: str = "",
    quantize: Quantize = "none",
    max_drop: float = 0.01,
    epochs: int | None = None,
    thorough: bool = False,
    validation: float = 0.2,
    resize: ResizePolicy | None = None,
    window: int | None = None,
    columns: Sequence[str] = (),
    rate: float | None = None,
    hop: float | str | None = None,
    augment: bool = True,
    balanced: bool = True,
    seed: int = 0,
    work: str | os.PathLike[str] | None = None,
    crew: Crew | None = None,
    progress: Progress = silent,
) -> Training:
    """Train a model on your own data: from folders of pictures, one for each class, to a file that describes itself.

    `data`: all that `data.open_dataset` takes and a trainer knows what to do with: pictures or sounds of classes,
    windows of series, arrays (n, height, width) or (n, height, width, 3) uint8. `test`: more of it, which is looked at
    once, at the end; of a published split it is the test part. `validation`: the share of the rest that says when to
    stop, and by which an 8-bit file is chosen; samples that are nearly the same stay on one side.

    `backbone`: the network that is built upon, a name or a `.keras` file; "" for the trainer's own. `epochs`: how many
    times all samples are gone through at most; None for the trainer's own number, 0 to train only a head on what the
    backbone sees. `thorough`: train all layers. `resize`: "stretch" or "crop", None for the better one. `augment`: show
    samples turned, moved, brighter, … in each epoch. `balanced`: each class weighs the same. Of series: `window`, rows
    that are looked at at once, `columns` (names, also as one text with commas), `rate`, rows a second, and `hop`,
    seconds from window to window, or a share of the window as "25%".

    `quantize="int8"`: find a file of 8-bit integers that loses no more than `max_drop` of the metric (0.01 is one point
    of accuracy), as `optimize` does; where there is none, `Training.model` is the float file.

    `crew`: workers, perhaps on other machines, who look at pictures through the backbone in place of this process.

    What is finished is kept in `work` (default: the cache folder), so a training that was stopped goes on where it was;
    the same data, options and seed give the same bytes.

    Raises `MissingExtraError`, `UsageError`, `DataError` (one class, too few samples, classes that differ by case
    only, test data of other classes, …) and `OutputError` (a full disk) before anything is trained.

    >>> made = ew.train("fashion.npz", backbone="tiny.keras", epochs=0)
    >>> made.labels[:3], made.model.metadata.task
    (('0', '1', '2'), 'classification')
    >>> made.model.save("trained.tflite")
    PosixPath('trained.tflite')
    """
    start = time.monotonic()
    check_options(quantize, max_drop, validation)
    plan = Plan(
        folder=Path(work) if work is not None else cache_folder() / TRAIN,
        seed=seed,
        epochs=epochs,
        thorough=thorough,
        backbone=backbone,
        augment=augment,
        balanced=balanced,
        resize=resize,
        window=window,
        columns=_names(columns),
        rate=rate,
        hop=hop,
    )
    begun = _begun(data, test, plan, validation, quantize, crew, progress)
    trained = _trained(begun, crew, progress)
    real = _described(trained, begun, progress)
    found = None
    if quantize == "int8":
        found = quantized(real, begun.trainer, begun.several, max_drop, begun.plan, progress)
    return _result(begun, trained, real, found, start, progress)


def _names(columns: Sequence[str]) -> tuple[str, ...]:
    """Names one by one, or with commas between."""
    words = columns.split(",") if isinstance(columns, str) else columns
    return tuple(word.strip() for word in words if word.strip())


@dataclass(frozen=True, eq=False)
class _Begun:
    """What is known before anything is trained: the data as they were given and as they count, who trains, and how.

    `several`: the parts in as many samples as an optimization wants.
    """

    dataset: Dataset
    held_out: Dataset | None
    trainer: Trainer
    material: Material
    parts: Parts
    several: Parts
    plan: Plan


def _begun(
    data: Any, test: Any, plan: Plan, validation: float, quantize: Quantize, crew: Crew | None, progress: Progress
) -> _Begun:
    """Look at everything, and refuse what cannot be trained, measured or kept."""
    check_installed(quantize)
    dataset, held_out = opened_parts(data, test, progress)
    trainer = trainer_for(dataset)
    _check_crew(trainer, crew)
    trainer.require(plan)
    if held_out is not None:
        check_test(dataset, held_out)
    check_folder(plan.folder)
    material, parts = _split(trainer, dataset, plan, validation, progress)
    several = _divided(trainer, parts, plan)
    check_parts(several, quantize)
    plan = dataclasses.replace(plan, folder=_folder(trainer, parts, plan))
    return _Begun(dataset, held_out, trainer, material, parts, several, plan)


def _result(
    begun: _Begun, trained: Trained, real: ModelFile, found: Optimization | None, start: float, progress: Progress
) -> Training:
    """Measure the files once they are finished, and say all that there is to say."""
    trainer, measuring = begun.trainer, Measuring.of(begun.trainer, begun.parts, begun.held_out)
    real, small = (measuring.finished(trainer, one, progress) for one in (real, found.model if found else None))
    scored = measuring.evaluated(trainer, real, small, progress)
    return Training(
        model=measuring.noted(small or real, scored),
        float_model=measuring.noted(real, scored, of_float=True),
        network=trained.network,
        trainer=trainer.name,
        material=begun.material,
        parts=begun.parts,
        test=begun.held_out,
        epochs=trained.epochs,
        kept=_kept(trained),
        curve=trained.curve,
        facts=trained.facts,
        evaluation=scored,
        optimization=found,
        machine=describe(),
        seconds=time.monotonic() - start,
        circular=measuring.circular,
        bounded=measuring.bounded(scored),
        notices=_once(
            *(*begun.dataset.notices, *begun.material.notices, *trained.notices, *(found.notices if found else ())),
            *_leaked(trainer, begun.dataset, begun.material, begun.held_out, progress),
            *measuring.notices(scored),
        ),
    )


def _leaked(
    trainer: Trainer, dataset: Dataset, material: Material, test: Dataset | None, progress: Progress
) -> tuple[str, ...]:
    """A notice where the test data hold what was trained on; as it was given, for trainers read it in their own way."""
    if test is None:
        return ()
    again = trainer.seen_again(material, test, progress) if isinstance(trainer, Recalls) else ()
    return again or seen_before(dataset, test)


def _once(*notices: str) -> tuple[str, ...]:
    """Each notice, although several steps have it of the same data."""
    return tuple(dict.fromkeys(notices))


def _trained(begun: _Begun, crew: Crew | None, progress: Progress) -> Trained:
    if crew is None or not isinstance(begun.trainer, WithCrew):
        return begun.trainer.train(begun.parts, begun.plan, progress)
    return begun.trainer.train_with(crew, begun.parts, begun.plan, progress)


def _check_crew(trainer: Trainer, crew: Crew | None) -> None:
    if crew is not None and not isinstance(trainer, WithCrew):
        raise UsageError(f"{crew.name}: workers look at pictures only, and these data are {trainer.name}. Train here")


def _kept(trained: Trained) -> int:
    """The number of the epoch whose weights were taken; 0 for none."""
    if trained.kept is not None or not trained.epochs:
        return trained.kept or 0
    return min(trained.epochs, key=lambda epoch: epoch.validation_loss).number


def _split(
    trainer: Trainer, dataset: Dataset, plan: Plan, validation: float, progress: Progress
) -> tuple[Material, Parts]:
    """Look at every sample, and set some aside."""
    material = trainer.material(dataset, plan, progress)
    readable = material.dataset
    check_trainable(readable, unread=len(material.unread))
    train_places, validation_places = grouped_split(readable, material.groups, validation, plan.seed)
    train_part, validation_part = (readable.take(places) for places in (train_places, validation_places))
    parts = Parts(train_part, validation_part, material.groups[train_places], material.groups[validation_places])
    return material, parts


def _folder(trainer: Trainer, parts: Parts, plan: Plan) -> Path:
    """The folder of these data and options alone."""
    key: dict[str, Any] = {**vars(plan), "folder": "", "trainer": trainer.name, "edgewright": own_version()}
    key |= {"train": content_digest(parts.train), "validation": content_digest(parts.validation)}
    if Path(plan.backbone).is_file():
        key["backbone_sha256"] = sha256_of(Path(plan.backbone))
    folder = Cache(plan.folder).path(key, "")
    check_folder(folder)
    return folder


def _described(trained: Trained, begun: _Begun, progress: Progress) -> ModelFile:
    """The network as a file that says how an input is prepared, and where it comes from."""
    model = _converted(trained, begun.plan, progress)
    said = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    origin = model.metadata.provenance or Provenance()
    return model.with_metadata(
        dataclasses.replace(
            model.metadata,
            name=f"Trained on {begun.parts.train.name}",
            inputs=(dataclasses.replace(said, **trained.preparation), *model.metadata.inputs[1:]),
            provenance=dataclasses.replace(origin, steps=(*origin.steps, _step(trained, begun))),
        )
    )


def _converted(trained: Trained, plan: Plan, progress: Progress) -> ModelFile:
    """The network as a file, compared with it; made once."""
    path = plan.folder / "converted.tflite"
    if not path.is_file():
        convert(trained.network, progress=progress, **trained.conversion).save(path)
    return ModelFile(path.read_bytes(), "trained.tflite")


def _divided(trainer: Trainer, parts: Parts, plan: Plan) -> Parts:
    """The parts in as many samples as an optimization wants."""
    if not isinstance(trainer, Divides):
        return parts
    train_part, validation = (trainer.divided(part, plan) for part in (parts.train, parts.validation))
    return dataclasses.replace(parts, train=train_part, validation=validation)


def _step(trained: Trained, begun: _Begun) -> dict[str, Any]:
    """How it was trained, for the file."""
    parts, plan = begun.parts, begun.plan
    return {
        "step": "train",
        "trainer": begun.trainer.name,
        "data": parts.train.name,
        "data_sha256": content_digest(parts.train),
        "samples": len(parts.train),
        "validation": len(parts.validation),
        "seed": plan.seed,
        "epochs": len(trained.epochs),
        "thorough": plan.thorough,
        "augment": plan.augment,
        "balanced": plan.balanced,
        **trained.facts,
    }
