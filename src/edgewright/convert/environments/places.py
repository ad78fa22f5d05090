"""Where environments are, and which of them is whole and of the versions that are wanted."""

from __future__ import annotations

import json
import os
from pathlib import Path

from edgewright.cache import environments_folder
from edgewright.convert.environments.tools import Tool, tool
from edgewright.errors import MissingEnvironmentError

_RECORD = "edgewright.json"


def find(name: str) -> Path | None:
    """The Python of the environment `name`; None where it is not made, or not of the versions that are wanted now.

    It is to be run with `-I`: variables for this Python must not reach another. Raises `UsageError` for another name.
    """
    wanted = tool(name)
    python = python_in(home(wanted))
    return python if read_record(wanted) == wanted.digest and python.exists() else None


def require(name: str, *, where: str = "") -> Path:
    """Do as `find`; raises `MissingEnvironmentError` that says how to make it. `where` is what needs it, a file."""
    python = find(name)
    if python is None:
        raise _missing(tool(name), where)
    return python


def _missing(wanted: Tool, where: str) -> MissingEnvironmentError:
    state = _state(wanted)
    return MissingEnvironmentError(
        f"{wanted.purpose} takes {wanted.title}, which needs an environment of its own, and that {state}",
        wanted.name,
        where=where,
        remedy=f"Make it: edgewright convert --setup {wanted.name} (about {wanted.download // 10**6} MB to download, "
        f"{wanted.size // 10**6} MB on the disk; edgewright cache removes it)",
    )


def _state(wanted: Tool) -> str:
    """Why an environment cannot be used."""
    if not home(wanted).exists():
        return "is not made yet"
    made_of = read_record(wanted)
    if made_of is None:
        return "is not whole, for making it was stopped or goes on now"
    return "is of another version of Edgewright" if made_of != wanted.digest else "has lost its Python"


def home(wanted: Tool) -> Path:
    """The folder of its environment; it need not exist."""
    return environments_folder() / wanted.name


def python_in(folder: Path) -> Path:
    """The Python of an environment in this folder."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def record_path(folder: Path) -> Path:
    """What is written last, when all else is there."""
    return folder / _RECORD


def read_record(wanted: Tool) -> str | None:
    """The digest of the packages that its environment was made of; None where it is not whole."""
    try:
        stored = json.loads(record_path(home(wanted)).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return stored.get("digest") if isinstance(stored, dict) else None
