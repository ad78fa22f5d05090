"""A sample of the inputs, answered here and by the workers: whether their rows are the same, and how far apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edgewright.documents import json_text
from edgewright.files import write_atomic
from edgewright.report import printable
from edgewright.scale.deaths import Deaths
from edgewright.scale.entry import Entry
from edgewright.scale.keeper import Keeper
from edgewright.scale.manifest import Manifest
from edgewright.scale.rows.row import Row
from edgewright.scale.sharding import DEATHS
from edgewright.scale.work import Work

_SIZE = 32
_NAME = "sample.json"


@dataclass(frozen=True)
class Compared:
    """How one kind of processor answers for a sample: of `count` inputs `same` have the same row to the byte.

    `others` have another best answer; `difference` is the largest one of the scores of those that have the same.
    """

    processor: str
    count: int
    same: int
    others: int
    difference: float

    @classmethod
    def of(cls, processor: str, here: Sequence[Row], there: Sequence[Row]) -> Compared:
        """Compare the rows of two machines."""
        pairs = [(a, b) for a, b in zip(here, there, strict=True) if a.text != b.text]
        alike = [(a, b) for a, b in pairs if a.label == b.label and a.score is not None and b.score is not None]
        difference = max((abs((a.score or 0) - (b.score or 0)) for a, b in alike), default=0.0)
        others = sum(a.label != b.label or a.failed != b.failed for a, b in pairs)
        return cls(processor, len(here), len(here) - len(pairs), others, difference)

    def said(self, here: str) -> str:
        """The difference, for people; `here` is this machine's processor."""
        of = f"{self.same} of {self.count} inputs answer the same to the byte on this machine and on the workers"
        if self.same == self.count:
            return of
        said = f"{of}; the largest difference of a score is {self.difference:.2g}"
        said += f", and {self.others} have another best answer" if self.others else ""
        if self.processor != here:
            said += f" (the workers have another kind of processor, {self.processor}, and this machine {here})"
        return printable(said)


class Sample:
    """The inputs of the sample, evenly spread over all, and what is known of it already in the run's folder."""

    def __init__(self, manifest: Manifest, work: Work, timeout: float) -> None:
        self._manifest, self._work, self._timeout = manifest, work, timeout
        self._path = Path(manifest.folder) / _NAME
        self._found = _read(self._path)
        self._here: list[Row] | None = None

    def is_known(self, processor: str) -> bool:
        """Whether it was compared with such a processor before."""
        return any(known.processor == processor for known in self._found)

    def entries(self) -> list[tuple[int, Entry]]:
        """Its inputs with their numbers."""
        return self._manifest.spread(_SIZE)

    def compared(self, processor: str, there: Sequence[Row]) -> Compared:
        """Compare what workers answered with what is answered here, and note it. Raises as `Keeper.do` does."""
        found = Compared.of(processor, self._rows(), there)
        self._found.append(found)
        document = {"sample": [asdict(known) for known in self._found]}
        write_atomic(self._path, f"{json_text(document, indent=1)}\n".encode(), overwrite=True)
        return found

    def _rows(self) -> list[Row]:
        if self._here is None:
            deaths = Deaths(Path(self._manifest.folder) / DEATHS)
            with Keeper(self._work, deaths, timeout=self._timeout) as keeper:
                self._here = [row for number, entry in self.entries() for row in keeper.do([entry], number)]
        return self._here


def _read(path: Path) -> list[Compared]:
    try:
        found: Mapping[str, list[dict[str, object]]] = json.loads(path.read_bytes())
        return [Compared(**known) for known in found["sample"]]  # type: ignore[arg-type]
    except (OSError, ValueError, TypeError, KeyError):
        return []
