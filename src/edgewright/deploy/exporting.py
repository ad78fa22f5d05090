"""`export`: a model with all that is around it, as a folder that works in another runtime."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from edgewright.deploy.description import Description, describe
from edgewright.documents import json_text, parse_json
from edgewright.errors import OutputError, UsageError
from edgewright.files import replace_folder
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile, ModelLike, read_model
from edgewright.registry import Registry
from edgewright.spelling import argument

ENTRY_POINTS = "edgewright.exports"

RECORD = "edgewright-export.json"
"""The file in every exported folder that says what it is; only a folder that has it is ever replaced."""

_FORMAT, _MOST_BYTES_OF_RECORD = 1, 1 << 20


@dataclass(frozen=True)
class Written:
    """What a target makes of a model.

    `files`: path in the folder, with slashes -> content. `proven`, `unproven`: what was shown here by running it, and
    what could not be, one sentence each. `start`: how to begin in the folder, one line, where `{folder}` stands for it.
    `facts`: plain values, such as the size of an arena.
    """

    files: Mapping[str, bytes]
    proven: tuple[str, ...]
    unproven: tuple[str, ...]
    start: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.files:
            parts = PurePosixPath(path).parts
            if not parts or ".." in parts or path == RECORD or path != "/".join(parts) or path.startswith("/"):
                raise OutputError(f"a target has no good name for a file: {path!r:.100}")


class Target(Protocol):
    """Another runtime, one file in `deploy/targets/`, or an object that another package names in `edgewright.exports`.

    `name` is what `--for` calls it, `title` what a person calls it.
    """

    name: str
    title: str

    def write(self, described: Description, progress: Progress) -> Written:
        """Make the folder's files.

        Raises `UsageError` for a task it has no code for, `ModelError` where the runtime does not run the model.
        """


@dataclass(frozen=True)
class Exported:
    """A folder that was written: `model` for `target`, and what the target says of it, as in `Written`.

    `files` are paths in the folder.
    """

    folder: Path
    target: str
    title: str
    model: ModelFile
    files: tuple[str, ...]
    proven: tuple[str, ...]
    unproven: tuple[str, ...]
    start: str
    facts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        own = {key: value for key, value in vars(self).items() if key != "model"}
        return own | {"folder": str(self.folder), "model": self.model.name, "facts": dict(self.facts)}


_ROOM = "edgewright.deploy.targets"
_targets: Registry[Target] = Registry(
    "target of export",
    ENTRY_POINTS,
    {name: f"{_ROOM}.{name}:TARGET" for name in ("python", "web", "android", "ios", "java", "micro")},
    made=True,
    protocol="edgewright.deploy.exporting:Target",
)

register_export = _targets.register
export_names = _targets.in_order


def export(
    model: ModelLike,
    out: str | os.PathLike[str],
    *,
    target: str,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Exported:
    """Write a folder with which another runtime runs the model: code, labels and preparation of this very file.

    `target` is one of `export_names()`. The folder appears whole or not at all; with `overwrite` it takes the place of
    one that was exported before, if nothing else has come to lie in that.

    Raises `UsageError` for an unknown target and a task that it has no code for, `ModelError` where its runtime does
    not run the model, `OutputError` where the folder cannot be written or holds what was not exported.

    >>> made = ew.export("mobilenet.tflite", "script", target="python")
    >>> made.files
    ('labels.txt', 'model.tflite', 'predict.py', 'edgewright-export.json')
    """
    chosen, folder = _targets.get(target), Path(out)
    _check_folder(folder, overwrite=overwrite)
    opened = read_model(model)
    written = chosen.write(describe(opened), progress)
    made = Exported(
        folder,
        chosen.name,
        chosen.title,
        opened,
        (*sorted(written.files), RECORD),
        written.proven,
        written.unproven,
        written.start.replace("{folder}", shlex.quote(str(folder))),
        written.facts,
    )
    _write(folder, {**written.files, RECORD: _record(made, written)}, overwrite=overwrite)
    return made


def _record(made: Exported, written: Written) -> bytes:
    """What lies in the folder, and what was proven of it."""
    said: dict[str, Any] = {"target": made.target, "model": made.model.name, "sha256": made.model.sha256}
    said |= {"proven": made.proven, "unproven": made.unproven, "facts": made.facts}
    files = {path: hashlib.sha256(content).hexdigest() for path, content in sorted(written.files.items())}
    return f"{json_text({'format': _FORMAT, **said, 'files': files}, indent=2)}\n".encode()


def _check_folder(folder: Path, *, overwrite: bool) -> None:
    """Refuse before the work what is not there to be written to."""
    try:
        if folder.exists() and not folder.is_dir():
            raise OutputError("is a file", where=str(folder), remedy="Name a folder")
        if not folder.absolute().parent.is_dir():
            raise OutputError("its folder does not exist", where=str(folder), remedy="Make it first")
        if folder.is_dir() and any(folder.iterdir()):
            _check_replaceable(folder, overwrite=overwrite)
        if not os.access(Path(os.path.realpath(folder)).parent, os.W_OK | os.X_OK):
            raise OutputError("no permission to write beside it", where=str(folder), remedy="Choose another folder")
    except ValueError:
        raise OutputError("a name cannot contain a null character", where=repr(str(folder))) from None
    except OSError as error:
        raise OutputError(f"cannot be read: {error.strerror}", where=str(folder)) from None


def _check_replaceable(folder: Path, *, overwrite: bool) -> None:
    """Refuse to replace what was not exported; a folder that was may be replaced when that is asked for."""
    exported = _files_of_record(folder)
    if exported is None:
        raise OutputError("is not empty, and was not exported", where=str(folder), remedy="Choose another folder")
    if not overwrite:
        remedy = f"Choose another folder, or replace it ({argument('overwrite', True)})"
        raise OutputError("was exported already", where=str(folder), remedy=remedy)
    theirs = sorted(path for path in _paths_in(folder) if path not in exported)
    if theirs:
        more = f" and {len(theirs) - 1:,} more" if len(theirs) > 1 else ""
        raise OutputError(
            f"holds what was not exported: {theirs[0]}{more}", where=str(folder), remedy="Move it elsewhere first"
        )


def _files_of_record(folder: Path) -> set[str] | None:
    """The files that were exported into a folder, the record among them; None if it has no record."""
    try:
        with (folder / RECORD).open("rb") as stream:
            said = parse_json(stream.read(_MOST_BYTES_OF_RECORD), most_bytes=_MOST_BYTES_OF_RECORD)
    except (OSError, ValueError):
        return None
    files = said.get("files") if isinstance(said, dict) and said.get("format") == _FORMAT else None
    return {RECORD, *map(str, files)} if isinstance(files, dict) else None


def _paths_in(folder: Path) -> list[str]:
    """All that lies in a folder and is no folder itself, a link to one included; what is empty counts as nothing."""
    found = []
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        found += [Path(place, name).relative_to(folder).as_posix() for name in (*links, *files)]
    return found


def _write(folder: Path, files: Mapping[str, bytes], *, overwrite: bool) -> None:
    """Write all beside the folder, to the disk, then give it the name; what was there goes once the new one has it."""
    target = Path(os.path.realpath(folder))
    try:
        with tempfile.TemporaryDirectory(prefix=".edgewright-", dir=target.parent) as place:
            fresh = Path(place, "fresh")
            for path, content in files.items():
                _write_file(fresh / path, content)
            fresh.chmod(0o777 & ~_umask())
            _check_folder(folder, overwrite=overwrite)  # again: the work may have taken minutes
            replace_folder(fresh, target)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=str(folder)) from None


def _write_file(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def check_task(described: Description, *tasks: str, target: str) -> None:
    """Raise `UsageError` unless a model is for one of these tasks, and its input and outputs are understood."""
    if described.obstacles and described.task in tasks:
        raise UsageError(described.obstacles[0])
    if described.task not in tasks or described.decoding is None:
        raise UsageError(
            f"{described.model.name}: {target} has code for {' and '.join(tasks)}; this model's task is "
            f"{described.task}{'' if described.decoding else ', in a form whose outputs are not finished'}"
        )


def plain(text: str) -> str:
    """A text of a stranger, such as a model's name, for a comment in code of any language: at most 80 plain signs."""
    return re.sub(r"[^A-Za-z0-9 ._+-]", "_", text)[:80]


def labels_file(labels: tuple[str, ...]) -> bytes:
    r"""The labels one a line in UTF-8, each line ended by "\n"; a label with line breaks gets spaces for them."""
    return "".join(re.sub(r"[\r\n]", " ", label) + "\n" for label in labels).encode("utf-8", "replace")
