"""A download that goes on where it broke off: whole in the end, or an error in one line."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import random
import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from edgewright.errors import HubError, OutputError
from edgewright.files import write_atomic
from edgewright.machine import Progress
from edgewright.media import BrokenOff, RangeRefusedError, by_mirror, moved, web_answer

_ATTEMPTS = 5
# Before the next attempt: so long, then twice as long, and so on, each time off by up to a half so that many clients
# which were thrown out together do not come back together.
_PAUSE_S = 0.5
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)\Z", re.ASCII)
_PACKED = {"gzip", "x-gzip"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A file on the web. size: its bytes, 0 where unknown; limit: bytes that are taken at most; title: for messages.

    checked: a digest of it is known, so a file that was cut off is noticed later, if not here. elsewhere: how another
    host is named, for the error where this one cannot be reached; by default, that of a mirror.
    """

    url: str
    title: str
    size: int
    limit: int
    checked: bool
    elsewhere: str = field(default_factory=by_mirror)

    @property
    def refused(self) -> str:
        """What to do where the server does not have it."""
        return moved(self.elsewhere)


def download(wanted: Wanted, folder: Path, progress: Progress) -> tuple[Path, bool]:
    """Fetch a file into `folder`, which may hold the beginning of it from another time.

    Returns where it is and whether it was put together from more than one answer. Raises HubError where it cannot be
    had (what did arrive stays for the next time, if that is of use), OutputError where it cannot be stored.
    """
    part, resumed = _Part(folder, wanted), False
    for attempt in range(_ATTEMPTS):
        try:
            resumed = _attempt(part, wanted, progress) or resumed
            return _as_published(part, wanted), resumed
        except RangeRefusedError:
            part.clear()
            broken = BrokenOff("the server does not have the rest of the file")
        except BrokenOff as problem:
            broken = problem
            if attempt + 1 < _ATTEMPTS:
                time.sleep(_PAUSE_S * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - not a secret
    raise HubError(_gave_up(broken, part.size, wanted))


def _attempt(part: _Part, wanted: Wanted, progress: Progress) -> bool:
    """One request; True where it went on with what was there."""
    with web_answer(wanted.url, part.rest(), wanted.title, refused=wanted.refused) as (response, chunks):
        total = part.begin(response)
        resumed = part.size > 0
        _check_announced(total, part, wanted)
        for chunk in chunks():
            if part.size + len(chunk) > wanted.limit:
                part.clear()
                raise HubError(f"{wanted.title}: the server sends more than {wanted.limit:,} bytes. Nothing was kept")
            part.append(chunk)
            progress("downloading", part.size, total or wanted.size)
    expected = total or (0 if part.packed else wanted.size)  # of a packed file only its end says that all is here
    if part.size < expected:
        raise BrokenOff(f"the connection was closed after {part.size:,} of {expected:,} bytes")
    return resumed


def _check_announced(total: int | None, part: _Part, wanted: Wanted) -> None:
    """Raise HubError for a length that cannot be the file's."""
    if total is None and not part.ends_by_itself and not wanted.checked:
        raise HubError(
            f"{wanted.title}: the server does not say how long it is, and no SHA-256 is published to compare"
        )
    wrong = total is not None and not part.packed and wanted.size and total != wanted.size
    if wrong or (total or 0) > wanted.limit:
        part.clear()
        expected = f"{wanted.size:,}" if wanted.size else f"at most {wanted.limit:,}"
        raise HubError(f"{wanted.title}: the server announces {total:,} bytes, expected {expected}. Nothing was kept")


class _Part:
    """What is there of a file, and what the server said of it, so that the rest can be asked for."""

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self.path, self.unpacked = folder / "data", folder / "unpacked"
        self._about_path = folder / "about.json"
        self._wanted = wanted
        self._about = _About.read(self._about_path)
        self.ends_by_itself = False
        if self._about.url != wanted.url:
            self.clear()
        self.size = self.path.stat().st_size if self.path.exists() else 0

    @property
    def packed(self) -> bool:
        """Whether the server packed the file for the way, though it was asked not to."""
        return self._about.encoding in _PACKED

    def rest(self) -> dict[str, str]:
        """Headers that ask for the rest, provided that the file is still the same; none where that cannot be told."""
        if not self.size or not self._about.validator:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self._about.validator}

    def begin(self, response: http.client.HTTPResponse) -> int | None:
        """Make ready for the body of an answer: go on, or start anew. Returns the bytes of the whole, if said."""
        self.ends_by_itself = bool(response.chunked)
        if response.status == http.client.PARTIAL_CONTENT:
            return self._go_on(response)
        self.clear()
        self._about = _About.of(response, self._wanted.url)
        with _stored(self._wanted):
            write_atomic(self._about_path, json.dumps(asdict(self._about)).encode(), overwrite=True)
        return response.length

    def _go_on(self, response: http.client.HTTPResponse) -> int | None:
        said = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
        tag = response.headers.get("ETag", "")
        other = tag and not self._about.validator.endswith(" GMT") and tag != self._about.validator
        if said is None or int(said[1]) != self.size or other:
            self.clear()
            raise BrokenOff("the server sent another part of the file than was asked for")
        return None if said[2] == "*" else int(said[2])

    def append(self, data: bytes) -> None:
        """Write what arrived. Raises OutputError; a full disk gets back what was taken of it."""
        try:
            with _stored(self._wanted), self.path.open("ab") as stream:
                stream.write(data)
        except OutputError:
            self.clear()
            raise
        self.size += len(data)

    def clear(self) -> None:
        """Forget all of it."""
        for path in (self.path, self.unpacked, self._about_path):
            path.unlink(missing_ok=True)
        self._about, self.size = _About(), 0


@dataclass(frozen=True, kw_only=True)
class _About:
    """What a server said of a file: where it is, what tells it from another version, how it was packed."""

    url: str = ""
    validator: str = ""
    encoding: str = ""

    @classmethod
    def of(cls, response: http.client.HTTPResponse, url: str) -> _About:
        """RFC 9110, 13.1.5: only a strong entity tag, or else a date, makes sure that a rest belongs to a beginning."""
        tag = response.headers.get("ETag", "")
        validator = tag if tag.startswith('"') else response.headers.get("Last-Modified", "")
        return cls(url=url, validator=validator, encoding=response.headers.get("Content-Encoding", "").lower())

    @classmethod
    def read(cls, path: Path) -> _About:
        """Read what was kept; nothing where it is missing or not whole."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return cls()


def _as_published(part: _Part, wanted: Wanted) -> Path:
    """The file without what a server packed it in for the way; an archive is packed by its authors and stays so."""
    if not part.packed or urlsplit(wanted.url).path.endswith((".tgz", ".gz")):
        return part.path
    inflate, written = zlib.decompressobj(zlib.MAX_WBITS | 16), 0
    try:
        with part.path.open("rb") as packed, _stored(wanted), part.unpacked.open("wb") as stream:
            while written <= wanted.limit and (data := inflate.unconsumed_tail or packed.read(1 << 16)):
                written += stream.write(inflate.decompress(data, 1 << 20))
    except zlib.error as problem:
        part.clear()
        raise HubError(
            f"{wanted.title}: the server packed it, and that is damaged: {problem}. Nothing was kept"
        ) from None
    if written > wanted.limit or not inflate.eof:
        part.clear()
        raise HubError(f"{wanted.title}: the server packed another file, of another size. Nothing was kept")
    return part.unpacked


@contextlib.contextmanager
def _stored(wanted: Wanted) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in _FULL:
            advice = f"the disk is full. Free {wanted.limit:,} bytes, or set EDGEWRIGHT_CACHE"
            raise OutputError(f"{wanted.title}: {advice}") from None
        raise OutputError(f"{problem.filename}: {problem.strerror}. EDGEWRIGHT_CACHE names another folder") from None


def _gave_up(broken: BrokenOff, size: int, wanted: Wanted) -> str:
    if not broken.answered:
        return (
            f"{wanted.title}: {urlsplit(wanted.url).hostname} cannot be reached: {broken}. Check the network and the "
            f"proxy (HTTPS_PROXY); {wanted.elsewhere}"
        )
    kept = f" {size:,} bytes are here; the next attempt goes on from there." if size else " Try again later."
    return f"{wanted.title}: the download broke off {_ATTEMPTS} times, at last so: {broken}.{kept}"
