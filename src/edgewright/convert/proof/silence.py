"""Keeps TensorFlow and Keras quiet in the caller's own process while a model is exported there."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator

_lock = threading.RLock()
_LOGGERS = ("tensorflow", "absl", "keras")


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Lead descriptors 1 and 2 into a file while the block runs, and hold back log lines and warnings.

    `sys.stdout` and `sys.stderr` are led away too: in a notebook they are not the descriptors.

    One thread at a time: others that want the same wait. What foreign threads print meanwhile is lost with the rest,
    and an exception of the block passes through untouched.
    """
    with _lock, warnings.catch_warnings(), _quiet_loggers(), _without_bytecode(), _without_descriptors():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _quiet_loggers() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def _without_bytecode() -> Iterator[None]:
    """TensorFlow imports code that it writes into the temporary folder, and would leave its bytecode there."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


@contextlib.contextmanager
def _without_descriptors() -> Iterator[None]:
    _flush()
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(tempfile.TemporaryFile())
        for descriptor in (1, 2):
            try:
                own = os.dup(descriptor)
            except OSError:
                continue  # closed already: nothing can be printed there
            stack.callback(_put_back, own, descriptor)
            os.dup2(sink.fileno(), descriptor)
        stack.callback(_flush)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield


def _put_back(own: int, descriptor: int) -> None:
    os.dup2(own, descriptor)
    os.close(own)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
