"""Associated files of one entry a line (labels, score calibration), held to limits before they are taken apart.

The largest published lists of labels have some 100,000 entries and the longest labels some 150 characters.
"""

from __future__ import annotations

from collections.abc import Mapping

from edgewright.errors import MetadataError
from edgewright.model.describing.damage import OverLimitError

# What the exporters of YOLO call their notes; some are registered as labels, which they are not.
EXPORTER_NOTES = ("metadata.json", "metadata.yaml", "temp_meta.txt", "meta.txt")
# What the standard has no field for.
OWN_FILE = "edgewright.json"
# What people call a list of labels that they put behind a model without saying more.
LABEL_LISTS = (
    "labels.txt", "label.txt", "labelmap.txt", "label_map.txt", "label_list.txt", "classes.txt", "class_names.txt",
    "names.txt", "dict.txt",
)  # fmt: skip


# What some editors of Windows put in front of a text.
BYTE_ORDER_MARK = "\ufeff"

MOST_LABELS, LONGEST_LABEL = 1_000_000, 1_000

Files = Mapping[str, bytes]


def is_label_list(name: str) -> bool:
    """Whether a file is called as people call a list of labels, in whatever folder of an archive it lies."""
    return name.rpartition("/")[2].lower() in LABEL_LISTS


class LabelFiles:
    """The files of one model: each list is read once, and all of them together have at most `MOST_LABELS` lines."""

    def __init__(self, files: Files) -> None:
        """`files` by their names."""
        self._files = files
        self._lines = 0
        self._known: dict[str | None, tuple[str, ...] | MetadataError] = {}

    def labels(self, name: str | None) -> tuple[str, ...]:
        """One label a line; empty lines at the end do not count. Raises `MetadataError`."""
        if name not in self._known:
            self._known[name] = self._read(name)
        known = self._known[name]
        if isinstance(known, MetadataError):
            raise known
        return known

    def _read(self, name: str | None) -> tuple[str, ...] | MetadataError:
        """What is broken is not read again for each of many locales."""
        try:
            text = file_text(self._files, name).removeprefix(BYTE_ORDER_MARK).rstrip("\r\n")
            self._count(text, str(name))
            return split_labels(text, str(name))
        except OverLimitError:
            raise
        except MetadataError as error:
            return error

    def lines(self, name: str | None) -> list[str]:
        """All lines of a file. Raises `MetadataError`."""
        text = file_text(self._files, name)
        self._count(text, str(name))
        return text.split("\n")

    def _count(self, text: str, name: str) -> None:
        self._lines += text.count("\n") + 1
        if self._lines > MOST_LABELS:
            raise OverLimitError(
                f"{name} inside the model: over {MOST_LABELS:,} lines of labels in all; that many are read"
            )


def read_labels(files: Files, name: str | None) -> tuple[str, ...]:
    """One label a line; empty lines at the end do not count. Raises `MetadataError` over a limit."""
    return LabelFiles(files).labels(name)


def file_text(files: Files, name: str | None) -> str:
    """The text of a file that the metadata names. Raises `MetadataError` where it is missing or none."""
    if name is None or name not in files:
        raise MetadataError(f"the metadata names the file {name!r}, and the model carries {sorted(files) or 'none'}")
    try:
        return files[name].decode()
    except UnicodeDecodeError as error:
        raise MetadataError(f"{name} inside the model is no UTF-8 text: {error}") from error


def free_name(name: str, files: Files) -> str:
    """The name, or with a number behind its stem where a file of that name is there."""
    stem, dot, suffix = name.rpartition(".")
    candidate, number = name, 1
    while candidate in files:
        number += 1
        candidate = f"{stem}-{number}{dot}{suffix}"
    return candidate


def split_labels(text: str, name: str) -> tuple[str, ...]:
    """The labels of a text without empty lines at its end. Raises `MetadataError` where one is too long."""
    labels = tuple(line.rstrip("\r") for line in text.split("\n")) if text else ()
    if (longest := max(map(len, labels), default=0)) > LONGEST_LABEL:
        raise MetadataError(
            f"{name} inside the model: a label has {longest:,} characters; at most {LONGEST_LABEL:,} are read"
        )
    return labels
