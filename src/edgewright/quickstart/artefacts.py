"""What the quickstart makes: one value per file, with what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.data import Dataset
from edgewright.evaluate import Accuracy
from edgewright.machine import Machine, Timing
from edgewright.quickstart.photos import Photos
from edgewright.quickstart.training import Trained


@dataclass(frozen=True)
class Artefact:
    """One file, or folder, of the quickstart.

    `path` is relative to the output folder; `size` in bytes; `source_size` is the size of what it was made from.
    Accuracy is that on the held-out pictures; sources are not timed.
    """

    name: str
    path: str
    size: int
    source_size: int
    is_model: bool
    accuracy: Accuracy | None = None
    timing: Timing | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "path": self.path,
            "bytes": self.size,
            "ratio_to_source": self.size / self.source_size,
            "accuracy": self.accuracy.to_dict() if self.accuracy else None,
            "latency": self.timing.to_dict() if self.timing else None,
        }


@dataclass(frozen=True)
class Quickstart:
    """The finished quickstart: where it lies, on what it was trained, what it made.

    `photos` is the second act, `None` where it was left out; `notices` say what was interpreted, and what went
    otherwise than asked. `no_photos`: the one among them that says why the second act failed, "" where it did not.
    """

    folder: Path
    train: Dataset
    test: Dataset
    trained: Trained
    artefacts: tuple[Artefact, ...]
    machine: Machine
    settings: Mapping[str, Any]
    seconds: float
    photos: Photos | None = None
    notices: tuple[str, ...] = ()
    no_photos: str = ""

    @property
    def models(self) -> tuple[Artefact, ...]:
        """The `.tflite` files."""
        return tuple(artefact for artefact in self.artefacts if artefact.is_model)

    @property
    def report(self) -> Path:
        """The page that shows all of it."""
        return self.folder / "report.html"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "folder": str(self.folder),
            "report": str(self.report),
            "dataset": {"name": self.train.name, "train": len(self.train), "test": len(self.test)},
            "settings": dict(self.settings),
            "seconds": self.seconds,
            "artefacts": [artefact.to_dict() for artefact in self.artefacts],
            "photos": self.photos.to_dict() if self.photos else None,
            "notices": list(self.notices),
            "machine": self.machine.to_dict(),
        }


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
