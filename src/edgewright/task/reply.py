"""Smart reply: what others replied to messages like this one, and silence where there were none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of, name
from edgewright.errors import UsageError
from edgewright.machine import Progress, silent
from edgewright.spelling import argument
from edgewright.task.answering import Answering
from edgewright.task.results.replies import Replies, Reply

if TYPE_CHECKING:
    from edgewright.task.results.embedding import Embedding

MOST_EXAMPLES = 5_000
"""So many are compared with each other in seconds; a person has written fewer."""

_REPLIES = 3
# A reply's score is the mean over so many of its messages: one odd example does not decide, nor do many far ones.
_NEAREST = 3
_BLOCK = 256

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


class Replier(Answering[Replies]):
    """Answers a message with the replies that were given to messages like it.

    Each reply of the examples stands for the messages to which it was given. Its score for a message is the mean cosine
    to the three nearest of them; the best three replies are given whose score reaches `threshold`.
    """

    kind = "replies"
    threshold: float

    def __init__(
        self,
        embed: Answering[Embedding],
        examples: Sequence[tuple[str, str]],
        *,
        threshold: float | None = None,
        progress: Progress = silent,
    ) -> None:
        """`embed` compares texts, and is closed by this; `examples` are (message, reply).

        Without `threshold` it is worked out: each example is left out once and answered by the others, and once more
        with all of its reply left out, where every answer is wrong. The threshold is the one at which most more are
        answered rightly than wrongly.
        Raises `UsageError` for a model that compares no texts, and for examples that are no pairs, or too many.
        """
        if embed.kind != "text-embedding":
            raise UsageError(
                f"{embed.model.name}: smart reply needs a model that compares texts (text-embedding), not {embed.kind}"
            )
        if threshold is not None and not isinstance(threshold, int | float):
            raise UsageError(f"threshold is {threshold!r}; smart reply has one number for all replies")
        if threshold is not None and not -1 <= threshold <= 1:
            raise UsageError(f"{argument('threshold')} is {threshold:g}; texts are alike from -1 to 1")
        self._embed = embed
        self._examples = _Examples.of(embed, _checked(examples), progress)
        self.model, self.input, self._workers = embed.model, embed.input, embed._workers
        self.labels = self._examples.replies
        self.threshold, self._said = (threshold, "") if threshold is not None else self._examples.threshold()

    @property
    def notices(self) -> tuple[str, ...]:
        """Those of the model, and how the threshold was found."""
        return (*self._embed.notices, *([self._said] if self._said else []))

    def _answer(self, source: Any) -> Replies:
        embedding: Embedding = self._embed(source)
        likeness = self._examples.vectors @ embedding.vector.astype(np.float64)
        scores = self._examples.scores(likeness)
        order = [int(place) for place in np.argsort(-scores, kind="stable")[:_REPLIES]]
        found = [self._reply(place, scores, likeness) for place in order if scores[place] >= self.threshold]
        return Replies(tuple(found), float(scores.max()), self.threshold)

    def _reply(self, place: int, scores: Floats, likeness: Floats) -> Reply:
        own = np.flatnonzero(self._examples.classes == place)
        nearest = int(own[np.argmax(likeness[own])])
        return Reply(self.labels[place], float(scores[place]), place, self._examples.messages[nearest])

    def sibling(self) -> Self:
        """Open the same once more, with an interpreter of its own on one thread; the examples are shared."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._embed = self._embed.sibling()
        return other

    def close(self) -> None:
        """Free the memory of the model."""
        self._embed.close()

    def __repr__(self) -> str:
        counts = f"{len(self._examples.messages):,} examples of {len(self.labels):,} replies"
        return line_of(self, name(self.model.name), counts, f"threshold {self.threshold:.3f}")


@dataclass(frozen=True, eq=False)
class _Examples:
    """Messages as unit vectors (n, d), and which of the `replies` was given to each: `classes` (n,)."""

    messages: tuple[str, ...]
    vectors: Floats
    classes: Indices
    replies: tuple[str, ...]

    @classmethod
    def of(cls, embed: Answering[Embedding], pairs: list[tuple[str, str]], progress: Progress) -> _Examples:
        vectors = []
        for done, (message, _) in enumerate(pairs, 1):
            vectors.append(embed(message).vector)
            progress("examples", done, len(pairs))
        replies = tuple(dict.fromkeys(reply for _, reply in pairs))
        places = {reply: place for place, reply in enumerate(replies)}
        classes = np.array([places[reply] for _, reply in pairs], np.int64)
        return cls(tuple(message for message, _ in pairs), np.array(vectors, np.float64), classes, replies)

    def scores(self, likeness: Floats) -> Floats:
        """The score of each reply, (replies,), of the cosines to all messages, (n,); -1 where none has a number."""
        order = np.lexsort((-likeness, self.classes))
        classes, values = self.classes[order], likeness[order]
        counts = np.bincount(classes, minlength=len(self.replies))
        rank = np.arange(len(order)) - (np.cumsum(counts) - counts)[classes]
        near = (rank < _NEAREST) & np.isfinite(values)
        sums = np.bincount(classes[near], values[near], minlength=len(self.replies))
        taken = np.bincount(classes[near], minlength=len(self.replies))
        return np.where(taken > 0, sums / np.maximum(taken, 1), -1.0)

    def threshold(self) -> tuple[float, str]:
        """The threshold, and how it came about in a sentence."""
        found = [self._left_out(place, likeness) for place, likeness in enumerate(self._likenesses())]
        alone, unknown = (
            np.array(values, np.float64) for values in ([one[0] for one in found], [one[2] for one in found])
        )
        right = np.array([is_right for _, is_right, _ in found])
        value = _dividing(np.concatenate([alone, unknown]), np.concatenate([right, np.zeros(len(found), np.bool_)]))
        answered, wrongly = alone >= value, int((unknown >= value).sum())
        if not (answered & right).any():
            return value, (
                f"its model does not tell these {len(found):,} examples apart: none is answered rightly by the others. "
                f"It answers from a score of {value:.3f} on only"
            )
        return value, (
            f"it answers from a score of {value:.3f} on: of {len(found):,} examples, each left out in turn, "
            f"{int((answered & right).sum()):,} are answered rightly so, {int((answered & ~right).sum()):,} wrongly; "
            f"{wrongly:,} where all with the same reply are left out"
        )

    def _likenesses(self) -> Iterator[Floats]:
        """The cosines of each message to all, (n,); in blocks, which take a fraction of the time of one by one."""
        for start in range(0, len(self.vectors), _BLOCK):
            yield from self.vectors[start : start + _BLOCK] @ self.vectors.T

    def _left_out(self, place: int, likeness: Floats) -> tuple[float, bool, float]:
        """Answer an example by the others: the best score and whether that is its reply's; the best of all but that.

        The latter is what a message gets whose reply is not among the examples.
        """
        likeness[place] = -np.inf
        scores, own = self.scores(likeness), int(self.classes[place])
        best = int(np.argmax(scores))
        others = np.delete(scores, own)
        return float(scores[best]), best == own, float(others.max(initial=-1.0))


def _dividing(scores: Floats, right: npt.NDArray[np.bool_]) -> float:
    """The score at and above which most more answers are right than wrong; of several the highest.

    It lies half-way to the next lower score. Where all are wrong, it is half-way between the highest and 1.
    """
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    gain = np.cumsum(np.where(right[order], 1, -1))
    ends = np.append(falling[1:] < falling[:-1], True)
    best = int(np.argmax(np.where(ends, gain, -len(scores) - 1)))
    if gain[best] <= 0:
        return float((falling[0] + 1) / 2)
    below = falling[best + 1] if best + 1 < len(falling) else falling[best]
    return float((falling[best] + below) / 2)


def _checked(examples: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    pairs = [pair for pair in examples if isinstance(pair, tuple | list) and len(pair) == 2]
    texts = [(message, reply) for message, reply in pairs if isinstance(message, str) and isinstance(reply, str)]
    if not examples or len(texts) != len(examples):
        raise UsageError("examples are pairs of texts, (message, reply), and at least one")
    if len(texts) > MOST_EXAMPLES:
        raise UsageError(f"{len(texts):,} examples; at most {MOST_EXAMPLES:,} are compared with each other")
    return texts
