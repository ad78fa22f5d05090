"""What `run` saves of each result: files in a folder, named after the inputs."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from edgewright.cli.verb import say
from edgewright.errors import DataError, OutputError
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


def folder_beside(folder: Path, inputs: Iterable[Any]) -> frozenset[str]:
    """Make the folder; give the files among inputs, by where they really are: nothing is ever saved over them."""
    make_folder(folder)
    return frozenset(os.path.realpath(source) for source in inputs if isinstance(source, Path))


def _refuse_original(path: Path, originals: Collection[str]) -> None:
    """Raise OutputError where a file to be saved would replace an input, of which there may be no other copy."""
    if path.exists() and os.path.realpath(path) in originals:
        raise OutputError(f"{path}: is an input itself, and nothing is saved over it. Name another folder to save in")


def saved(
    outcomes: Iterable[Outcome],
    folder: Path,
    originals: Collection[str],
    *,
    overwrite: bool,
    blur: bool = False,
    max_pixels: int | None = None,
) -> Iterator[Outcome]:
    """Save what each result says of its input, or, to `blur`, the input with what was found made unrecognizable.

    An input that cannot be drawn, such as one that is gone by now, has an error in place of its result.
    """
    from edgewright.files import write_atomic

    names: dict[str, int] = {}
    for outcome in outcomes:
        if outcome.result is not None:
            try:
                files = (blurred_files_of if blur else files_of)(outcome.result, outcome.input, max_pixels)
            except DataError as error:
                yield Answer(outcome.input, error=error)
                continue
            stem = _free_stem(outcome.input, names)
            for suffix, content in files.items():
                path = folder / f"{stem}{suffix}"
                _refuse_original(path, originals)
                write_atomic(path, content, overwrite=overwrite)
            if blur and not outcome.result.observations():
                say(f"{outcome.input}: nothing was found, so nothing is blurred in what was saved")
        yield outcome


def saved_film(
    outcomes: Iterator[Outcome], video: str, folder: Path, originals: Collection[str], *, overwrite: bool
) -> Iterator[Outcome]:
    """Save a film of what is followed in a video, called as that is."""
    from edgewright.task import filmed

    film = folder / f"{Path(video).stem}.mp4"
    _refuse_original(film, originals)
    return filmed(outcomes, film, overwrite=overwrite)


def _free_stem(source: Any, taken: dict[str, int]) -> str:
    """A name of its own for each input of this run, also where two folders have one of the same name."""
    own = str(getattr(source, "stem", "input"))
    stem, number = own, taken.get(own, 1)
    while stem in taken:
        number += 1
        stem = f"{own}-{number}"
    taken[own] = number  # Where it goes on: thousands of inputs may be called alike.
    taken.setdefault(stem, 1)
    return stem
