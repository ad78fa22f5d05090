"""Makes an environment: a Python that is here, and packages of pinned versions whose digests are compared."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edgewright.cache import discard, environments_folder
from edgewright.convert.environments.places import find, home, python_in, record_path
from edgewright.convert.environments.pythons import python_for
from edgewright.convert.environments.tools import Tool, tool
from edgewright.errors import ConversionError, OutputError
from edgewright.files import write_atomic
from edgewright.machine import (
    UNATTENDED,
    VERIFIED,
    Progress,
    alone,
    pip_disk_full,
    pip_environment,
    pip_problem,
    run_in_child,
    silent,
    stage,
)

_WAITING = "waiting for another process that sets it up"
_COLLECTED, _INSTALLING = re.compile(r"Collecting "), re.compile(r"Installing collected packages")


def set_up(name: str, progress: Progress = silent) -> Path:
    """Make the environment `name` unless it is there, and return its Python.

    Packages come from the index that pip is set to, as wheels whose digests are written down here; nothing of them
    runs while they are installed. What a run that was stopped left is made anew.

    Raises `UsageError` for another name, `ConversionError` where no Python fits or pip fails, `OutputError` where the
    disk has no room.
    """
    wanted = tool(name)
    with _explained(environments_folder()):
        environments_folder().mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        with _explained(environments_folder()):
            held.enter_context(alone(environments_folder() / f".lock-{name}", progress, _WAITING))
        return find(name) or _made(wanted, progress)


def _made(wanted: Tool, progress: Progress) -> Path:
    python, folder = python_for(wanted), home(wanted)
    with _explained(folder):
        discard(folder)
    _require_room(wanted)
    with contextlib.ExitStack() as undo:
        undo.callback(discard, folder)
        made = run_in_child(make, wanted, python, folder, progress=progress)
        undo.pop_all()
    return made


def make(wanted: Tool, base: Path, folder: Path, progress: Progress = silent) -> Path:
    """In a child, whose group dies with pip in it: make the environment of a tool in a folder that is not there."""
    python, temporary = python_in(folder), folder / "tmp"
    with _explained(folder):
        temporary.mkdir(parents=True)
        with stage(progress, "making an environment"):
            _run([str(base), "-I", "-m", "venv", str(folder)], wanted, folder, f"{base} cannot make an environment")
        _install(wanted, folder, progress)
        with stage(progress, f"starting {wanted.title}"):
            _run([str(python), "-I", "-c", f"import {wanted.module}"], wanted, folder, "it does not start")
        shutil.rmtree(temporary)
    record = {"tool": wanted.title, "digest": wanted.digest, "python": str(base)}
    write_atomic(record_path(folder), json.dumps(record).encode(), overwrite=True)
    return python


def _install(wanted: Tool, folder: Path, progress: Progress) -> None:
    pins = folder / "pins.txt"
    pins.write_text(wanted.pins, encoding="utf-8")
    options = [*VERIFIED, *UNATTENDED, "--ignore-requires-python", "--requirement", str(pins)]
    pip = [str(python_in(folder)), "-I", "-m", "pip", "install", *options]
    _run(pip, wanted, folder, "", _counting(wanted, progress))


def _counting(wanted: Tool, progress: Progress) -> Callable[[str], None]:
    """What becomes of a line that pip prints: how far it is."""
    lines: list[str] = []

    def count(line: str) -> None:
        if _COLLECTED.match(line):
            lines.append(line)
            progress(f"downloading {wanted.packages} packages", len(lines), wanted.packages)
        elif _INSTALLING.match(line):
            progress("installing them", 0, 0)

    return count


def _run(
    command: Sequence[str], wanted: Tool, folder: Path, failed: str, heard: Callable[[str], None] = lambda _: None
) -> None:
    """Run a program to its end; raises `ConversionError` that says what `failed` and why; "" stands for pip."""
    log: list[str] = []
    settings, piped = pip_environment(folder / "tmp"), subprocess.PIPE
    with subprocess.Popen(command, env=settings, stdout=piped, stderr=subprocess.STDOUT, errors="replace") as program:
        for line in program.stdout or ():
            log.append(line)
            heard(line)
    if program.returncode != 0:
        raise _failure("".join(log), command[0], wanted, failed)


def _failure(log: str, python: str, wanted: Tool, failed: str) -> ConversionError | OutputError:
    if pip_disk_full(log):
        return _no_room(f"the disk is full, {wanted.size:,} bytes are needed")
    where = f"the environment of {wanted.title}"
    if failed:
        return ConversionError(f"{failed}: {(log.strip().splitlines() or ['it said nothing'])[-1]}", where=where)
    return ConversionError(pip_problem(log, python), where=where)


def _require_room(wanted: Tool) -> None:
    free, needed = shutil.disk_usage(environments_folder()).free, wanted.size + wanted.download
    if free < needed:
        raise _no_room(f"{free:,} bytes are free, {needed:,} are needed for {wanted.title}")


def _no_room(message: str) -> OutputError:
    remedy = "Free some, or set EDGEWRIGHT_ENVIRONMENTS"
    return OutputError(message, where=str(environments_folder()), remedy=remedy)


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise OutputError(
            f"{problem.filename or folder}: {problem.strerror}. Environments lie in a folder that can be written; "
            "EDGEWRIGHT_ENVIRONMENTS names another one"
        ) from None
