"""An input that is ready for a model, with what is needed to find the way back to the original."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from edgewright.values import dataclass

if TYPE_CHECKING:
    import numpy.typing as npt

    from edgewright.media.pictures.resize import Placement

    Tensors = npt.NDArray[Any] | Mapping[str | int, npt.NDArray[Any]]


@dataclass(frozen=True)
class Windows:
    """An input that is longer than what a model takes at once: several windows of it, each made when its turn comes.

    `spans`: start and end of each, in seconds of a sound or a series. `tensors` makes what an engine takes of the
    window with a number.
    """

    spans: Sequence[tuple[float, float]]
    tensors: Callable[[int], Tensors]

    def __len__(self) -> int:
        return len(self.spans)

    def __iter__(self) -> Iterator[Tensors]:
        return map(self.tensors, range(len(self.spans)))


class ReadText(NamedTuple):
    """A text that became tokens. `whole`: all of it did, and not only as much as the model takes."""

    text: str
    whole: bool


class Prepared(NamedTuple):
    """What goes into a model, and where the original went in it.

    `tensors`: what an engine takes, the stored numbers of the one input or of each by its index. `placement` and
    `original`, (height, width) in pixels of the upright picture, are of pictures only: `placement` leads from the
    input's pixels to the original's, whatever was cropped, padded, turned or decoded smaller. `windows` are of inputs
    that are longer than the model's: each is run, `tensors` is the first, and a decoder gets the outputs of all
    stacked along a new first axis. `text` is of texts only.
    """

    tensors: Tensors
    placement: Placement | None = None
    original: tuple[int, int] | None = None
    windows: Windows | None = None
    text: ReadText | None = None


class Prepare(Protocol):
    """From something that people have (a path, bytes, an array) to what a model takes."""

    def __call__(self, source: Any) -> Prepared:
        """Prepare one input. Raises `DataError` where it cannot be read."""
