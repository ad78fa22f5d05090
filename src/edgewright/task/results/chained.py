"""What two models in a row say of one picture: the things that the first found, each with what the second says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from edgewright.brief import brief, line_of
from edgewright.task.result import Observation, drawn, in_one_line, tracks_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

    from edgewright.media import Box, PictureSource
    from edgewright.report import Table
    from edgewright.task.result import Result

_CORNERS = ("x0", "y0", "x1", "y1")


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """One thing: `found` is what the first model says of it, `then` the second's result for its crop.

    `then` is None where the second was not asked, or where it could not answer: `error` says why. All places in either
    are in pixels of the original picture.
    """

    found: Observation
    then: Result | None = None
    error: str = ""

    @property
    def label(self) -> str:
        """The second's label where it has one, else the first's."""
        return next((said.label for said in self.observations()), self.found.label)

    @property
    def score(self) -> float:
        """How sure the model is whose label that is."""
        return next((said.score for said in self.observations()), self.found.score)

    @property
    def box(self) -> Box | None:
        """Where the first found it."""
        return self.found.box

    def observations(self) -> list[Observation]:
        """What both say in one: those of the second that have a place of their own, or its best at the first's place.

        Where the second says nothing, what the first says; nothing where the second looks for the thing's points and
        finds that there is no such thing.
        """
        said = _best(self.then)
        if not said and _joins(self.then):
            return []
        if placed := _placed(said):
            return placed
        return [self._named(said[0]) if said and said[0].label else self.found]

    def _named(self, said: Observation) -> Observation:
        found = self.found
        return Observation(
            said.label, said.score, said.index, box=found.box, keypoints=found.keypoints, track=found.track
        )

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values: those of the first, and below "then" those of the second."""
        failed = {"error": self.error} if self.error else {}
        return self.found.to_dict() | {"then": None if self.then is None else self.then.to_dict(limit)} | failed

    __repr__ = brief


@dataclass(frozen=True, eq=False)
class Chained(Sequence[Link]):
    """What two models in a row say of one picture: a `Link` for each thing that the first found, in its order.

    `first` is the first's own result.

    >>> found = ew.chain("detector.tflite", "mobilenet.tflite")("animals.jpg")
    >>> found[0].found.label, found[0].then[0].label
    ('cat', 'Egyptian cat')
    """

    first: Result
    links: tuple[Link, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.links)

    @overload
    def __getitem__(self, place: int) -> Link: ...
    @overload
    def __getitem__(self, place: slice) -> list[Link]: ...
    def __getitem__(self, place: int | slice) -> Link | list[Link]:
        """The thing at a place of the first's ranking: 0 is the best."""
        return list(self.links[place]) if isinstance(place, slice) else self.links[place]

    @property
    def size(self) -> tuple[int, int] | None:
        """The original's (height, width), where the first model's result says it."""
        return getattr(self.first, "size", None)

    def observations(self) -> list[Observation]:
        """Each thing with the second's label where it has one, at the first's place; the best first."""
        return list(self._observations)

    def observations_of(self, labels: Collection[str]) -> list[Observation]:
        """What has one of the labels, whichever of the two says it: a robin is a bird still; the best first.

        A thing of which both say one of them is there twice, in the same place.
        """
        said = [one for link in self.links for one in (*link.observations(), link.found) if one.label in labels]
        return sorted(dict.fromkeys(said), key=lambda one: -one.score)

    def followed(self) -> list[Observation]:
        """What is followed through pictures: the things that the first found."""
        return [link.found for link in self.links]

    def with_tracks(self, ids: npt.NDArray[np.int64]) -> Chained:
        """The same with the number of each thing that is followed, (n,), −1 where it has none."""
        links = zip(self.links, tracks_of(ids, len(self)), strict=True)
        return replace(
            self, links=tuple(replace(link, found=replace(link.found, track=track)) for link, track in links)
        )

    def found_and_said(self) -> list[tuple[Observation, Observation]]:
        """Each thing that has a place, as the first found it, and what is said of it in the end; in the first's order.

        Who follows things goes by the first: its boxes are the steady ones, and the second may change its mind.
        """
        pairs = [(link.found, link.observations()) for link in self.links if link.found.box is not None]
        return [(found, said[0]) for found, said in pairs if said and said[0].box is not None]

    @cached_property
    def _observations(self) -> list[Observation]:
        said = [one for link in self.links for one in link.observations()]
        return sorted(said, key=lambda one: -one.score)

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values; "first" is the kind of the first's result, and "found" has at most `limit` things."""
        first = self.first.to_dict(0)
        size: dict[str, Any] = {name: first[name] for name in ("width", "height") if name in first}
        return {
            "kind": "chain",
            "first": first["kind"],
            **size,
            "found": [link.to_dict(limit) for link in self[:limit]],
        }

    @cached_property
    def _joined(self) -> Result | None:
        """What the second says of all things as one result, where its results can be joined; else None."""
        said: list[Any] = [link.then for link in self.links if link.then is not None]
        joined: Result | None = said[0].joined_with(said[1:]) if said and all(map(_joins, said)) else None
        return joined

    def table(self, limit: int | None = None) -> Table:
        """Each thing with what both say of it, and where it is, in whole pixels; or the points the second gives.

        Where the second finds things of its own, each of these has a line, with its own place.
        """
        if self._joined is not None:
            return self._joined.table(limit)
        from edgewright.report import Column, Sheet, Table

        shown = self[:limit]
        lines = [(rank, link, said) for rank, link in enumerate(shown, 1) for said in _lines(link)]
        rows = [_row(link, said) for _, link, said in lines]
        values = [(rank, *_values(link, said)) for rank, link, said in lines]
        header = ("rank", "index", "label", "score", "then_index", "then_label", "then_score", *_CORNERS)
        columns = (
            Column("label"), Column("score", "right"), Column("then"), Column("score", "right"),
            *(Column(name, "right") for name in _CORNERS),
        )  # fmt: skip
        failed = sum(bool(link.error) for link in shown)
        note = (
            f"{failed:,} of them could not be looked at: {next(link.error for link in shown if link.error)}"
            if failed
            else ""
        )
        return Table("", columns, rows, note if shown else "Nothing was found.", sheet=Sheet(header, values))

    def draw(self, picture: PictureSource, *, max_pixels: int | None = None) -> Image:
        """The picture, a PIL image in RGB, with a box around each thing and what the second says of it, or points."""
        if self._joined is not None:
            return drawn(self._joined, picture, max_pixels)
        from edgewright.media import draw_boxes, load_image

        boxes = [framed for link in reversed(self.links) for framed in _framed(link)]
        return draw_boxes(load_image(picture, max_pixels=max_pixels), boxes)

    def __str__(self) -> str:
        return "; ".join(map(_text, self.links)) or "nothing"

    def __repr__(self) -> str:
        return line_of(self, f"{len(self)} of {self.first!r}")


def _joins(result: Result | None) -> bool:
    """Whether a result is one of figures with points, of which several in a picture are one result again."""
    return hasattr(result, "joined_with")


def _best(result: Result | None) -> Sequence[Observation]:
    """What a result says, without what is not worth saying; of a ranking only the first."""
    if result is None:
        return ()
    top = getattr(result, "top", None)
    best: Sequence[Observation] = top(1) if top is not None else result.observations()
    return best


def _placed(said: Sequence[Observation]) -> list[Observation]:
    """Those that have a place of their own."""
    return [seen for seen in said if seen.box is not None or seen.keypoints is not None]


def _framed(link: Link) -> list[tuple[Box, str, int]]:
    """What is drawn of a thing: its box with what the second says of it, over those that the second finds."""
    from edgewright.report import numbers

    said = _best(link.then)
    own = [
        (seen.box, f"{seen.label} {numbers.score(seen.score)}", seen.index)
        for seen in reversed(_placed(said))
        if seen.box is not None
    ]
    if link.box is None:
        return own
    if own:
        return [(link.box, f"{link.found.label} {numbers.score(link.found.score)}", link.found.index), *own]
    return [(link.box, _shortly(link), said[0].index if said else link.found.index)]


def _lines(link: Link) -> Sequence[Observation | None]:
    """What the second says in a table: all things that it finds, or its best; None where it says nothing."""
    said = _best(link.then)
    return _placed(said) or said[:1] or (None,)


def _text(link: Link) -> str:
    from edgewright.report import numbers

    said = in_one_line(link.then, 1) if _best(link.then) and link.then is not None else ""
    first = f"{link.found.label} {numbers.score(link.found.score)}"
    return f"{first}: {said}" if said else first


def _shortly(link: Link) -> str:
    """What the second says, or the first where that says nothing."""
    return in_one_line(link.then, 1) if link.then is not None and _best(link.then) else _text(link)


def _row(link: Link, said: Observation | None) -> tuple[str | float | None, ...]:
    then = (said.label, f"{said.score:.3f}") if said else (None, None)
    return (link.found.label, f"{link.found.score:.3f}", *then, *_places(_box(link, said), rounded=True))


def _values(link: Link, said: Observation | None) -> tuple[str | int | float | None, ...]:
    found = link.found
    then = (said.index, said.label, said.score) if said else (None, None, None)
    return (found.index, found.label, found.score, *then, *_places(_box(link, said), rounded=False))


def _box(link: Link, said: Observation | None) -> Box | None:
    return said.box if said is not None and said.box is not None else link.box


def _places(box: Box | None, *, rounded: bool) -> tuple[float | None, ...]:
    if box is None:
        return (None,) * len(_CORNERS)
    return tuple(map(round, box.xyxy)) if rounded else box.xyxy
