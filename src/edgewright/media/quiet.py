"""Keeping Pillow's warnings and log lines away from the user: what matters of them becomes an error of ours."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

# Without any handler, Python prints log lines of level WARNING to stderr. A handler of the application still gets them.
logging.getLogger("PIL").addHandler(logging.NullHandler())


class _Silence:
    """Warning filters belong to the whole process: the first thread in sets them, the last one out restores them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._saved = warnings.catch_warnings()

    def enter(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._saved = warnings.catch_warnings()
                self._saved.__enter__()
                warnings.filterwarnings("ignore", module=r"PIL\.")
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._saved.__exit__(None, None, None)


_SILENCE = _Silence()


@contextmanager
def quiet() -> Iterator[None]:
    """Ignore warnings raised inside Pillow, from any number of threads at once; other warnings stay as they are."""
    _SILENCE.enter()
    try:
        yield
    finally:
        _SILENCE.leave()
