"""Classifying pictures: labels with scores, the best first."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import TracebackType
from typing import Any, Literal, Self, overload

import numpy as np
import numpy.typing as npt

from edgewright.engine import Delegate, Engine, open_engine
from edgewright.errors import UsageError
from edgewright.media import DEFAULT_MAX_PIXELS, PictureSource, Preparation, normalization
from edgewright.model import InputMetadata, Interpolation, Meaning, ModelFile, OutputMetadata, ResizePolicy
from edgewright.task.labels import Labels, match_labels, own_labels, read_labels
from edgewright.task.quantization import dequantizer
from edgewright.task.scores import Scores, calibrate, softmax
from edgewright.task.streaming import Answer, stream

TOP = 10

_IN_NOTEBOOK = 5

# Operators that change how numbers are stored or laid out, not what they are.
_PASSING_ON = frozenset({"RESHAPE", "SQUEEZE", "QUANTIZE", "DEQUANTIZE"})

# Less than this reads as 0.00.
_WORTH_DRAWING = 0.005


@dataclass(frozen=True, slots=True)
class Class:
    """One class with its score: `index` is its place in the model's output."""

    label: str
    score: float
    index: int

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"label": self.label, "score": self.score, "index": self.index}


@dataclass(frozen=True, eq=False)
class Classification(Sequence[Class]):
    """What a classifier says of one picture: all classes, the highest score first.

    `scores` (classes,) float32, in the order of the model's output; they are what `meaning` says: probabilities,
    or something else ("logits", or `None` where nothing is known). `threshold` is the score below which the file's
    author finds a class not worth showing.
    """

    scores: Scores = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    meaning: Meaning | None = None
    threshold: float | None = None

    @cached_property
    def _order(self) -> npt.NDArray[np.intp]:
        """Places of the classes by falling score; equal scores in the output's order."""
        return np.argsort(-self.scores, kind="stable")

    def _class(self, index: int) -> Class:
        return Class(self.labels[index], float(self.scores[index]), index)

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, place: int) -> Class: ...
    @overload
    def __getitem__(self, place: slice) -> list[Class]: ...
    def __getitem__(self, place: int | slice) -> Class | list[Class]:
        """The class at a place of the ranking: 0 is the best."""
        if isinstance(place, slice):
            return [self._class(int(index)) for index in self._order[place]]
        return self._class(int(self._order[place]))

    def top(self, k: int = TOP) -> list[Class]:
        """The `k` best classes, those below the file's threshold left out."""
        if k < 1:
            raise UsageError(f"top({k}): at least 1 is needed")
        return [one for one in self[:k] if self.threshold is None or one.score >= self.threshold]

    def to_dict(self, k: int = TOP) -> dict[str, Any]:
        """The `k` best classes as plain values."""
        return {"meaning": self.meaning, "top": [one.to_dict() for one in self.top(k)]}

    def draw(self, picture: PictureSource, k: int = _IN_NOTEBOOK) -> Any:
        """The picture, a PIL image in RGB, with the `k` best labels and their scores as bars below it."""
        from edgewright.media import caption, load_image
        from edgewright.report import numbers

        best = self.top(k)
        shown = [one for one in best if one.score >= _WORTH_DRAWING] or best[:1]
        return caption(load_image(picture), [(one.label, one.score, numbers.score(one.score)) for one in shown])

    def _repr_html_(self) -> str:
        from edgewright.report import Column, Table

        rows = [(one.label, f"{one.score:.3f}") for one in self.top(_IN_NOTEBOOK)]
        return str(Table("", (Column("label"), Column("score", "right")), rows).to_html())

    def __str__(self) -> str:
        return "; ".join(f"{one.label} {one.score:.2f}" for one in self.top(_IN_NOTEBOOK))


class Classifier:
    """A classifier that is ready to answer. Not for use from two threads at once."""

    def __init__(
        self,
        model: ModelFile,
        opener: Callable[..., Engine],
        preparation: Preparation,
        labels: tuple[str, ...],
        output: OutputMetadata,
        notices: tuple[str, ...],
        *,
        threads: int = 1,
        workers: int | None = None,
    ) -> None:
        """Use `Classifier.open`. `workers`: of a stream, where it is not told how many."""
        self.model = model
        self.labels = labels
        self.notices = notices
        self.preparation = preparation
        self._opener = opener
        self._workers = workers
        self._engine = opener(threads=threads)
        self._output = output
        self._meaning: Meaning | None = "probabilities" if output.meaning == "logits" else output.meaning
        self._dequantize = dequantizer(model.outputs[0])
        self._to_scores = _scoring(output)

    @classmethod
    def open(
        cls,
        model: ModelFile,
        *,
        labels: Labels | None = None,
        locale: str | None = None,
        normalization: Any = None,
        resize: ResizePolicy | None = None,
        crop_fraction: float | None = None,
        interpolation: Interpolation | None = None,
        meaning: Literal["probabilities", "logits"] | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        engine: str = "litert",
        threads: int = 1,
        delegates: Sequence[Delegate | str | os.PathLike[str]] = (),
    ) -> Classifier:
        """Open a classifier; what is given here goes before what the file says of itself.

        labels: the names of the classes, or a file with one a line. locale: which of the file's own labels.
        normalization: (mean, std) for pixels 0 to 255, or a preset. resize, crop_fraction, interpolation: how a
        picture is fitted. meaning: what the outputs are; logits are turned into probabilities by softmax.
        engine, threads, delegates: what runs the model, as for `open_engine`.

        Raises `UsageError` where the model is no classifier of pictures, the labels do not fit, or nothing says how
        its input is prepared.
        """
        spec = _only_output(model)
        described = _described(model, normalization, resize, crop_fraction, interpolation)
        output = model.metadata.outputs[0] if model.metadata.outputs else OutputMetadata()
        output = dataclasses.replace(output, meaning=meaning or output.meaning or _implied_meaning(model))
        given = read_labels(labels) if labels is not None else own_labels(output, locale)
        names, notice = _named(model, lambda: match_labels(given, spec.elements))
        preparation = _named(model, lambda: Preparation.of(model.inputs[0], described, max_pixels=max_pixels))
        opener = partial(open_engine, model, engine=engine, delegates=delegates)
        notices = (notice,) if notice else ()
        # A device such as an Edge TPU can be opened only once.
        workers = 1 if delegates else None
        return cls(model, opener, preparation, names, output, notices, threads=threads, workers=workers)

    @overload
    def __call__(self, inputs: list[Any] | tuple[Any, ...]) -> list[Classification]: ...
    @overload
    def __call__(self, inputs: map[Any] | filter[Any] | Generator[Any, Any, Any]) -> Iterator[Classification]: ...
    @overload
    def __call__(self, inputs: PictureSource) -> Classification: ...
    def __call__(self, inputs: Any) -> Any:
        """Classify one picture, a list of pictures, or lazily what an iterator gives.

        A picture is a path, bytes, a file object, a PIL image, or a uint8 array (height, width[, channels]).
        Raises `DataError` where a picture cannot be read.
        """
        if isinstance(inputs, list | tuple) or (isinstance(inputs, np.ndarray) and inputs.ndim == 4):
            return [self._classify(picture) for picture in inputs]
        if isinstance(inputs, Iterable) and not _is_picture(inputs):
            return map(self._classify, inputs)
        return self._classify(inputs)

    def _classify(self, picture: PictureSource) -> Classification:
        stored = self._engine.run(self.preparation(picture))[0]
        scores = self._to_scores(self._dequantize(stored).astype(np.float32, copy=False).reshape(-1))
        return Classification(scores, self.labels, self._meaning, self._output.score_threshold)

    def stream(
        self, inputs: Iterable[PictureSource], *, workers: int | None = None
    ) -> Generator[Answer[PictureSource, Classification], None, None]:
        """Classify many pictures on all cores, in their order; see `edgewright.task.stream`.

        A picture that cannot be read becomes an answer with an error. `workers` (default: the cores that this process
        may use; 1 with delegates) have an interpreter each, on one thread; the classifier itself can be used meanwhile.
        Raises `UsageError` for less than one worker or for one path in place of pictures.
        """
        return stream(self, inputs, workers=self._workers if workers is None else workers)

    def sibling(self) -> Classifier:
        """Open the same classifier once more, with an interpreter of its own on one thread; nothing is read again."""
        return Classifier(self.model, self._opener, self.preparation, self.labels, self._output, self.notices)

    def close(self) -> None:
        """Free the model's memory."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Classifier({self.model.name!r}, {len(self.labels):,} classes)"


def _is_picture(inputs: object) -> bool:
    """Whether something that can be iterated over is itself one picture."""
    return isinstance(inputs, str | bytes | bytearray | memoryview | os.PathLike | np.ndarray) or hasattr(
        inputs, "read"
    )


def _only_output(model: ModelFile) -> Any:
    if len(model.inputs) != 1 or len(model.outputs) != 1 or model.outputs[0].elements < 2:
        raise UsageError(
            f"{model.name}: a classifier has one input and one row of outputs; this model has {len(model.inputs)} "
            f"inputs and {len(model.outputs)} outputs of shapes {[list(spec.shape) for spec in model.outputs]}"
        )
    return model.outputs[0]


def _implied_meaning(model: ModelFile) -> Meaning | None:
    """What a softmax gives are probabilities, also where the file does not say so."""
    makers = {index: operator for operator in model.ops for index in operator.outputs}
    maker = makers.get(model.main.outputs[0])
    while maker is not None and maker.name in _PASSING_ON:
        maker = makers.get(maker.inputs[0])
    return "probabilities" if maker is not None and maker.name == "SOFTMAX" else None


def _described(
    model: ModelFile,
    given: Any,
    resize: ResizePolicy | None,
    crop_fraction: float | None,
    interpolation: Interpolation | None,
) -> InputMetadata:
    """What the file says of its input, with what the caller says over it."""
    described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    if resize is not None:  # The file's crop belongs to the file's own policy.
        described = dataclasses.replace(described, crop_fraction=None)
    changes: dict[str, Any] = {"resize": resize, "crop_fraction": crop_fraction, "interpolation": interpolation}
    if given is not None:
        changes["mean"], changes["std"] = normalization(given)
    return dataclasses.replace(described, **{key: value for key, value in changes.items() if value is not None})


def _named(model: ModelFile, work: Callable[[], Any]) -> Any:
    """Put the file's name in front of what is wrong with it."""
    try:
        return work()
    except UsageError as error:
        raise UsageError(f"{model.name}: {error}") from None


def _scoring(output: OutputMetadata) -> Callable[[Scores], Scores]:
    """How the output's numbers become scores."""
    steps: list[Callable[[Scores], Scores]] = []
    if output.meaning == "logits":
        steps.append(softmax)
    calibration = output.score_calibration
    if calibration is not None:
        steps.append(lambda scores: calibrate(scores, calibration))

    def to_scores(values: Scores) -> Scores:
        for step in steps:
            values = step(values)
        return values

    return to_scores


open_classifier = Classifier.open
