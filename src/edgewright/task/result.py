"""The one language of results: what every task says of an input, whatever the task is.

Rules, tracks and counts look at `Observation`s, programs at `to_dict`, people at `table` and `draw`.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from edgewright.brief import brief
from edgewright.errors import UsageError
from edgewright.values import dataclass

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

    from edgewright.media import Box, Keypoints
    from edgewright.report import Table
    from edgewright.task.streaming import Answer


_JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that a model says: a label, how sure it is, and where that is.

    `index` is the label's place in the model's output. `box` and `keypoints` are in pixels of the original, upright
    picture; `span` is (start, end) in seconds from the start of the sound, or in characters of a text; `track` is the
    number of the thing that is followed through pictures. What a task does not say is None.

    >>> best = ew.load("mobilenet.tflite")("photo.jpg").observations()[0]
    >>> best.label, best.index
    ('macaw', 89)
    """

    label: str
    score: float
    index: int
    box: Box | None = None
    keypoints: Keypoints | None = None
    span: tuple[float, float] | None = None
    track: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is not said is left out."""
        plain: dict[str, Any] = {"label": self.label, "score": self.score, "index": self.index}
        if self.box is not None:
            plain |= {"box": list(self.box.xyxy)} | ({"angle": self.box.angle} if self.box.angle else {})
        if self.keypoints is not None:
            plain["keypoints"] = dict(zip(self.keypoints.names, self.keypoints.points.tolist(), strict=True))
        if self.span is not None:
            plain["span"] = list(self.span)
        if self.track is not None:
            plain["track"] = self.track
        return plain

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Observation:
        """Read what `to_dict` wrote. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        return cls(
            label=str(plain["label"]),
            score=float(plain["score"]),
            index=int(plain["index"]),
            box=_box(plain) if "box" in plain else None,
            keypoints=_keypoints(plain["keypoints"]) if "keypoints" in plain else None,
            span=(float(plain["span"][0]), float(plain["span"][1])) if "span" in plain else None,
            track=int(plain["track"]) if "track" in plain else None,
        )

    __repr__ = brief


@runtime_checkable
class Result(Protocol):
    """What a task answers for one input.

    >>> for model, picture in (("mobilenet.tflite", "photo.jpg"), ("detector.tflite", "animals.jpg")):
    ...     result = ew.load(model)(picture)
    ...     print(result.to_dict()["kind"], result.observations()[0].label)
    classification macaw
    detection cat
    """

    def observations(self) -> Sequence[Observation]:
        """All that was observed, the best first."""

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain JSON values; "kind" names the task, and so the form. At most `limit` entries of a ranking."""

    def table(self, limit: int | None = None) -> Table:
        """For people. Its `to_sheet()` is for programs: rows of values with a header of their own."""

    def draw(self, picture: Any) -> Image:
        """The input, as the task took it, with what was found on it. Raises `UsageError` where nothing can be drawn.

        Results of pictures may have an option `max_pixels`, the limit for reading them: by default 100 million.
        """


def observations_of(result: Result, labels: Collection[str]) -> list[Observation]:
    """Those observations of a result that have one of the labels, the best first.

    A result may have a method of this name where making all of its observations would take long: a classifier of a
    thousand classes is asked for one of them with every picture.
    """
    search = getattr(result, "observations_of", None)
    if search is not None:
        return list(search(labels))
    return [observation for observation in result.observations() if observation.label in labels]


def best_of(result: Result, most: int) -> Sequence[Observation]:
    """The best observations of a result that are worth showing, at most so many.

    A result may have a method `top(k)` where not all of its observations are.
    """
    top = getattr(result, "top", None)
    shown: Sequence[Observation] = top(most) if top is not None else result.observations()[:most]
    return shown


def in_one_line(result: Result, limit: int, first: Result | None = None) -> str:
    """The first entries of a result in one line: "macaw 0.98; kite 0.01". `first` is that of the first of many inputs.

    A result may have a method of this name, with the limit and the first result, where observations are not what it
    says.
    """
    from edgewright.report import numbers

    own = getattr(result, "in_one_line", None)
    if own is not None:
        return str(own(limit, first))
    shown = (f"{observation.label} {numbers.score(observation.score)}" for observation in best_of(result, limit))
    return "; ".join(shown) or "nothing"


def as_document(answer: Answer[Any, Result], limit: int) -> dict[str, Any]:
    """What programs are told of one of many inputs: what it is called, then its result, or the error.

    `limit` as for `Result.to_dict`. An input that has a `position` (in a video, in seconds) is told with it.
    """
    said = {"error": str(answer.error)} if answer.result is None else answer.result.to_dict(limit)
    position = getattr(answer.input, "position", None)
    return {"input": str(answer.input), **({} if position is None else {"position": position}), **said}


def called(observation: Observation) -> str:
    """What a thing is called for people: its label, and its number where it is followed and has one."""
    return observation.label if observation.track is None else f"{observation.label} #{observation.track}"


def tracks_of(ids: npt.NDArray[np.int64] | None, count: int) -> list[int | None]:
    """The number of each of so many things, None for what has none: −1, or all where nothing is followed."""
    return [None] * count if ids is None else [None if number < 0 else number for number in ids.tolist()]


def drawn(result: Result, source: Any, max_pixels: int | None = None) -> Image:
    """The input with a result drawn on it; `max_pixels` for results of pictures that have this option."""
    picture: Image = result.draw(source, **_limit(result.draw, max_pixels))
    return picture


def files_of(result: Result, source: Any, max_pixels: int | None = None) -> dict[str, bytes]:
    """What is saved of the result of one input, by the suffix of its name: the picture with what was found on it.

    A result may have a method of this name, with the source of the input, where something else says more than a
    picture. `max_pixels`: as large as a picture may be. Raises `UsageError` where there is nothing to save.
    """
    own = getattr(result, "files_of", None)
    if own is not None:
        return dict(own(source, **_limit(own, max_pixels)))
    return {".jpg": encoded(drawn(result, source, max_pixels), "JPEG")}


def blurred_files_of(result: Result, source: Any, max_pixels: int | None = None) -> dict[str, bytes]:
    """The picture with what was found blurred, in its own size, without anything that came along in its file.

    `max_pixels`: as large as it may be. Raises `UsageError` for results that frame nothing.
    """
    blur = getattr(result, "blur", None)
    if blur is None:
        raise UsageError("nothing can be blurred: the model frames no things. A detector of faces does")
    return {".jpg": encoded(blur(source, **_limit(blur, max_pixels)), "JPEG")}


def _limit(method: Callable[..., Any], max_pixels: int | None) -> dict[str, int]:
    """The limit as a method takes it: results of others, and of what is no picture, may know none."""
    if max_pixels is None or "max_pixels" not in inspect.signature(method).parameters:
        return {}
    return {"max_pixels": max_pixels}


def encoded(picture: Image, form: str) -> bytes:
    """A picture as the bytes of a file, "JPEG" or "PNG"; nothing goes along but its pixels."""
    stream = io.BytesIO()
    picture = picture.copy()
    picture.info = {}  # Pillow would write an original's comment and color profile into the new file.
    picture.save(stream, form, quality=_JPEG_QUALITY)
    return stream.getvalue()


def _box(plain: Mapping[str, Any]) -> Box:
    from edgewright.media import Box

    x0, y0, x1, y1 = map(float, plain["box"])
    return Box(x0, y0, x1, y1, float(plain.get("angle", 0.0)))


def _keypoints(plain: Mapping[str, Sequence[float]]) -> Keypoints:
    import numpy as np

    from edgewright.media import Keypoints

    return Keypoints(np.array(list(plain.values()), np.float32).reshape(-1, 3), tuple(plain))
