"""What has to be fetched is fetched ahead, while the model is at work on the inputs before."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

from edgewright.media import Given

# How many inputs: on the way, or here and waiting for their turn. A store answers in tens of milliseconds, a network
# takes about ten for a picture.
AHEAD = 8
MOST_AHEAD_BYTES = 256 << 20
"""What they may hold together. One alone may have more."""

# How large an input is shows when it is here: it is taken to be as large as the largest of the last ones.
_LAST = 16


class Ahead:
    """Fetches inputs before their turn comes; keeps how large the last ones were."""

    def __init__(self) -> None:
        self._sizes: deque[int] = deque(maxlen=_LAST)

    def fetched(self, sources: Iterable[Any]) -> Iterator[Callable[[], Any]]:
        """For each source, as `source_of` gives it and in their order, what waits for its bytes and returns it.

        That raises the `DataError` of fetching. What is no file object is returned as it is, and costs nothing.
        """
        coming: deque[_Coming] = deque()
        with ThreadPoolExecutor(AHEAD, "edgewright-ahead") as pool:  # which starts no thread before it has to
            for source in sources:
                while coming and not self._has_room(coming):
                    yield coming.popleft().here
                coming.append(self._begun(source, pool))
            while coming:
                yield coming.popleft().here

    def _has_room(self, coming: deque[_Coming]) -> bool:
        expected = max(self._sizes, default=0)
        held = sum(fetching.size(expected) for fetching in coming)
        return len(coming) <= AHEAD and held + expected <= MOST_AHEAD_BYTES

    def _begun(self, source: Any, pool: ThreadPoolExecutor) -> _Coming:
        return _Coming(source, pool.submit(self._fetch, source) if isinstance(source, Given) else None)

    def _fetch(self, source: Given) -> int:
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
        self._sizes.append(size)
        return size


class _Coming(NamedTuple):
    """An input, and where it has to be fetched, that."""

    source: Any
    fetching: Future[int] | None

    def here(self) -> Any:
        """Wait for it. Raises `DataError`."""
        if self.fetching is not None:
            self.fetching.result()
        return self.source

    def size(self, expected: int) -> int:
        """The bytes that it holds, or is expected to hold."""
        if self.fetching is None:
            return 0
        if not self.fetching.done():  # asked once: it may end or fail at any moment
            return expected
        return 0 if self.fetching.exception() is not None else self.fetching.result()
