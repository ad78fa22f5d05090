"""Two models in a row: the first finds things in a picture, the second looks at each of them."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Self

from edgewright.brief import line_of, name
from edgewright.errors import DataError, UsageError
from edgewright.media import DEFAULT_MAX_PIXELS, cut, load_image
from edgewright.task.answering import Answering
from edgewright.task.crop import Crop
from edgewright.task.labels import unknown_label
from edgewright.task.results.chained import Chained, Link

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.task.result import Observation, Result
    from edgewright.task.task import Task


class Chain(Answering[Chained]):
    """A task made of two: the things that the first finds are cut out and given to the second.

    It answers as any task does, and closes both. `first` and `then` are the two tasks, `model` is the first's file,
    `labels` what either of them can say.

    >>> with ew.chain("detector.tflite", "mobilenet.tflite", on=["dog"]) as breeds:
    ...     print(breeds)
    Chain('detector.tflite' detection -> 'mobilenet.tflite' classification, on=['dog'])
    """

    kind = "chain"

    def __init__(
        self,
        first: Answering[Any],
        then: Task[Any],
        *,
        on: Collection[str] | None = None,
        crop: Crop | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
    ) -> None:
        """`on`: labels of the first that the second looks at, all of them without; `crop`: how they are cut out.

        Without `crop` it is as the first model's kind wants it, if it does: palms are turned and grown to hands.

        Things are cut out of the upright original in its full resolution, which has at most `max_pixels`.
        Raises `UsageError` where one of the two takes no pictures, or the first has no such label.
        """
        for task in (first, then):
            if task.input.name != "picture":
                raise UsageError(
                    f"{task.model.name}: a chain is of models of pictures; this one takes {task.input.plural}"
                )
        if isinstance(then, Chain):
            raise UsageError("the second of a chain is one model; put the chain first")
        self.first, self.then = first, then
        self.model, self.input = first.model, first.input
        self.labels = tuple(dict.fromkeys((*first.labels, *then.labels)))
        self.threshold = first.threshold
        ranges = [said for task in (first, then) if (said := getattr(task, "score_range", None)) is not None]
        if len(ranges) == 2:
            self.score_range = (min(low for low, _ in ranges), max(high for _, high in ranges))
        self._on = _checked(on, first)
        self._crop = crop or getattr(first, "crop", None) or Crop()
        self._max_pixels = max_pixels
        self._workers = 1 if 1 in (first._workers, then._workers) else None

    @property
    def notices(self) -> tuple[str, ...]:
        """Those of both."""
        return tuple(dict.fromkeys((*self.first.notices, *self.then.notices)))

    def _answer(self, source: Any) -> Chained:
        picture = _readable_twice(source)
        found: Result = self.first(picture)
        things = list(found.observations())
        wanted = [self._on is None or thing.label in self._on for thing in things]
        if not any(wanted):
            return Chained(found, tuple(map(Link, things)))
        original = load_image(picture, max_pixels=self._max_pixels)
        links = (
            self._link(thing, original) if chosen else Link(thing) for thing, chosen in zip(things, wanted, strict=True)
        )
        return Chained(found, tuple(links))

    def _link(self, thing: Observation, original: Image) -> Link:
        size = original.height, original.width
        part = self._crop.of(thing, size)
        if part is None:
            raise UsageError(f"{self.model.name}: it does not say where things are, so that nothing can be cut out")
        try:
            return Link(thing, self.then.on_part(cut(original, part), part, size))
        except DataError as error:
            return Link(thing, error=str(error))

    def sibling(self) -> Self:
        """Open both once more, with interpreters of their own on one thread; nothing is read again."""
        return type(self)(
            self.first.sibling(), self.then.sibling(), on=self._on, crop=self._crop, max_pixels=self._max_pixels
        )

    def close(self) -> None:
        """Free the memory of both models."""
        try:
            self.first.close()
        finally:
            self.then.close()

    def __repr__(self) -> str:
        links = " -> ".join(f"{name(task.model.name, 30)} {task.kind}" for task in (self.first, self.then))
        return line_of(self, links, f"on={sorted(self._on)}" if self._on is not None else "")


def _checked(on: Collection[str] | None, first: Answering[Any]) -> frozenset[str] | None:
    if on is None:
        return None
    wanted = frozenset((on,) if isinstance(on, str) else on)
    for label in sorted(wanted):
        if first.labels and label not in first.labels:
            raise UsageError(f"{first.model.name}: {unknown_label(label, first.labels)}")
    return wanted


def _readable_twice(source: Any) -> Any:
    """What cannot be read again, such as a pipe, is read whole."""
    if isinstance(source, str | os.PathLike | bytes) or not hasattr(source, "read"):
        return source
    return source if hasattr(source, "seekable") and source.seekable() else source.read()
