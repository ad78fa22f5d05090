"""The constant data of a model: one view per buffer, wherever in the file it lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgewright.errors import FormatError
from edgewright.model.storage.flatbuffer import Table


class Buffers:
    """The bytes of each buffer; empty where a tensor has no constant data.

    Files above 2 GiB keep their buffers behind the flatbuffer: `offset` and `size` lead there.
    """

    def __init__(self, tables: Sequence[Table] | None, data: bytes) -> None:
        """Raise `FormatError` where a buffer leads outside of the file."""
        self._views = [_view(table, index, memoryview(data)) for index, table in enumerate(tables or ())]

    def __len__(self) -> int:
        return len(self._views)

    def __getitem__(self, index: int) -> memoryview:
        return self._views[index]

    def __iter__(self) -> Iterator[memoryview]:
        return iter(self._views)


def _view(table: Table, index: int, data: memoryview) -> memoryview:
    offset, size = table["offset"], table["size"]
    if offset > 1:
        if offset + size > len(data):
            raise FormatError(f"buffer {index} lies at bytes {offset} to {offset + size}, and the file has {len(data)}")
        return data[offset : offset + size]
    return table["data"].data if table["data"] else memoryview(b"")
