"""Which sounds a person means by files, folders and patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.media.finding import find_files, left_out
from edgewright.media.sound.formats import SOUND_SUFFIXES, UNREAD


def find_sounds(names: Iterable[str]) -> Iterator[Path]:
    """The sounds that `names` stand for: files as they are, all sounds below folders, and patterns (`in/*.wav`)."""
    return find_files(names, SOUND_SUFFIXES)


def unread_sounds(names: Iterable[str]) -> str | None:
    """What to say of sounds below folders that are in other formats: how many of which; None where there are none."""
    return left_out(names, UNREAD, "WAV or FLAC")
