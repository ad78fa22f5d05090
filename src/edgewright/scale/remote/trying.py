"""Calls of somebody else's store: they end in time, are made again where that may help, and fail in one line."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from edgewright.errors import DataError, EdgewrightError
from edgewright.media import BrokenOff
from edgewright.report import printable
from edgewright.scale.remote.addresses import shown, without_secrets

T = TypeVar("T")

TRIES = 4
MOST_S = 120.0
"""As long as one call may take, with all that is tried again."""

# Before the next attempt, then twice as long; each off by up to a half, so that a hundred machines which were refused
# together do not come back together.
_PAUSE_S = 0.5
# What another attempt does not change.
_LASTING = (
    FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, NotImplementedError, ImportError,
    ValueError, TypeError, LookupError, AttributeError, EdgewrightError,
)  # fmt: skip
# Of packages that are not imported here.
_LASTING_NAMES = frozenset({"NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError"})


def tried(address: str, call: Callable[[], T], *, what: str = "it cannot be fetched") -> T:
    """What a call returns, with up to four attempts within 120 seconds.

    Raises `DataError` that names the address, and says `what` failed, for whatever the call raises.
    """
    end = time.monotonic() + MOST_S
    for attempt in range(1, TRIES + 1):
        problem = _problem(future := _begun(call), end)
        if problem is None:
            return future.result()
        pause = _PAUSE_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
        if attempt == TRIES or _is_lasting(problem) or time.monotonic() + pause > end:
            raise _error(address, problem, attempt, what) from problem
        time.sleep(pause)
    raise AssertionError("unreachable")


def _begun(call: Callable[[], T]) -> Future[T]:
    """The call in a thread of its own: one that hangs is left, and does not hold up the end of the process."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - somebody's store: whatever it raises, judged by who waits
            future.set_exception(error)

    threading.Thread(target=run, name="fetching", daemon=True).start()
    return future


def _problem(future: Future[T], end: float) -> BaseException | None:
    """What the call raised, None where it returned."""
    try:
        return future.exception(max(0.0, end - time.monotonic()))
    except TimeoutError as late:
        return late


def _is_lasting(problem: BaseException) -> bool:
    return isinstance(problem, _LASTING) or type(problem).__name__ in _LASTING_NAMES


def _error(address: str, problem: BaseException, attempts: int, what: str) -> Exception:
    if isinstance(problem, EdgewrightError):
        return problem
    if isinstance(problem, FileNotFoundError):
        return DataError(f"{shown(address)}: there is nothing at this address")
    if isinstance(problem, PermissionError) or (_is_lasting(problem) and type(problem).__name__ in _LASTING_NAMES):
        remedy = "The settings of its store, in the environment, have the credentials"
        return DataError(f"{shown(address)}: no permission to read it ({_reason(problem)}). {remedy}")
    again = f", tried {attempts} times" if attempts > 1 else ""
    return DataError(f"{shown(address)}: {what} ({_reason(problem)}{again})")


def _reason(problem: BaseException) -> str:
    if isinstance(problem, TimeoutError) and not str(problem):
        return f"nothing came within {MOST_S:g} seconds"
    if isinstance(problem, BrokenOff):
        return str(problem)
    text = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return printable(without_secrets(str(text)))[:200]
