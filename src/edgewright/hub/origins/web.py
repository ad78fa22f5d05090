"""Origin: a file on the web, or one inside an archive there. Nothing of it is run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edgewright.errors import HubError, UsageError
from edgewright.files import sha256_of
from edgewright.hub.downloading import Wanted, download
from edgewright.hub.tables import made
from edgewright.hub.unpacking import member
from edgewright.machine import Progress
from edgewright.spelling import argument

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, kw_only=True)
class WebOrigin:
    """The file at `url`, of `size` bytes with `sha256`; what the authors do not say is 0 or "".

    limit: without a size, bytes that are downloaded at most. member: the wanted file, where the one at `url` is a .zip
    or .tgz.
    """

    url: str
    size: int = 0
    limit: int = 0
    sha256: str = ""
    member: str = ""

    def __post_init__(self) -> None:
        """Raise HubError for an address that is not https, a digest that is none, and where no size is stated."""
        parts = urlsplit(self.url)
        if parts.scheme != "https" or not parts.hostname or any(sign.isspace() for sign in self.url):
            raise HubError(f"origin.url is {self.url!r}; an address that begins with https:// is expected")
        if self.sha256 and not _SHA256.match(self.sha256):
            raise HubError(f"origin.sha256 is {self.sha256!r}, which is none")
        if (self.size > 0) == (self.limit > 0) or min(self.size, self.limit) < 0:
            raise HubError(
                "origin.size says how many bytes there are; where nobody knows, origin.limit how many at most"
            )
        if self.size:
            object.__setattr__(self, "limit", self.size)

    @property
    def title(self) -> str:
        """The address."""
        return self.url

    @property
    def resumes(self) -> bool:
        """Always."""
        return True

    def fetch(self, folder: Path, progress: Progress, mirror: str = "") -> Path:
        """Download it into `folder`, going on with what is there of it.

        mirror: takes the place of the address's host; without one, EDGEWRIGHT_MIRROR does, if that is set. What was put
        together from several answers and is not what it should be is fetched once more, in one piece.
        """
        wanted = Wanted(
            url=mirrored(self.url, mirror or os.environ.get("EDGEWRIGHT_MIRROR", "")),
            title=self.title,
            size=self.size,
            limit=self.limit,
            checked=bool(self.sha256),
        )
        fetched, resumed = download(wanted, folder, progress)
        if resumed and self.sha256 and sha256_of(fetched) != self.sha256:
            for path in folder.iterdir():
                path.unlink()
            fetched, _ = download(wanted, folder, progress)
        return fetched

    def data(self, fetched: Path) -> bytes:
        """The file itself, or its member."""
        return member(fetched, self.member, self.title) if self.member else fetched.read_bytes()


def mirrored(url: str, mirror: str) -> str:
    """`url` with the host of `mirror`, in front of whose path that of `url` stands no longer; itself without a mirror.

    >>> mirrored("https://example.com/a/b.tflite?generation=1", "http://10.0.0.1:8080/models/")
    'http://10.0.0.1:8080/models/a/b.tflite?generation=1'

    Raises UsageError for a mirror that is no address.
    """
    if not mirror:
        return url
    try:
        parts = urlsplit(mirror)
    except ValueError:  # brackets that are not closed
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UsageError(
            f"the mirror is {mirror!r}; an address such as https://models.example.com is expected "
            f"({argument('mirror')}, EDGEWRIGHT_MIRROR)"
        )
    original = urlsplit(url)
    return mirror.rstrip("/") + original.path + (f"?{original.query}" if original.query else "")


def read(table: Mapping[str, Any]) -> WebOrigin:
    """Make one of an entry's table; raises HubError."""
    return made(WebOrigin, table, "origin")
