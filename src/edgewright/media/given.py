"""An input that is no file: its bytes come when somebody asks for them, in whichever thread that is."""

from __future__ import annotations

import io
from collections.abc import Callable

MOST_BYTES = 256 << 20
"""Of one input; a picture that may be decoded at all has less."""


class Given(io.RawIOBase):
    """A file object over what `fetch` gives, which is called when it is first read.

    `name` is what messages call it, `word` what stands for it in results, and `stem` in the names of files.
    """

    def __init__(self, word: str, name: str, stem: str, fetch: Callable[[], bytes]) -> None:
        super().__init__()
        self.name = name
        self.stem = stem
        self._word = word
        self._fetch = fetch
        self._content: io.BytesIO | None = None

    def __str__(self) -> str:
        return self._word

    def _there(self) -> io.BytesIO:
        if self._content is None:
            self._content = io.BytesIO(self._fetch())
        return self._content

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is: all of it is here once it was asked for."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        return self._there().seek(offset, whence)

    def tell(self) -> int:
        """The place of the next byte."""
        return self._there().tell()

    def read(self, size: int = -1) -> bytes:
        """The next bytes, all without a size."""
        return self._there().read(size)

    def readall(self) -> bytes:
        """All that is left."""
        return self._there().read()

    def readinto(self, buffer: object) -> int:
        """Fill a buffer as far as there is something."""
        return self._there().readinto(buffer)  # type: ignore[arg-type]

    def forget(self) -> None:
        """Let go of the bytes; the next read would fetch them again."""
        self._content = None
