"""Keeping the warnings of Pillow and libtiff away from the user: what matters of them becomes an error of ours."""

from __future__ import annotations

import ctypes
import importlib
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

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


@cache
def silence_libtiff() -> None:
    """Stop libtiff from printing to stderr what is wrong with a file; Pillow raises it anyway.

    Pillow has no setting for that. The library is reached through Pillow's own module, which is linked to it; where it
    cannot be, nothing changes.
    """
    library = ctypes.CDLL(importlib.import_module("PIL._imaging").__file__)
    for setter in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        function = getattr(library, setter, None)
        if function is not None:
            function.argtypes, function.restype = (ctypes.c_void_p,), ctypes.c_void_p
            function(None)
