"""What SHA-256 a download must have: the published one, else the one of the file that came first.

Where the authors publish none, the digest of the first download is kept beside the model's folder, as `NAME.sha256` in
the form of sha256sum, and every later download is compared with it. It stays when the model is removed.
"""

from __future__ import annotations

import re

from edgewright.errors import HubError
from edgewright.files import write_atomic
from edgewright.hub import cache
from edgewright.hub.model_entry import Entry

_LINE = re.compile(r"([0-9a-f]{64}) {2}(\S+)\n?\Z")


def expected(entry: Entry) -> str:
    """The SHA-256 that the published file must have; "" where none is published and none was recorded yet."""
    return entry.origin.sha256 or recorded(entry)


def recorded(entry: Entry) -> str:
    """The SHA-256 of the first download, "" before that, and where another file was recorded under the same name.

    Raises HubError where the record cannot be read.
    """
    path = cache.record_path(entry.name)
    try:
        found = _LINE.match(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError):
        found = None
    if found is None:
        raise HubError(f"{path}: is no record of a SHA-256. Remove it, and what is downloaded next is recorded")
    return found[1] if found[2] == entry.origin.title else ""


def record(entry: Entry, digest: str) -> None:
    """Keep the SHA-256 of a first download; where one is published there is nothing to keep."""
    if not entry.origin.sha256:
        line = f"{digest}  {entry.origin.title}\n"
        write_atomic(cache.record_path(entry.name), line.encode(), overwrite=True)


def verify(entry: Entry, digest: str, size: int) -> None:
    """Raise HubError unless a fetched file is, byte for byte, what was published or what came first."""
    origin, wanted = entry.origin, expected(entry)
    if (wanted and digest != wanted) or (origin.size and size != origin.size):
        raise HubError(f"{_unlike(entry)}: {size:,} bytes, SHA-256 {digest}; expected {_wanted(entry, wanted)}")


def _unlike(entry: Entry) -> str:
    title = entry.origin.title
    if entry.origin.sha256:
        return f"what arrived is not {title} as published, and nothing of it was kept"
    record = cache.record_path(entry.name)
    return (
        f"what arrived is not the {title} that was recorded here at the first download, and nothing of it was kept (if "
        f"its authors replaced it, remove {record})"
    )


def _wanted(entry: Entry, digest: str) -> str:
    size = entry.origin.size
    return " and ".join(
        part for part in (f"{size:,} bytes" if size else "", f"SHA-256 {digest}" if digest else "") if part
    )
