"""Which pictures a person means by files, folders and patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.media.finding import find_files
from edgewright.media.pictures.formats import SUFFIXES


def find_pictures(names: Iterable[str]) -> Iterator[Path]:
    """The pictures that `names` stand for: files as they are, all pictures below folders, and patterns (`in/*.jpg`).

    Folders and patterns give their pictures in alphabetical order; files whose name begins with a dot are passed over.
    A name that stands for nothing comes back as it is, so that reading it says what is wrong.
    """
    return find_files(names, SUFFIXES)
