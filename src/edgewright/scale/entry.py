"""One input as the listing has it: its name, and where its bytes are."""

from __future__ import annotations

import json
from typing import NamedTuple, Self

from edgewright.documents import json_text
from edgewright.errors import DataError


class Entry(NamedTuple):
    """An input: a file by its path, one by its address (`s3://…`), or a part of an archive.

    `name` is what results call it. Of a part of an archive, `archive` is that one's path or address, `offset` and
    `size` are in bytes.
    """

    name: str
    archive: str | None = None
    offset: int = 0
    size: int = 0

    def to_line(self) -> str:
        """The line of the listing that stands for it, with its end: a text, or a list for a part of an archive."""
        return json_text(self.name if self.archive is None else list(self)) + "\n"

    @classmethod
    def of_line(cls, line: str) -> Self:
        """Read it back. Raises `DataError` for what is no such line."""
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        match found:
            case str(name):
                return cls(name)
            case [str(name), str(archive), int(offset), int(size)]:
                return cls(name, archive, offset, size)
        raise DataError(f"the listing has a line that is none: {line[:80]!r}")
