"""What can be said to a message: replies with scores, the best first, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from edgewright.brief import line_of
from edgewright.errors import UsageError
from edgewright.spelling import either
from edgewright.task.result import Observation

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.report import Table

_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply: its `score` is a cosine, -1 to 1; `index` its place among all; `example` the nearest message."""

    text: str
    score: float
    index: int
    example: str

    def observation(self) -> Observation:
        """The same in the language of all results; the reply is its label."""
        return Observation(self.text, self.score, self.index)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {"label": self.text, "score": self.score, "index": self.index, "example": self.example}


@dataclass(frozen=True, eq=False)
class Replies(Sequence[Reply]):
    """What can be said to a message, the best first; none where no example is near enough.

    `best` is the highest score of all replies, `threshold` the one from which on they are given.

    >>> said = [("what a great film", "Glad to hear it"), ("a boring film", "What a pity")]
    >>> replies = ew.SmartReply("sentences.tflite", said, threshold=0.5)("a great film")
    >>> replies[0].text
    'Glad to hear it'
    """

    replies: tuple[Reply, ...]
    best: float
    threshold: float

    def __len__(self) -> int:
        return len(self.replies)

    @overload
    def __getitem__(self, place: int) -> Reply: ...
    @overload
    def __getitem__(self, place: slice) -> list[Reply]: ...
    def __getitem__(self, place: int | slice) -> Reply | list[Reply]:
        """The reply at a place: 0 is the best."""
        return list(self.replies[place]) if isinstance(place, slice) else self.replies[place]

    def observations(self) -> list[Observation]:
        """The replies, the best first."""
        return [reply.observation() for reply in self.replies]

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values; "replies" is empty where nothing is said."""
        found = [reply.to_dict() for reply in self[:limit]]
        return {"kind": "replies", "threshold": self.threshold, "best": self.best, "replies": found}

    def table(self, limit: int | None = None) -> Table:
        """The replies with their scores as bars, and the nearest message of the examples."""
        from edgewright.report import Column, Sheet, Table, bar, shorten

        found = self[:limit]
        rows = [(reply.text, f"{reply.score:.3f}", bar(reply.score), shorten(reply.example, _SHOWN)) for reply in found]
        values = [(rank, one.index, one.text, one.score, one.example) for rank, one in enumerate(found, 1)]
        columns = (Column("reply"), Column("score", "right"), Column(""), Column("as to"))
        sheet = Sheet(("rank", "index", "label", "score", "example"), values)
        return Table("", columns, rows, "" if found else self._silence(), sheet=sheet)

    def draw(self, picture: PictureSource) -> Image:
        """Raise `UsageError`: a text is no picture."""
        there = either(python="to_dict()", command="what is printed: --json or --csv")
        raise UsageError(f"there is nothing to draw for a text. The replies are in {there}")

    def in_one_line(self, limit: int, first: object = None) -> str:
        """The best replies, or that there is none."""
        return "; ".join(f"{reply.text} {reply.score:.2f}" for reply in self[:limit]) or self._silence()

    def _silence(self) -> str:
        return f"No reply: the nearest scores {self.best:.3f}, and it answers from {self.threshold:.3f} on."

    def __str__(self) -> str:
        return self.in_one_line(len(self))

    def __repr__(self) -> str:
        return line_of(self, self.in_one_line(3))
