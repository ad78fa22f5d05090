"""A Ray to work on: one that is started here for as long as it is needed, or a cluster that is joined."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from edgewright.errors import ChildError, ClusterError, MissingExtraError, UsageError
from edgewright.machine import Progress, run_in_child, silent, stage, usable_cores
from edgewright.report import printable
from edgewright.scale.clusters.folders import folder_of_ours

# What Ray is told by its environment: it sends nothing to its makers, and logs nothing onto the user's screen.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}

# That it lets in nobody without a token Ray writes down for its programs, and would leave there.
_SET_BY_RAY = "RAY_AUTH_MODE"

# Results pass through it, a few megabytes at a time. Ray's own choice is a third of the memory.
_OBJECTS = 200_000_000

# A cluster far away answers within a second. Ray itself would wait for two minutes, then end the process.
_CONNECT_S, _JOIN_S = 10.0, 60.0

_STARTS = 3

# Sockets lie below Ray's folder, and their paths have no more than 107 bytes.
_LONGEST_FOLDER = 24
_PREFIX = "ew-ray-"

# What Ray says where a cluster lets in only those who have its token, and where one is wanted and not found.
_TOKEN, _NO_TOKEN = "InvalidAuthToken", "AuthenticationError"
_HOW_TO_ENTER = (
    "Set RAY_AUTH_MODE=token, and put the token into ~/.ray/auth_token or into the file that RAY_AUTH_TOKEN_PATH names"
)


@dataclass(frozen=True)
class Session:
    """A Ray that answers: its module, what people call it, how many may work at once, and where workers keep files.

    `folder` is None where each worker's machine says it.
    """

    ray: Any
    name: str
    cores: int
    folder: Path | None = None


@contextmanager
def opened(address: str | None, workers: int | None, progress: Progress = silent) -> Generator[Session, None, None]:
    """Start a Ray here where `address` is None, for so many `workers`, else join the one there, or the "auto" one.

    A Ray that this program is connected to already is used as it is. Raises `MissingExtraError` without Ray, and
    `ClusterError` where it cannot be started or does not answer within a minute.
    """
    with _environment(_QUIET):
        ray = _imported()
        if ray.is_initialized():
            if address not in (None, "auto"):
                raise UsageError(f"this program has joined a Ray already. Call ray.shutdown() to join {address}")
            with _silent(ray):
                yield Session(ray, "Ray", workers or _cores(ray, "Ray"))
            return
        opening = _started(ray, workers) if address is None else _joined(ray, address, workers)
        with _silent(ray), contextlib.ExitStack() as stack:
            with stage(progress, "starting Ray" if address is None else "joining Ray"):
                session = stack.enter_context(opening)
            yield session


def require_ray() -> None:
    """Raise `MissingExtraError` where Ray is missing."""
    from importlib.util import find_spec

    if find_spec("ray") is None:
        raise MissingExtraError("Working on Ray", "ray")


def _imported() -> Any:
    try:
        import ray
    except ImportError:
        raise MissingExtraError("Working on Ray", "ray") from None
    return ray


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """The variables, for as long as the block lasts; what the user says himself stands."""
    missing = {*variables, _SET_BY_RAY} - os.environ.keys()
    os.environ.update({name: value for name, value in variables.items() if name in missing})
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)


@cache
def _ours() -> dict[str, str]:
    """What lets in nobody but us: without it Ray keeps such a token in the user's home, and looks for it there later.

    Ray remembers it until the process ends, so it is one for all that are started here.
    """
    return {"RAY_AUTH_TOKEN": secrets.token_hex(32)}


@contextmanager
def _silent(ray: Any) -> Iterator[None]:
    """Keep Ray from printing, among results on standard output, that workers died: that is told here."""
    worker = sys.modules[f"{ray.__name__}._private.worker"]
    before = getattr(worker, "_worker_logs_enabled", True)
    worker._worker_logs_enabled = False  # type: ignore[attr-defined]
    try:
        yield
    finally:
        worker._worker_logs_enabled = before  # type: ignore[attr-defined]


_LOGGING = {"log_to_driver": False, "logging_level": logging.CRITICAL}


@contextmanager
def _started(ray: Any, workers: int | None) -> Iterator[Session]:
    cores = workers or usable_cores()
    with folder_of_ours(_PREFIX, _parent()) as folder, _environment(_ours()):
        _start(ray, cores, folder)
        with _shutting_down(ray):
            yield Session(ray, "Ray on this machine", cores, folder)


def _start(ray: Any, cores: int, folder: Path) -> None:
    """Start it; its programs wait for each other half a minute, which on a busy machine may be too short once."""
    for left in reversed(range(_STARTS)):
        try:
            ray.init(
                "local", num_cpus=cores, include_dashboard=False, object_store_memory=_OBJECTS, _temp_dir=str(folder),
                **_LOGGING,
            )  # fmt: skip
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as problem:
            ray.shutdown()
            failed = _failed(folder)
            if failed or not left:
                raise ClusterError(f"Ray cannot be started here: {failed or _first_line(problem)}") from None
        else:
            return


def _failed(folder: Path) -> str:
    """What the first of Ray's programs that ended by an error says of it; empty where none did."""
    for log in sorted(folder.glob("session_*/logs/*.err")):
        _, failed, why = log.read_text(encoding="utf-8", errors="replace").partition("Check failed: ")
        if failed:
            return _first_line(why)
    return ""


@contextmanager
def _joined(ray: Any, address: str, workers: int | None) -> Iterator[Session]:
    name = f"Ray at {printable(address)}"
    _check_answers(name, address)
    try:
        run_in_child(_try_to_join, address, timeout=_JOIN_S, env=_QUIET)
    except ChildError as problem:
        raise _silence(name, problem.summary) from None
    with _shutting_down(ray):
        _join(ray, address)
        yield Session(ray, name, workers or _cores(ray, name))


def _try_to_join(address: str) -> None:
    """For a child process: where Ray cannot join, it waits for long, logs, and ends its process."""
    ray = _imported()
    try:
        _join(ray, address)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as problem:
        name = f"Ray at {printable(address)}"
        if _TOKEN in str(problem.__cause__) or type(problem).__name__ == _NO_TOKEN:
            raise ClusterError("it wants a token", where=name, remedy=_HOW_TO_ENTER) from None
        raise _silence(name, _first_line(problem)) from None
    ray.shutdown()


def _join(ray: Any, address: str) -> None:
    ray.init(address, **_LOGGING)


@contextmanager
def _shutting_down(ray: Any) -> Iterator[None]:
    try:
        yield
    finally:
        ray.shutdown()


def _check_answers(name: str, address: str) -> None:
    """Refuse at once an address where nobody listens."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host and address == "auto":
        return
    if not (host and port.isdecimal()):
        raise ClusterError(f"{name}: that is no address. Give HOST:PORT, ray://HOST:PORT or auto")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S).close()
    except (OSError, OverflowError) as problem:
        raise _silence(name, _first_line(problem)) from None


def _silence(name: str, why: str) -> ClusterError:
    remedy = "See with `ray status` on its head whether it runs, and which address it has"
    return ClusterError(f"it does not answer ({why})", where=name, remedy=remedy)


def _cores(ray: Any, name: str) -> int:
    cores = int(ray.cluster_resources().get("CPU", 0))
    if not cores:
        raise ClusterError(f"{name}: no machine in it has a processor core to work with")
    return cores


def _first_line(problem: BaseException | str) -> str:
    text = str(getattr(problem, "strerror", None) or problem) or type(problem).__name__
    return printable(text.strip().partition("\n")[0])[:200]


def _parent() -> Path:
    """Where Ray's folder is made; sockets lie below it."""
    parent = Path(tempfile.gettempdir())
    return parent if len(str(parent)) <= _LONGEST_FOLDER else Path("/tmp")  # noqa: S108 - where Ray's is as well
