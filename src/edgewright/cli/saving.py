"""What `run` saves of each result: files in a folder, named after the inputs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from edgewright.errors import OutputError
from edgewright.report import printable
from edgewright.task import Answer, Result, blurred_files_of, files_of

Outcome = Answer[Any, Result]


def make_folder(folder: Path) -> None:
    """Make the folder, and those above it. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if folder.exists():
            raise OutputError(f"{folder}: is a file. Name a folder to save in") from None
        raise OutputError(f"{folder}: the folder cannot be made: {error.strerror}. Name another one") from None


def saved(outcomes: Iterable[Outcome], folder: Path, *, overwrite: bool, blur: bool = False) -> Iterator[Outcome]:
    """Save what each result says of its input, or, to `blur`, the input with what was found made unrecognizable."""
    from edgewright.files import write_atomic

    names: set[str] = set()
    for outcome in outcomes:
        if outcome.result is not None:
            files = (blurred_files_of if blur else files_of)(outcome.result, outcome.input)
            stem = _free_stem(outcome.input, names)
            for suffix, content in files.items():
                write_atomic(folder / f"{stem}{suffix}", content, overwrite=overwrite)
            if blur and not outcome.result.observations():
                said = f"{outcome.input}: nothing was found, so nothing is blurred in what was saved"
                print(f"edgewright: {printable(said)}", file=sys.stderr)
        yield outcome


def _free_stem(source: Any, taken: set[str]) -> str:
    """A name of its own for each input of this run, also where two folders have one of the same name."""
    own = str(getattr(source, "stem", "input"))
    stem, number = own, 1
    while stem in taken:
        number += 1
        stem = f"{own}-{number}"
    taken.add(stem)
    return stem
