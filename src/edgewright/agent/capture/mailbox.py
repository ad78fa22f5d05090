"""Between the thread that captures and the one that works: the newest frame, or every frame in turn."""

from __future__ import annotations

import threading
import time
from collections import deque

from edgewright.agent.capture.frame import Frame


class Mailbox:
    """Holds frames for one reader.

    With `newest` a frame that nobody took gives way to the next one, so that what is looked at is never old; `skipped`
    counts those. Without, the writer waits, and at most `room` frames lie ready. Mailboxes that one reader waits for
    together share `changed`. Nothing is given out before `rests_until_s` of the monotonic clock.
    """

    def __init__(self, *, newest: bool, room: int = 2, changed: threading.Condition | None = None) -> None:
        self._newest = newest
        self._room = 1 if newest else room
        self._frames: deque[Frame] = deque()
        self._changed = changed or threading.Condition()
        self._passed_over: list[str] = []
        self._closed = False
        self.rests_until_s = float("-inf")

    def put(self, frame: Frame) -> bool:
        """Leave a frame, waiting for room if every frame counts; false once the mailbox is closed."""
        with self._changed:
            while not self._newest and len(self._frames) >= self._room and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            if self._newest and self._frames:
                self._pass_over(self._frames.popleft())
            self._frames.append(frame)
            self._changed.notify_all()
            return True

    def take(self, timeout_s: float) -> tuple[Frame, tuple[str, ...]] | None:
        """The next frame, with the marks of those that were passed over for it; nothing if none comes in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._closed, timeout_s)
            if not self.has_frame:
                return None
            frame, passed_over = self._frames.popleft(), tuple(self._passed_over)
            self._passed_over.clear()
            self._changed.notify_all()
            return frame, passed_over

    def close(self) -> None:
        """Let nobody wait any more; what lies ready can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def has_frame(self) -> bool:
        """Whether a frame lies ready, and may be taken."""
        with self._changed:
            return bool(self._frames) and time.monotonic() >= self.rests_until_s

    @property
    def is_over(self) -> bool:
        """Whether nothing lies ready and nothing will come."""
        with self._changed:
            return self._closed and not self._frames

    @property
    def is_waiting(self) -> bool:
        """Whether the writer waits for room: then it is not the source that is slow."""
        with self._changed:
            return not self._newest and len(self._frames) >= self._room

    def _pass_over(self, frame: Frame) -> None:
        if frame.mark is not None:
            self._passed_over.append(frame.mark)
