"""A series into windows of a model's one input: columns chosen, normalized, in the input's layout and type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError, UsageError
from edgewright.media.prepared import Prepared, Windows
from edgewright.media.series.opening import read_series
from edgewright.media.series.series import Series
from edgewright.media.series.windows import rows_in_none, spans_of, window_starts
from edgewright.media.tensor import normalize, quantize
from edgewright.model import InputMetadata, TensorSpec
from edgewright.spelling import argument

Array = npt.NDArray[Any]

HOP = "50%"
"""Where neither the caller nor the file says one: each window shares half its rows with the next."""

_NUMBERS = frozenset({"float32", "float16", "int8", "uint8", "int16", "int32"})

# Clocks of cheap devices are off by a percent or two; a tenth is another rate.
OFF = 0.1


@dataclass(frozen=True)
class SeriesWindows(Windows):
    """Windows of a series. `rows` is its length, `left_out` how many rows are in no window: too near to a gap.

    `normalized` makes the real numbers of a window, float32 in the input's shape, which its tensor is made of.
    """

    normalized: Callable[[int], Array]
    rows: int
    left_out: int


@dataclass(frozen=True)
class SeriesPreparation:
    """How a series becomes windows of an input. `hop` is in seconds, or a share of the window as a text: "50%"."""

    spec: TensorSpec
    described: InputMetadata
    hop: float | str = HOP

    def __post_init__(self) -> None:
        """Raise `UsageError` where what is said does not fit the input."""
        check_hop(self.hop)
        if sum(size != 1 for size in self.spec.shape) > 2 or self.spec.dtype not in _NUMBERS:
            raise UsageError(
                f"its input takes {self.spec.dtype} of the shape {list(self.spec.shape)}; a series has "
                "[1, rows, columns], or all numbers in one row"
            )
        columns = _columns_said(self.described)
        if columns is not None:
            _layout(self.spec, self.described, columns)

    @property
    def layout(self) -> Layout:
        """How a window lies in the input, before any series is seen.

        Raises `UsageError` where all numbers are in one row, and nobody says how many columns they are of.
        """
        columns = _columns_said(self.described)
        sizes = [size for size in self.spec.shape if size != 1]
        if columns is None and len(sizes) == 2:
            columns = sizes[1]
        if columns is None and self.described.window and self.spec.elements % self.described.window == 0:
            columns = self.spec.elements // self.described.window
        if columns is None:
            raise UsageError(
                f"its input takes {self.spec.elements} numbers in one row, and nothing says how many columns they are "
                f"of. Name them with {argument('columns')}"
            )
        return _layout(self.spec, self.described, columns)

    def __call__(self, source: Any) -> Prepared:
        """Prepare one series: windows of it, the first one as `tensors`.

        Raises `DataError` where it cannot be read, is shorter than a window, has other columns or another rate.
        """
        series = read_series(source, self.described.columns)
        layout = _fitting_layout(self.spec, self.described, series)
        rate = _rate(self.described.rate, series)
        starts = window_starts(series, layout.window, hop_rows(self.hop, layout.window, rate))
        if not len(starts):
            raise DataError(_too_short(series, layout.window))

        def normalized(number: int) -> Array:
            return self._real(series.values[starts[number] :][: layout.window], layout)

        windows = SeriesWindows(
            spans_of(series, starts, layout.window, rate),
            lambda number: quantize(normalized(number), self.spec),
            normalized,
            len(series),
            rows_in_none(starts, layout.window, len(series)),
        )
        return Prepared(windows.tensors(0), windows=windows)

    def _real(self, rows: npt.NDArray[np.float32], layout: Layout) -> Array:
        values = normalize(rows, self.described)
        return (values.T if layout.columns_first else values).reshape(self.spec.shape)


@dataclass(frozen=True)
class Layout:
    """`window` rows of `columns` numbers; `columns_first`: the input has a row for each column, as PyTorch has it."""

    window: int
    columns: int
    columns_first: bool = False


def _columns_said(described: InputMetadata) -> int | None:
    """How many columns the file or the caller says there are."""
    if described.columns:
        return len(described.columns)
    return len(described.mean) if len(described.mean) > 1 else None


def _layout(spec: TensorSpec, described: InputMetadata, columns: int) -> Layout:
    """How so many columns lie in an input: [1, window, columns] with more ones, or all in one row.

    Raises `UsageError` where they do not.
    """
    if len(described.mean) not in (0, 1, columns):
        raise UsageError(f"mean and std are for {len(described.mean)} columns, and there are {columns}")
    sizes = [size for size in spec.shape if size != 1]
    layouts = [Layout(sizes[0], columns), Layout(sizes[1], columns, columns_first=True)] if len(sizes) == 2 else []
    layouts = [one for one, size in zip(layouts, reversed(sizes), strict=False) if size == columns]
    if len(sizes) < 2 and spec.elements % columns == 0:
        layouts = [Layout(spec.elements // columns, columns)]
    layouts = [one for one in layouts if described.window in (None, one.window)]
    if not layouts:
        rows = "" if described.window is None else f" of {described.window} rows"
        raise UsageError(
            f"its input has the shape {list(spec.shape)}, in which windows{rows} with {columns} columns do not fit"
        )
    return layouts[0]


def _fitting_layout(spec: TensorSpec, described: InputMetadata, series: Series) -> Layout:
    try:
        return _layout(spec, described, series.values.shape[1])
    except UsageError as problem:
        raise DataError(f"{series.name}: the model takes other series: {problem}") from None


def _rate(said: float | None, series: Series) -> float:
    """Rows a second: as the model wants them, else as the series' own times say."""
    own = series.rate
    if said is None and own is None:
        raise DataError(
            f"{series.name}: nobody says how many rows a second there are. Say it, as in "
            f"{argument('rate', 50)}, or give a column of times"
        )
    if said is not None and own is not None and not same_rate(own, said):
        raise DataError(f"{series.name}: by its times it has {own:.4g} rows a second, and the model takes {said:g}")
    return own or said or 1.0


def same_rate(one: float, other: float) -> bool:
    """Whether two rates, in rows a second, are the same for all that a model cares."""
    return abs(one / other - 1) <= OFF


def hop_rows(hop: float | str, window: int, rate: float) -> int:
    """The hop in rows, at least one, and no more than a window: rows between would be looked at by none."""
    share = isinstance(hop, str) and hop.endswith("%")
    rows = float(str(hop).rstrip("%")) / 100 * window if share else float(hop) * rate
    if round(rows) > window:
        raise DataError(
            f"{argument('hop')} is {hop}, {round(rows)} rows, and a window has {window}: rows between would be left out"
        )
    return max(1, round(rows))


def check_hop(hop: float | str) -> None:
    """Raise `UsageError` for what is no time, nor a share of a window."""
    text = str(hop)
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf") or (text.endswith("%") and number > 100):
        raise UsageError(f"{argument('hop')} is {hop!r}; it is seconds above 0, or a share of the window up to 100%")


def _too_short(series: Series, window: int) -> str:
    rows, whole = len(series), int(series.whole_rows().sum())
    if rows < window:
        return f"{series.name}: {rows:,} rows, and a window has {window:,}"
    missing = f", {rows - whole:,} of them with missing values" if whole < rows else ""
    return f"{series.name}: no {window:,} rows without a gap between, which a window has; there are {rows:,}{missing}"


def describe_series(described: InputMetadata, **said: Any) -> InputMetadata:
    """What a file says of its input, with what the caller says over it. Raises `UsageError` for what makes no sense."""
    import dataclasses

    from edgewright.errors import MetadataError
    from edgewright.media.tensor import normalization

    given = {name: value for name, value in said.items() if value is not None}
    if "normalization" in given:
        given["mean"], given["std"] = normalization(given.pop("normalization"))
    if isinstance(given.get("columns"), str):
        given["columns"] = given["columns"].split(",")
    if "columns" in given:
        given["columns"] = tuple(str(one).strip() for one in given["columns"])
    try:
        return dataclasses.replace(described, **given)
    except (MetadataError, TypeError) as problem:
        raise UsageError(str(problem)) from None
