"""Which sounds a person means by files, folders and patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.media.finding import find_files
from edgewright.media.sound.formats import SOUND_SUFFIXES


def find_sounds(names: Iterable[str]) -> Iterator[Path]:
    """The sounds that `names` stand for: files as they are, all sounds below folders, and patterns (`in/*.wav`)."""
    return find_files(names, SOUND_SUFFIXES)
