"""What a source gives at once, on its way to the model: a picture, or a part of a sound or of a series."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edgewright.agent.capture.signal import Signal

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a video or sound: the number of a video's frame, from 0, and the seconds from the start, if known."""

    frame: int | None
    seconds: float | None = None

    def to_dict(self) -> dict[str, float]:
        """Plain values; seconds to the millisecond."""
        frame: dict[str, float] = {} if self.frame is None else {"frame": self.frame}
        return frame | ({} if self.seconds is None else {"seconds": round(self.seconds, 3)})


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What a source gives at once: a picture, (height, width, 3) uint8 RGB, the bytes of a file, or a `Signal`.

    `captured_s` is the wall-clock time in seconds since 1970 that events carry; `started_s` is of the monotonic clock,
    and latency is measured from it. `mark` is how the source knows the picture again after a restart, `name` what it
    is called. `error` says why it cannot be looked at, where the source could not read it; a `damaged` one came broken,
    as single frames of a stream do, and is counted and not looked at. `position` is where in a video it stands.
    """

    content: Pixels | bytes | Signal
    captured_s: float = field(default_factory=time.time)
    started_s: float = field(default_factory=time.monotonic)
    mark: str | None = None
    name: str | None = None
    error: str | None = None
    damaged: bool = False
    position: Position | None = None

    @property
    def size(self) -> int:
        """Bytes of the picture as it came, or of the samples."""
        if isinstance(self.content, Signal):
            return self.content.values.nbytes
        return self.content.nbytes if isinstance(self.content, np.ndarray) else len(self.content)

    @property
    def lasts_s(self) -> float:
        """Seconds from its beginning to its end: 0 of a picture."""
        return self.content.seconds if isinstance(self.content, Signal) else 0.0

    @property
    def time_s(self) -> float:
        """Seconds on the clock that tracks and stays go by: a file's own, else the monotonic one of this machine."""
        if isinstance(self.content, Signal) and self.content.time_s is not None:
            return self.content.time_s
        if self.position is not None and self.position.seconds is not None:
            return self.position.seconds
        return self.started_s
