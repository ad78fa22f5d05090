"""A sound file, read in pieces: WAV, FLAC, OGG, MP3, AIFF."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.agent.capture.file_names import as_text
from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.signal import Signal
from edgewright.agent.capture.sources.protocol import Taken
from edgewright.errors import DataError, UsageError
from edgewright.media import SoundPreparation, open_sound

log = logging.getLogger(__name__)

# Samples that are read at once, of all channels together.
_BLOCK = 1 << 15


class SoundFileSource:
    """A sound file, heard once, as fast as the model goes.

    `version` is that of the file: after a restart it goes on behind the last window whose result is stored.
    """

    live = False
    can_stall = False

    def __init__(self, path: Path) -> None:
        self.name = f"sound:{as_text(path)}"
        self.version = str(path.stat().st_mtime_ns)
        self._path = path
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give its samples in pieces, as far as they can be read."""
        heard = 0
        try:
            recording = open_sound(self._path)
            for block in recording.blocks(max(1, _BLOCK // recording.channels)):
                if self._closed.is_set():
                    return
                yield Frame(Signal(block, recording.rate, at_s=heard / recording.rate))
                heard += len(block)
        except DataError as error:  # a file does not heal: reading it again would end at the same place
            log.error("%s: broken, the rest is left out: %s", self.name, error)

    def give_back(self, marks: Iterable[str]) -> None:
        """A file is read forwards only; at the next start it goes on from what is stored."""

    def close(self) -> None:
        """End at the next piece."""
        self._closed.set()


def open_sound_file(target: str, *, every_frame: bool, memory: Taken, takes: SoundPreparation) -> SoundFileSource:
    """The source of a sound file; raises `UsageError` where there is none, or something else."""
    path = Path(target).absolute()
    if not path.is_file():
        raise UsageError(f"{target}: there is no such sound file")
    try:
        open_sound(path)
    except DataError as error:
        said = str(error).removeprefix(f"{path}: ")
        raise UsageError(f"{target}: no sound that can be heard: {said}") from None
    return SoundFileSource(path)
