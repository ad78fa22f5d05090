"""Files that fail in a way that may pass, as those of a network's file system do: they are read again."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from edgewright.errors import DataError

T = TypeVar("T")

_PAUSES_S = (0.5, 1.0, 2.0)
_PASSING = frozenset({errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH})


def patiently(read: Callable[[], T]) -> T:
    """What `read` returns, with up to four attempts where the system says what may pass. Raises its `DataError`."""
    for pause in _PAUSES_S:
        try:
            return read()
        except DataError as error:
            if not any(isinstance(cause, OSError) and cause.errno in _PASSING for cause in _causes(error)):
                raise
        time.sleep(pause)
    return read()


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause = error.__cause__ or error.__context__
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
