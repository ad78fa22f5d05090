"""CSV tables of texts: a text and a label in each line, below a header that says so."""

from __future__ import annotations

from pathlib import Path

from edgewright.data.dataset import Dataset
from edgewright.data.format import ReadOptions
from edgewright.data.formats.file_tables import (
    LABEL_NAMES,
    PATH_NAMES,
    SUFFIXES,
    cell,
    column_of,
    first_line,
    numbers_or_names,
    read_rows,
)
from edgewright.data.labels import named_indices
from edgewright.errors import DataError
from edgewright.media import one_line

_TEXT_NAMES = ("text", "sentence", "review", "message", "comment", "document")


class TextTable:
    """`text,label` in the first line, among others or in another order, then a text and its class in each.

    Labels are names of classes or, where all are whole numbers, class indices. Without a column of labels nobody
    labeled them.
    """

    name = "texts"
    expects = "a .csv file whose first line is text,label"

    def recognizes(self, path: Path, head: bytes) -> bool:
        """Tell by the suffix, and by the names of the columns: a text, and no file."""
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            return False
        header = first_line(path)
        return column_of(header, _TEXT_NAMES) is not None and column_of(header, PATH_NAMES) is None

    def open(self, path: Path, options: ReadOptions) -> Dataset:
        """Read the texts. Raises DataError that names the line where a row is wrong."""
        header, *rows = read_rows(path)
        text_column, label_column = column_of(header[1], _TEXT_NAMES), column_of(header[1], LABEL_NAMES)
        if not rows or text_column is None:
            raise DataError(f"{one_line(path)}: no rows below the header. Expected {self.expects}")
        texts = tuple(cell(path, row, text_column) for row in rows)
        name, origin = one_line(path.name), one_line(path)
        if label_column is None:
            if options.labeled:
                raise DataError(f"{one_line(path)}: no column 'label'. Expected {self.expects}")
            return Dataset(texts, None, (), name, origin)
        found = named_indices(numbers_or_names([cell(path, row, label_column) for row in rows]), origin)
        return Dataset(texts, found.y, found.classes, name, origin, notices=found.notices)


FORMAT = TextTable()
