"""Which pictures a person means by files, folders and patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.media.finding import find_files, left_out
from edgewright.media.pictures.formats import SUFFIXES, UNREAD


def find_pictures(names: Iterable[str]) -> Iterator[Path]:
    """The pictures that `names` stand for: files as they are, all pictures below folders, and patterns (`in/*.jpg`).

    Folders and patterns give their pictures in alphabetical order; files whose name begins with a dot are passed over.
    A name that stands for nothing comes back as it is, so that reading it says what is wrong.
    """
    return find_files(names, SUFFIXES)


def unread_pictures(names: Iterable[str]) -> str | None:
    """What to say of pictures below folders that are in other formats: how many of which; None where there are none."""
    return left_out(names, UNREAD, "JPEG or PNG")
