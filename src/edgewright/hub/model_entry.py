"""What is known of a model before it is here: one entry of the catalogue, read from a TOML file that is checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from edgewright.errors import HubError, MetadataError, UsageError
from edgewright.hub.origins import Origin, read_origin
from edgewright.hub.tables import made
from edgewright.model import InputMetadata, OutputMetadata

_LABELS = Path(__file__).parent / "labels"
# What is a folder's name everywhere and can be told from a path, which has dots or slashes.
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*\Z")


@dataclass(frozen=True, kw_only=True)
class PublishedFigure:
    """A published figure: `value` is a share from 0 to 1 of `dataset`, as `source` states it."""

    measure: str
    value: float
    dataset: str
    source: str

    def __post_init__(self) -> None:
        """Raise HubError for a value that is no share."""
        if not 0 < self.value <= 1:
            raise HubError(f"accuracy.value is {self.value}; it is a share above 0 and at most 1")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model that is known by name.

    size: bytes of the `.tflite` file that `get` makes, as exactly as they are published. recipe: how it is made of what
    `origin` brings. needs: what somebody has to have who wants to use it, where a file of what the task takes is not
    enough. preparation, outputs: what the file will say of its first input, and of its outputs in their order.
    """

    name: str
    title: str
    description: str = ""
    author: str = ""
    task: str
    license: str
    size: int
    recipe: str
    origin: Origin
    needs: str = ""
    preparation: InputMetadata = field(default_factory=InputMetadata)
    outputs: tuple[OutputMetadata, ...] = field(default=(), repr=False)
    accuracy: PublishedFigure | None = None

    def __post_init__(self) -> None:
        """Raise HubError for a name that cannot be a folder's, an empty text or a size that is none."""
        if not _NAME.match(self.name):
            raise HubError(f"the name {self.name!r} is not made of small letters, digits and underscores")
        empty = [what for what in ("title", "task", "license", "recipe") if not getattr(self, what).strip()]
        if empty:
            raise HubError(f"{empty[0]} is empty")
        if self.size <= 0:
            raise HubError(f"size is {self.size}; it counts bytes")

    def to_dict(self) -> dict[str, Any]:
        """What JSON shows of it: plain values, without the labels."""
        accuracy = self.accuracy
        return {
            "name": self.name,
            "title": self.title,
            "task": self.task,
            "needs": self.needs or None,
            "license": self.license,
            "size": self.size,
            "origin": self.origin.title,
            "download_size": self.origin.size or None,
            "sha256": self.origin.sha256 or None,
            "accuracy": {one.name: getattr(accuracy, one.name) for one in fields(accuracy)} if accuracy else None,
        }


def read_entry(path: Path) -> Entry:
    """Read an entry; the file's name is the model's. Raises HubError saying which file and what in it is wrong."""
    try:
        return entry_of_table(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    except (HubError, MetadataError, UsageError, tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise HubError(f"{path.name}: {problem}") from None
    except OSError as problem:
        raise HubError(f"{path}: cannot be read: {problem.strerror}") from None


def read_labels(name: str) -> tuple[str, ...]:
    """Read one of the lists of labels that are shipped, in the order of the classes."""
    path = _LABELS / f"{name}.txt"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in _LABELS.glob("*.txt")))
        raise HubError(f"there are no labels {name!r}. Choose one of: {known}")
    return tuple(path.read_text(encoding="utf-8").splitlines())


def entry_of_table(name: str, table: Mapping[str, Any]) -> Entry:
    """Make an entry of a table as TOML has it. Raises HubError, MetadataError or UsageError for what is wrong in it."""
    parts: dict[str, Callable[[Any], Any]] = {
        "origin": read_origin,
        "preparation": _preparation,
        "outputs": _outputs,
        "accuracy": lambda value: made(PublishedFigure, value, "accuracy"),
    }
    read = {key: parts[key](value) if key in parts else value for key, value in table.items()}
    return made(Entry, {**read, "name": name}, "")


def _preparation(table: Any) -> InputMetadata:
    """An input as `InputMetadata` has it; TOML's lists become tuples."""
    said = {key: tuple(value) if isinstance(value, list) else value for key, value in _table(table, "preparation")}
    return made(InputMetadata, {"kind": "image", **said}, "preparation")


def _outputs(tables: Any) -> tuple[OutputMetadata, ...]:
    if not isinstance(tables, list):
        raise HubError(f"outputs is {tables!r}; a list of tables is expected, [[outputs]]")
    return tuple(_output(table) for table in tables)


def _output(table: Any) -> OutputMetadata:
    """An output; `labels` names a list, and `background` is what a class before all those is called."""
    said = dict(_table(table, "outputs"))
    background = (str(said.pop("background")),) if "background" in said else ()
    if "labels" in said:
        said["labels"] = background + read_labels(said["labels"])
    return made(OutputMetadata, said, "outputs")


def _table(value: Any, what: str) -> Any:
    if not isinstance(value, dict):
        raise HubError(f"{what} is {value!r}; a table is expected")
    return value.items()
