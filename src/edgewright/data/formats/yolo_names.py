"""The few lines of YOLO's data.yaml that say what the classes are called and where the pictures are.

Only these are read, so that no YAML library is needed: `names` as a list or by number, and the paths of the splits.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from edgewright.data.formats.boxes import is_file
from edgewright.errors import DataError
from edgewright.media import file_errors, one_line

_MAX_BYTES = 1024**2
_KEY = re.compile(r"^([A-Za-z_]+)\s*:\s*(.*)$")
_ITEM = re.compile(r"^\s*(?:-|(\d+)\s*:)\s+(.+)$")
_FLOW = re.compile(r"""\s*(?:(\d+)\s*:\s*)?("(?:[^"\\]|\\.)*"|'[^']*'|[^,'"\[\]{}]+)\s*(?:,|$)""")


class YoloSet(NamedTuple):
    """The names of the classes, none where nobody said them, and the folder of each split ("val")."""

    names: tuple[str, ...]
    splits: dict[str, str]


def read_yaml(path: Path) -> YoloSet:
    """Read data.yaml. Raises DataError where the names are written in another way."""
    names: list[tuple[str, str]] = []
    splits: dict[str, str] = {}
    inside = ""
    for line in _lines(path):
        if found := _KEY.match(line):
            inside, value = found[1], "" if found[2].startswith("#") else found[2].strip()
            if inside == "names" and value:
                names = _flow(value, path)
            elif value:
                splits[inside] = _bare(value)
        elif inside == "names" and line.strip():
            names.append(_item(line, path))
    return YoloSet(_in_order(names, path), splits)


def read_names(folder: Path) -> tuple[str, ...]:
    """The names in `classes.txt`, one a line, that labeling tools put beside the labels; none without that file."""
    path = folder / "classes.txt"
    return tuple(line.strip() for line in _lines(path) if line.strip()) if is_file(path) else ()


def _lines(path: Path) -> list[str]:
    with file_errors(path):
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{one_line(path)}: over the limit of {_MAX_BYTES} bytes for names of classes")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [line.rstrip() for line in lines if not line.lstrip().startswith("#")]


def _item(line: str, path: Path) -> tuple[str, str]:
    found = _ITEM.match(line)
    if found is None:
        raise DataError(f"{one_line(path)}: names: {one_line(line.strip())[:40]!r}. Expected '- cat' or '0: cat'")
    return found[1] or "", _bare(found[2])


def _flow(value: str, path: Path) -> list[tuple[str, str]]:
    """`[cat, dog]` or `{0: cat, 1: dog}`."""
    body = re.sub(r"\s+#.*$", "", value)
    if body[:1] + body[-1:] not in ("[]", "{}"):
        raise DataError(f"{one_line(path)}: names: {one_line(value)[:40]!r}. Expected [cat, dog], on one line")
    rest, found = body[1:-1], []
    while rest.strip():
        item = _FLOW.match(rest)
        if item is None:
            raise DataError(f"{one_line(path)}: names: {one_line(rest.strip())[:40]!r}. Expected a name")
        found.append((item[1] or "", _bare(item[2])))
        rest = rest[item.end() :]
    return found


def _in_order(names: list[tuple[str, str]], path: Path) -> tuple[str, ...]:
    numbered = [int(number) for number, _ in names if number and len(number) < 7]
    if not numbered:
        return tuple(name for _, name in names)
    if sorted(numbered) != list(range(len(names))):
        raise DataError(f"{one_line(path)}: names: their numbers are not 0 to {len(names) - 1}, each once")
    return tuple(name for _, (_, name) in sorted(zip(numbered, names, strict=True)))


def _bare(text: str) -> str:
    """Without quotes and the comment behind it."""
    quoted = re.match(r"""^\s*(["'])(.*?)\1\s*(?:#.*)?$""", text)
    return quoted[2] if quoted else re.sub(r"\s+#.*$", "", text).strip()
