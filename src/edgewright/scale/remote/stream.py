"""A file object over an object of a store: what is read is fetched, in parts that grow while it is read on."""

from __future__ import annotations

import io
from typing import Any

from edgewright.scale.remote.places import Place

# After a long jump as much as a header and a small member have; read on and on, as much as makes up for a round trip.
_FIRST, _MOST = 64 << 10, 4 << 20


class StoredFile(io.RawIOBase):
    """The bytes of an object, from any place; `size` is that of all. Reading raises `DataError`."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.size = place.size()
        self._source = place
        self._place = 0
        self._start = 0
        self._part = b""
        self._ahead = _FIRST

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, without reading."""
        self._place = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.size}[whence])
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as there is something."""
        view = memoryview(buffer).cast("B")
        if not self._start <= self._place < self._start + len(self._part):
            self._fetch(len(view))
        begin = self._place - self._start
        part = self._part[begin : begin + len(view)]
        view[: len(part)] = part
        self._place += len(part)
        return len(part)

    def _fetch(self, wanted: int) -> None:
        goes_on = 0 <= self._place - self._start - len(self._part) <= self._ahead
        self._ahead = min(2 * self._ahead, _MOST) if goes_on else _FIRST
        end = min(self.size, self._place + max(wanted, self._ahead))
        self._part = self._source.read(self._place, end) if self._place < end else b""
        self._start = self._place
