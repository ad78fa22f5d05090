"""The files around a graph: which of them are its own, and a folder that has those and a graph of ours."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from edgewright.convert.sources.safety import Finding

GRAPH = "saved_model.pb"
_FINGERPRINT = "fingerprint.pb"
_VARIABLES = re.compile(r"variables\.(index|data-\d{5}-of-\d{5})")


def file_findings(folder: Path) -> tuple[Finding, ...]:
    """Links of the files that are needed which lead out of the folder: they would read what is not the model's."""
    leaving = _leaving(folder, [folder / GRAPH, folder / "variables", folder / "assets"])
    leaving = leaving or _leaving(folder, [*_variables(folder), *_assets(folder)])
    return tuple(Finding(f"file {str(path.relative_to(folder))!r}", "is a link out of the folder") for path in leaving)


def own_folder(folder: Path, data: bytes, assets: Sequence[str]) -> Path:
    """A folder of ours with this graph, and of the given one the variables, and those of its assets that are named."""
    copy = Path(tempfile.mkdtemp())
    (copy / GRAPH).write_bytes(data)
    (copy / "variables").mkdir()
    for path in _variables(folder):
        (copy / "variables" / path.name).symlink_to(path.resolve())
    (copy / "assets").mkdir()
    for path in _assets(folder):
        if str(path.relative_to(folder / "assets")) in assets:
            (copy / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy / path.relative_to(folder))
    return copy


def with_graph(folder: Path, data: bytes) -> Path:
    """A folder with this graph and, by links, all else of the given one, which is trusted."""
    copy = Path(tempfile.mkdtemp())
    (copy / GRAPH).write_bytes(data)
    for item in folder.iterdir():
        if item.name not in (GRAPH, _FINGERPRINT):
            (copy / item.name).symlink_to(item.resolve(), target_is_directory=item.is_dir())
    return copy


def _leaving(folder: Path, paths: Sequence[Path]) -> list[Path]:
    inside = folder.resolve()
    return [path for path in paths if not path.resolve().is_relative_to(inside)]


def _variables(folder: Path) -> Iterator[Path]:
    inside = folder / "variables"
    return (path for path in (sorted(inside.iterdir()) if inside.is_dir() else ()) if _VARIABLES.fullmatch(path.name))


def _assets(folder: Path) -> Iterator[Path]:
    return (path for path in sorted((folder / "assets").rglob("*")) if path.is_file())
