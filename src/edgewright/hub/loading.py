"""`load`: from a path or a name to a model that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from edgewright.engine import try_out
from edgewright.errors import UsageError
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile, ModelLike, read_model
from edgewright.spelling import argument
from edgewright.task import kind_of

if TYPE_CHECKING:
    from typing import Unpack

    from edgewright.task import (
        Classification,
        Detections,
        Embedding,
        Faces,
        Poses,
        Segmentation,
        SeriesEvents,
        SoundEvents,
        Task,
        TaskKind,
        Tensors,
        TextClassification,
        keywords,
    )

# What runs a model needs NumPy: it is imported where one is opened, and not for one that is only read.

Source = ModelLike

read = read_model

AUTO = "auto"


@overload
def load(
    source: Source, *, task: Literal["bodies", "hands"], **options: Unpack[keywords.FiguresOptions]
) -> Task[Poses]: ...
@overload
def load(source: Source, *, task: Literal["faces"], **options: Unpack[keywords.FiguresOptions]) -> Task[Faces]: ...
@overload
def load(
    source: Source, *, task: Literal["classification"], **options: Unpack[keywords.ClassificationOptions]
) -> Task[Classification]: ...
@overload
def load(
    source: Source, *, task: Literal["detection"], **options: Unpack[keywords.DetectionOptions]
) -> Task[Detections]: ...
@overload
def load(
    source: Source, *, task: Literal["embedding"], **options: Unpack[keywords.PictureOptions]
) -> Task[Embedding]: ...
@overload
def load(
    source: Source, *, task: Literal["landmarks"], **options: Unpack[keywords.LandmarksOptions]
) -> Task[Poses]: ...
@overload
def load(source: Source, *, task: Literal["pose"], **options: Unpack[keywords.PoseOptions]) -> Task[Poses]: ...
@overload
def load(
    source: Source, *, task: Literal["segmentation"], **options: Unpack[keywords.SegmentationOptions]
) -> Task[Segmentation]: ...
@overload
def load(
    source: Source, *, task: Literal["text-classification"], **options: Unpack[keywords.TextClassificationOptions]
) -> Task[TextClassification]: ...
@overload
def load(
    source: Source, *, task: Literal["text-embedding"], **options: Unpack[keywords.TextOptions]
) -> Task[Embedding]: ...
@overload
def load(
    source: Source, *, task: Literal["audio-classification"], **options: Unpack[keywords.AudioOptions]
) -> Task[SoundEvents]: ...
@overload
def load(
    source: Source, *, task: Literal["series"], **options: Unpack[keywords.SeriesOptions]
) -> Task[SeriesEvents]: ...
@overload
def load(source: Source, *, task: Literal["tensors"], **options: Unpack[keywords.EngineOptions]) -> Task[Tensors]: ...
@overload
def load(
    source: Source,
    *,
    task: str | TaskKind | None = None,
    engine: str | None = None,
    progress: Progress = silent,
    **options: Any,
) -> Task[Any]: ...
def load(
    source: Source,
    *,
    task: str | TaskKind | None = None,
    engine: str | None = None,
    signature: str | None = None,
    progress: Progress = silent,
    **options: Any,
) -> Task[Any]:
    """Open a model by its path, its bytes or its name (see `names`), for the task that the file says it is for.

    `engine` runs it: LiteRT unless another is named (`open_engine`). "auto" takes the one that `choose_engine` finds
    the fastest here, on `threads` if they are given. It measures when the model is first loaded so, for half a minute
    or so, and tells `progress`; the task's `notices` say what was taken. `signature` is the one to run of a file that
    has several, else the first. `options` are those of `task.open_task` (labels, normalization, resize, …) and go
    before what the file says of itself.

    A file that was not run here before is tried out in another process first (see `docs/architecture.md`).

    Raises `ModelError` for what is no sound model, `RunawayModelError` for one that crashes the runtime or does not
    end, `UsageError` where the task, the labels or the preparation are unknown, and `HubError` for the name of a model
    that was not fetched yet: nothing is downloaded unasked.

    >>> classify = ew.load("mobilenet.tflite")
    >>> classify("photo.jpg")[0].label
    'macaw'
    >>> find = ew.load("detector.tflite", task="detection", threshold=0.5, most=3)
    >>> [thing.label for thing in find("animals.jpg")]
    ['cat', 'cat', 'cat']
    """
    from edgewright.task import open_task

    model = of_signature(read(source), signature)
    kind = kind_of(model, task, options)  # What is for nothing need not be tried out.
    try_out(model, delegates=bool(options.get("delegates")))
    if engine == AUTO:
        return _load_fastest(model, kind, options, progress)
    return open_task(model, task=kind, engine=engine or "litert", **options)


def of_signature(model: ModelFile, key: str | None) -> ModelFile:
    """The model with this signature as what runs; None: as it is. Raises `UsageError` where there is no such one."""
    if key is None:
        return model
    from edgewright.rewrite import entered

    return entered(model, key)


def _load_fastest(model: ModelFile, task: TaskKind, options: dict[str, Any], progress: Progress) -> Task[Any]:
    from edgewright.evaluate import choose_engine
    from edgewright.task import open_task

    if options.get("delegates"):
        raise UsageError(
            f"{model.name}: a delegate decides what runs where. Leave it out, or leave out {argument('engine', AUTO)}"
        )
    threads = options.pop("threads", None)
    choice = choose_engine(model, threads=threads, progress=progress)
    opened = open_task(model, task=task, engine=choice.engine, threads=choice.threads, **options)
    opened.add_notice(f"engine: {choice.why}")
    return opened
