"""Keeps a source going: reads it in a thread, and opens it again when it breaks off or falls silent."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from edgewright.agent.backoff import Backoff
from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.sources import FrameSource, SourceError
from edgewright.errors import DataError, UsageError

log = logging.getLogger(__name__)

STALL_S = 20.0
# Frames are to be back within 5 s of their source: a pause, and the time that opening takes.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 2.5
_LOOK_S = 0.25

# So many openings may hang in a driver at once; each holds a thread and what it had opened.
_MOST_STUCK = 3

# A bad cable damages frames for years: ever fewer of them are a line in the log.
_TOLD = frozenset(10**power for power in range(12))


class Capture:
    """Fills a mailbox from a source.

    A source that breaks off is asked again, with growing pauses. One that gives nothing whole for `stall_s`, though it
    should, is left to itself in its thread, which ends as soon as it answers, and `make` makes another one, unless too
    many hang already. `came` is called with each frame, also with the damaged ones, which do not reach the mailbox;
    `failure` says why there are no frames now, `error` why never.
    """

    def __init__(
        self,
        make: Callable[[], FrameSource],
        mailbox: Mailbox,
        *,
        came: Callable[[Frame], None],
        stall_s: float = STALL_S,
    ) -> None:
        self._make = make
        self._mailbox = mailbox
        self._came = came
        self._stall_s = stall_s
        self._backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_going, name="capture", daemon=True)
        self._source: FrameSource | None = None
        self._stuck: list[_Reading] = []
        self._damaged = 0
        self.failure: str | None = None
        self.error: Exception | None = None

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def stop(self) -> None:
        """End; what lies in the mailbox can still be taken."""
        self._stopping.set()
        self._mailbox.close()
        if (source := self._source) is not None:
            source.close()
        self._thread.join(2.0)

    def give_back(self, marks: tuple[str, ...]) -> None:
        """Pass on to the source which pictures could not be stored."""
        if (source := self._source) is not None:
            source.give_back(marks)

    def _keep_going(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._are_too_many_stuck():
                    self._stopping.wait(_LOOK_S)
                    continue
                # One that was abandoned is still at work in its thread; any other knows what it has given already.
                self._source = self._source or self._make()
                if self._watch(_Reading(self._source, self._frame_came, self._mailbox)):
                    return
                self._stopping.wait(self._backoff.pause())
        except Exception as error:  # noqa: BLE001 - the source cannot be made; whatever somebody's raises
            self.error = error
        finally:
            self._mailbox.close()
            if self._source is not None:
                self._source.close()

    def _watch(self, reading: _Reading) -> bool:
        """Look after one opening of the source until it ends; whether there will be no more frames at all."""
        while not reading.ended.wait(_LOOK_S):
            if self._stopping.is_set():
                return True
            if reading.source.can_stall and reading.silent_s > self._stall_s:
                reading.abandon()
                self._stuck.append(reading)
                self._source = None
                what = "only damaged frames" if reading.damaged else "silent"
                self._failed(reading.source, f"{what} for {self._stall_s:g} s")
                return False
        if reading.error is not None:
            self.error = reading.error
            return True
        if reading.failure is None:
            return True
        self._failed(reading.source, reading.failure)
        return False

    def _are_too_many_stuck(self) -> bool:
        self._stuck = [one for one in self._stuck if not one.ended.is_set()]
        return len(self._stuck) >= _MOST_STUCK

    def _frame_came(self, frame: Frame) -> None:
        if frame.damaged:
            self._count_damaged(frame)
        else:
            self._count_whole()
        self._came(frame)

    def _count_whole(self) -> None:
        if self.failure is not None and (source := self._source) is not None:
            log.info("%s: frames again", source.name)
        self.failure = None
        self._backoff.reset()

    def _count_damaged(self, frame: Frame) -> None:
        self._damaged += 1
        if self._damaged in _TOLD and (source := self._source) is not None:
            what = f"cannot be read: {frame.error}" if frame.error else "damaged frames"
            log.warning("%s: %s; %d so far are passed over", source.name, what, self._damaged)

    def _failed(self, source: FrameSource, reason: str) -> None:
        if reason != self.failure:
            log.warning("%s: %s; opening it again", source.name, reason)
        self.failure = reason


class _Reading:
    """One opening of a source, in a thread of its own since nothing bounds how long a driver takes."""

    def __init__(self, source: FrameSource, came: Callable[[Frame], None], mailbox: Mailbox) -> None:
        self.source = source
        self.failure: str | None = None
        self.error: Exception | None = None
        self.damaged = 0
        self.ended = threading.Event()
        self._came = came
        self._mailbox = mailbox
        self._last = time.monotonic()
        self._abandoned = False
        threading.Thread(target=self._read, name=f"reading {source.name}", daemon=True).start()

    @property
    def silent_s(self) -> float:
        """For how long the source has given no whole frame, though there was room; `damaged` counts those since."""
        if self._mailbox.is_waiting:
            self._last = time.monotonic()
        return time.monotonic() - self._last

    def abandon(self) -> None:
        """Take nothing more from it."""
        self._abandoned = True
        self.source.close()

    def _read(self) -> None:
        try:
            for frame in self.source.frames():
                if self._abandoned:
                    return
                self._came(frame)
                if frame.damaged:
                    self.damaged += 1
                    continue
                self._last, self.damaged = time.monotonic(), 0
                if not self._mailbox.put(frame):
                    return
        except SourceError as error:
            self.failure = str(error)
        except (UsageError, DataError) as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - a driver or somebody's iterator: whatever it raises
            self.failure = f"{type(error).__name__}: {error}"
        finally:
            self.ended.set()
