"""Which track gets which box: the pairs of least cost altogether."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


def assign(costs: Floats, alone: float) -> Places:
    """The column of each row, (rows,), −1 for a row that stays alone, so that the sum of costs is least.

    `costs` (rows, columns): infinite where the two must not go together, else any number. A row without a column costs
    `alone`; a column without a row costs nothing. Where no two rows want the same column first, that is all there is
    to do; each further row takes time that grows with the number of rows and columns that stand in its way.

    Source: shortest augmenting paths, after Jonker and Volgenant, "A shortest augmenting path algorithm for dense and
    sparse linear assignment problems", Computing 38 (1987), and Crouse, "On implementing 2D rectangular assignment
    algorithms", IEEE Transactions on Aerospace and Electronic Systems 52 (2016).
    """
    rows, columns = costs.shape
    if not rows or not columns:
        return np.full(rows, -1, np.intp)
    # A column of its own for each row: to stay alone.
    padded = np.full((rows, columns + rows), np.inf)
    padded[:, :columns] = costs
    padded[np.arange(rows), columns + np.arange(rows)] = alone
    found = _Search(padded).solve()
    return np.where(found < columns, found, -1)


class _Search:
    """A matching that grows by one row at a time, and the prices that prove that it is the best of its size."""

    def __init__(self, costs: Floats) -> None:
        self._costs = costs
        rows, columns = costs.shape
        self._column_of = np.full(rows, -1, np.intp)
        self._row_of = np.full(columns, -1, np.intp)
        every, first = np.arange(rows), costs.argmin(axis=1)
        self._row_price = costs[every, first]
        self._column_price = np.zeros(columns)
        self._row_of[first] = every  # Of several that want the same one of them has it, and the others are placed.
        has = self._row_of[first] == every
        self._column_of[has] = first[has]

    def solve(self) -> Places:
        for row in np.flatnonzero(self._column_of < 0):
            self._place(int(row))
        return self._column_of

    def _place(self, row: int) -> None:
        """Find the cheapest chain of rows that move over by one column each, so that this row has one."""
        columns = self._costs.shape[1]
        reach = np.full(columns, np.inf)  # What the cheapest chain to a column costs, as far as is known.
        before = np.full(columns, -1, np.intp)  # The row that the chain comes to a column from.
        open_ = np.ones(columns, np.bool_)
        seen: list[int] = []
        at, spent = row, 0.0
        while True:
            through = spent + self._costs[at] - self._row_price[at] - self._column_price
            better = open_ & (through < reach)
            reach[better], before[better] = through[better], at
            column = int(np.where(open_, reach, np.inf).argmin())
            spent = float(reach[column])
            open_[column] = False
            if self._row_of[column] < 0:
                break
            seen.append(column)
            at = int(self._row_of[column])
        self._reprice(row, seen, reach, spent)
        self._move(row, column, before)

    def _reprice(self, row: int, seen: list[int], reach: Floats, spent: float) -> None:
        gained = spent - reach[seen]
        self._row_price[self._row_of[seen]] += gained
        self._column_price[seen] -= gained
        self._row_price[row] += spent

    def _move(self, row: int, column: int, before: Places) -> None:
        while True:
            at = int(before[column])
            self._row_of[column] = at
            self._column_of[at], column = column, int(self._column_of[at])
            if at == row:
                return
