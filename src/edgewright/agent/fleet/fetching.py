"""A bundle fetched from a web server: nothing is lost where a line breaks, and it has no name before it is verified."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from edgewright.agent.delivery.sinks.deadline import Deadline
from edgewright.agent.fleet.settings import UpdateSettings
from edgewright.agent.fleet.wishes import PLAIN, client_for, library
from edgewright.agent.tls import client_context, verdict
from edgewright.bundle import Offer, check_url
from edgewright.errors import EdgewrightError

# An attempt is cut off after so long; the next one goes on where it ended.
_ATTEMPT_S = 3600.0

# Left free beside a bundle: the agent's outbox wants to write, and what is unpacked is checked by the installer.
_SPARE_BYTES = 32_000_000

_MOST_HOPS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# What we lay down ourselves; whatever else is there belongs to others.
_OURS = re.compile(r"[0-9a-f]{64}\.(part|bundle)")


class FetchError(EdgewrightError):
    """A bundle was not fetched; `passes`: for a reason that can pass, so that it is tried again."""

    def __init__(self, reason: str, *, passes: bool) -> None:
        super().__init__(reason)
        self.passes = passes


class Fetching:
    """Fetches bundles into a folder; what was fetched of one is still there at the next start."""

    def __init__(self, folder: Path, settings: UpdateSettings) -> None:
        self._folder, self._settings = folder, settings
        self._httpx = library()
        self._context = client_context(settings.credentials)
        self._deadline = Deadline()
        self._errors = (self._httpx.HTTPError, self._httpx.InvalidURL, ssl.SSLError, OSError, ValueError)

    def fetch(self, offer: Offer, stopping: threading.Event) -> Path | None:
        """The path of the whole, verified file; None where it is stopping. Raises `FetchError`."""
        if offer.size > self._settings.most_bytes:
            limit = self._settings.most_bytes
            raise FetchError(f"it has {offer.size:,} bytes; [updates] takes at most {limit:,} (largest)", passes=False)
        whole, part = (self._folder / f"{offer.sha256}.{end}" for end in ("bundle", "part"))
        self.tidy(keep=offer.sha256)
        begun = _size(part) > 0 or whole.exists()
        if not whole.exists():
            self._check_room(offer, part)
            if not self._fill(offer, part, stopping):
                return None
        self._verify(offer, part, whole, passes=begun)
        return whole

    def tidy(self, keep: str = "") -> None:
        """Remove what was fetched before, but for the bundle with this digest."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            for path in self._folder.iterdir():
                if _OURS.fullmatch(path.name) and path.stem != keep:
                    path.unlink(missing_ok=True)

    def forget(self, sha256: str) -> None:
        """Remove a bundle that is needed no more."""
        with contextlib.suppress(OSError):
            (self._folder / f"{sha256}.bundle").unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the connection."""
        self._deadline.close()

    def _check_room(self, offer: Offer, part: Path) -> None:
        try:
            missing = offer.size - _size(part) + _SPARE_BYTES
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            raise FetchError(f"{self._folder}: {error.strerror}", passes=True) from None
        if free < missing:
            raise FetchError(f"no room: it needs {missing:,} bytes, and {free:,} are free", passes=True)

    def _fill(self, offer: Offer, part: Path, stopping: threading.Event) -> bool:
        """Whether all of it is there; false where it is stopping."""
        try:
            with self._deadline.within(_ATTEMPT_S), contextlib.ExitStack() as opened:
                if _size(part) >= offer.size:
                    return True
                begin, answer = self._answer(offer.url, _size(part), opened)
                return _append(part, begin, offer.size, answer, stopping)
        except self._errors as error:
            raise FetchError(
                verdict(error) or f"it did not come: {error or type(error).__name__}", passes=True
            ) from error

    def _answer(self, url: str, have: int, opened: contextlib.ExitStack) -> tuple[int, Any]:
        """From which byte on the answer has the file, and the answer; it may lie at another address."""
        headers = PLAIN | ({"Range": f"bytes={have}-"} if have else {})
        for _ in range(_MOST_HOPS):
            client = opened.enter_context(self._client(url))
            trace = {"trace": self._deadline.trace}
            answer = opened.enter_context(client.stream("GET", url, headers=headers, extensions=trace))
            code = int(answer.status_code)
            if code == 206 and answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
                return have, answer
            if code == 200:
                return 0, answer
            if code == 416 or (code == 206 and have):
                headers, have = dict(PLAIN), 0
            elif code in _REDIRECTS:
                url = urljoin(url, answer.headers.get("location", ""))
                check_url(url)
            else:
                raise FetchError(f"the server answered {code} {answer.reason_phrase} for {url}", passes=True)
        raise FetchError(f"the server sends from one address to the other, at last to {url}", passes=True)

    def _client(self, url: str) -> Any:
        settings = self._settings
        own = not settings.is_at_broker and urlsplit(url).netloc == urlsplit(settings.source).netloc
        return client_for(self._httpx, settings, self._context, own=own)

    def _verify(self, offer: Offer, part: Path, whole: Path, *, passes: bool) -> None:
        """Give it its name where it is what was named.

        `passes`: that it, or its beginning, is of before and may have been spoiled since; else it is not fetched again.
        """
        try:
            found = whole if whole.exists() else part
            with found.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = _size(found)
            if (size, digest) != (offer.size, offer.sha256):
                found.unlink()
                what = f"{size:,} bytes" if size != offer.size else "another SHA-256"
                raise FetchError(f"{offer.url} is not the bundle that was named: it has {what}", passes=passes)
            found.replace(whole)
        except OSError as error:
            raise FetchError(f"{whole}: {error.strerror}", passes=True) from None


def _append(part: Path, begin: int, size: int, answer: Any, stopping: threading.Event) -> bool:
    """Write what comes behind the first `begin` bytes; a server that sends more than `size` is not listened to."""
    with _opened(part) as file:
        file.truncate(begin)
        file.seek(begin)
        for piece in answer.iter_raw():
            if stopping.is_set():
                return False
            file.write(piece)
            if file.tell() > size:
                break
        file.flush()
        os.fsync(file.fileno())
        if file.tell() < size:
            raise FetchError(f"it broke off after {file.tell():,} of {size:,} bytes", passes=True)
    return True


@contextlib.contextmanager
def _opened(part: Path) -> Iterator[Any]:
    with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600), "r+b") as file:
        yield file


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
