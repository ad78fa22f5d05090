"""What an embedder says of one input: where it lies among all others, as a vector of unit length."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of
from edgewright.errors import DataError, UsageError
from edgewright.spelling import either

if TYPE_CHECKING:
    from PIL.Image import Image

    from edgewright.media import PictureSource
    from edgewright.report import Table
    from edgewright.task.result import Observation

Vector = npt.NDArray[np.float32]

# So many values are shown to people: they mean nothing one by one.
_SHOWN = 6


@dataclass(frozen=True, eq=False)
class Embedding:
    """One input as a vector: inputs that are alike lie in nearly the same direction.

    `vector` (n,) float32, of unit length; all zeros where the model gave nothing but zeros. `norm` is the length that
    it had as the model's output. `kind` names the task that made it: "embedding", "text-embedding".

    >>> embed = ew.load("embedder.tflite")
    >>> parrot, cat = embed(["photo.jpg", "cat.bmp"])
    >>> parrot.similarity(parrot) > parrot.similarity(cat)
    True
    """

    vector: Vector = field(repr=False)
    norm: float
    kind: str = "embedding"

    @classmethod
    def of(cls, values: npt.NDArray[Any], kind: str = "embedding") -> Embedding:
        """Make one of a model's real numbers, of any shape. Raises `DataError` for NaN and infinity."""
        flat = values.reshape(-1).astype(np.float64)
        norm = float(np.sqrt(flat @ flat))
        if not np.isfinite(norm):
            raise DataError("the model's output has values that are no finite numbers: nothing can be compared with it")
        return cls((flat / norm if norm else flat).astype(np.float32), norm, kind)

    def similarity(self, other: Embedding | npt.NDArray[Any]) -> float:
        """The cosine of the angle between the two: 1 for the same direction, 0 for nothing in common, at least -1.

        0 where one of them is all zeros. Raises `UsageError` where the other has another length: it is of another
        model.
        """
        theirs = np.asarray(other.vector if isinstance(other, Embedding) else other, np.float64).reshape(-1)
        if theirs.shape != self.vector.shape:
            raise UsageError(
                f"{len(self):,} values cannot be compared with {theirs.size:,}: both have to come from one model"
            )
        ours = self.vector.astype(np.float64)
        lengths = float(np.sqrt((ours @ ours) * (theirs @ theirs)))
        return float(np.clip(ours @ theirs / lengths, -1, 1)) if lengths else 0.0

    def __len__(self) -> int:
        return len(self.vector)

    def observations(self) -> Sequence[Observation]:
        """None: a direction has no label, and so nothing that a rule could look for."""
        return ()

    def to_dict(self, limit: int | None = None) -> dict[str, Any]:
        """Plain values; the vector is whole, since part of one cannot be compared."""
        return {"kind": self.kind, "dimension": len(self), "norm": self.norm, "vector": self.vector.tolist()}

    def table(self, limit: int | None = None) -> Table:
        """How many values there are, and the first few. The sheet has them all, in one row."""
        from edgewright.report import Column, Sheet, Table

        rows = [
            ("values", f"{len(self):,}"),
            ("length before it was made 1", f"{self.norm:.4g}"),
            ("first values", self._first()),
        ]
        sheet = Sheet([f"v{place}" for place in range(len(self))], [self.vector.tolist()])
        return Table("", (Column(""), Column("")), rows, sheet=sheet)

    def in_one_line(self, limit: int, first: object = None) -> str:
        """How much it is like that of the first input of a run; of the first itself, its first values."""
        if isinstance(first, Embedding) and first is not self:
            return f"{self.similarity(first):.3f} like the first"
        return str(self)

    def draw(self, picture: PictureSource) -> Image:
        """Raise `UsageError`: there is nothing to be seen in a vector."""
        saved = either(python="np.save(path, found.vector) saves it", command="-o FOLDER saves it as .npy")
        raise UsageError(f"an embedding is a vector and cannot be drawn. {saved}")

    def files_of(self, source: object) -> dict[str, bytes]:
        """The vector as NumPy's own file."""
        content = io.BytesIO()
        np.save(content, self.vector, allow_pickle=False)
        return {".npy": content.getvalue()}

    def _first(self) -> str:
        shown = ", ".join(f"{value:.3f}" for value in self.vector[:_SHOWN].tolist())
        return f"{shown}{', …' if len(self) > _SHOWN else ''}"

    def _repr_html_(self) -> str:
        return str(self.table().to_html())

    def __str__(self) -> str:
        return f"{len(self):,} values: {self._first()}"

    def __repr__(self) -> str:
        return line_of(self, f"{len(self):,} numbers", f"norm {self.norm:.4g}", self._first())
