"""A piece under way: its rows, which come in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edgewright.scale.rows.row import Row


@dataclass
class Piece:
    """The rows of the piece `number`, which has so many inputs as `size` says."""

    number: int
    size: int
    _rows: dict[int, Sequence[Row]] = field(default_factory=dict)

    def add(self, first: int, rows: Sequence[Row]) -> None:
        """Take the rows of the inputs from number `first` on."""
        self._rows[first] = rows

    def is_whole(self) -> bool:
        """Whether each input has its row."""
        return sum(map(len, self._rows.values())) == self.size

    def rows(self) -> list[Row]:
        """All that are there, in the order of the inputs."""
        return [row for first in sorted(self._rows) for row in self._rows[first]]
