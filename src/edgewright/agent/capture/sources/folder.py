"""A folder that fills up with pictures; each is taken once, also across restarts."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgewright.agent.backoff import Backoff
from edgewright.agent.capture.file_names import as_text
from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.ending import ends_well
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.agent.capture.sources.tree import Tree
from edgewright.errors import UsageError
from edgewright.media import SUFFIXES
from edgewright.report import numbers, printable
from edgewright.spelling import argument

log = logging.getLogger(__name__)

# Looking takes a fifth of the time at most, however many pictures there are.
_LOOK_S, _LOOK_SHARE = 0.25, 4

# A file that has not changed for so long is whole if it has the end that its format has. Any other may be one whose
# writer pauses: it is given when it has not changed for longer.
_QUIET_S, _SETTLED_S = 0.5, 10.0

# When a file was last written may have been said by another clock, as that of a server: only of what lies longer back
# than clocks differ it is believed that nobody writes it now. Of all else we see that for ourselves.
_CLOCKS_S = 86_400.0

# What cannot be read may become readable without a change that can be seen.
_AGAIN_S = 30.0

# Pauses after pictures were given back: the disk takes no results.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 30.0

# So many that are skipped are named in the log, so that a folder of a million links is not a log of a million lines.
_NAMED = 20

# Pictures that cameras and people write and nobody here reads.
_STRANGE = frozenset(".jxl .jp2 .psd .svg .dng .raw .cr2 .cr3 .nef .arw .orf .rw2".split())

# Larger files are no pictures that a small computer looks at.
_LARGEST = 256_000_000


@dataclass(frozen=True, slots=True)
class _Found:
    """A file as a look at the folder saw it; one that is written again under its name is another picture."""

    name: str
    size: int
    changed_ns: int

    @property
    def mark(self) -> str:
        return f"{self.changed_ns}/{self.size}/{as_text(self.name)}"


@dataclass(slots=True)
class _Sight:
    """Since when a file is looked at in this state, and whether it has the end of its format, once that is known."""

    since_s: float
    ends_well: bool | None = None


class FolderSource:
    """Gives the pictures of a folder and its sub-folders in the order in which they were finished, and waits for more.

    With `every_frame` all of them; without, whoever reads keeps the newest. What was taken in an earlier run, and
    stored, is not given again. `until_empty` ends it once nothing is left, in place of waiting. Links, pipes, empty
    files and those that cannot be read are skipped, and logged once; so are pictures of other kinds, by their kind.
    """

    can_stall = False

    def __init__(self, folder: Path, *, every_frame: bool, memory: Taken, until_empty: bool = False) -> None:
        self.name = f"folder:{as_text(folder)}"
        self.live = not every_frame
        self._folder = folder
        self._tree = Tree(folder, self._is_wanted, self._skip)
        self._memory = memory
        self._until_empty = until_empty
        self._given = memory.taken(self.name)
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._seen: dict[_Found, _Sight] = {}
        self._unreadable: dict[_Found, float] = {}
        self._told: set[str] = set()
        self._strange: Counter[str] = Counter()
        self._has_looked = False
        self._backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        self._was_given_back, self._given_back_s = False, 0.0

    def frames(self) -> Iterator[Frame]:
        """Give each whole picture once; raises `SourceError` while the folder is not there."""
        while not self._closed.is_set():
            begin = time.monotonic()
            whole, pending = self._look()
            looked_s = time.monotonic() - begin
            given = 0
            for found in whole:
                self._wait_while_nothing_is_taken()
                if self._closed.is_set():
                    return
                if frame := self._read(found):
                    given += 1
                    yield frame
            if self._until_empty and not whole and not pending:
                return
            if not given:
                self._closed.wait(max(_LOOK_S, _LOOK_SHARE * looked_s))

    def give_back(self, marks: Iterable[str]) -> None:
        """Offer these again, after a pause."""
        with self._lock:
            self._given.difference_update(marks)
            self._was_given_back = True

    def _wait_while_nothing_is_taken(self) -> None:
        with self._lock:
            was_given_back, self._was_given_back = self._was_given_back, False
        if not was_given_back:
            return
        if time.monotonic() - self._given_back_s > 2 * _LONGEST_PAUSE_S:
            self._backoff.reset()
        self._closed.wait(self._backoff.pause())
        self._given_back_s = time.monotonic()

    def close(self) -> None:
        """End soon."""
        self._closed.set()

    def _look(self) -> tuple[list[_Found], bool]:
        """The new whole pictures, oldest first, and whether there are some that are still being written."""
        found = self._pictures()
        if self._tree.is_complete:
            self._forget_gone(found)
        now = time.monotonic()
        with self._lock:
            new = [one for one in found if one.mark not in self._given and self._unreadable.get(one, now) <= now]
        self._tell(len(found), len(new))
        self._seen = {one: self._seen.get(one) or _Sight(now) for one in new}
        whole, pending = [], False
        for one in new:
            if self._is_settled(one, now):
                whole.append(one)
            else:
                pending = pending or not self._is_left_empty(one, now)
        return sorted(whole, key=lambda one: (one.changed_ns, one.name)), pending

    def _pictures(self) -> list[_Found]:
        self._strange.clear()
        try:
            return [_Found(name, status.st_size, status.st_mtime_ns) for name, status in self._tree.files()]
        except OSError as error:
            raise SourceError(str(error.strerror)) from error

    def _is_wanted(self, name: str) -> bool:
        suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 - for each of a million files, each time
        if suffix in _STRANGE:
            self._strange[suffix] += 1
        return suffix in SUFFIXES

    def _tell(self, there: int, new: int) -> None:
        """At the first look what was seen before, and each kind of picture that is not read once."""
        for suffix, count in self._strange.items():
            self._skip(suffix, f"not read, {_pictures(count)} now; convert them to JPEG", f"*{suffix}")
        if self._has_looked:
            return
        self._has_looked = True
        if there > new:
            level = logging.INFO if new else logging.WARNING
            share = f"{there - new:,} of {_pictures(there)}" if new else f"all {_pictures(there)}"
            log.log(
                level, "%s: seen before: %s; another %s looks at them again", self._shown(), share, argument("state")
            )
        elif not there and self._until_empty:
            log.warning("%s: there is no picture in it (%s)", self._shown(), ", ".join(sorted(SUFFIXES)))

    def _is_settled(self, found: _Found, now: float) -> bool:
        """Whether nobody has written it for so long that it is whole."""
        quiet_s = self._quiet_s(found, now)
        if found.size == 0 or quiet_s <= _QUIET_S:
            return False
        return quiet_s > _SETTLED_S or self._ends_well(found)

    def _quiet_s(self, found: _Found, now: float) -> float:
        age_s, seen_s = time.time() - found.changed_ns / 1e9, now - self._seen[found].since_s
        return max(age_s, seen_s) if age_s > _CLOCKS_S else seen_s

    def _is_left_empty(self, found: _Found, now: float) -> bool:
        if found.size or self._quiet_s(found, now) <= _SETTLED_S:
            return False
        self._skip(found.name, "it is empty")
        return True

    def _ends_well(self, found: _Found) -> bool:
        sight = self._seen[found]
        if sight.ends_well is None:
            sight.ends_well = False
            with contextlib.suppress(OSError), self._tree.opened(found.name) as file:
                sight.ends_well = ends_well(file, found.size)
        return sight.ends_well

    def _read(self, found: _Found) -> Frame | None:
        try:
            with self._tree.opened(found.name) as descriptor:
                status = os.fstat(descriptor)
                now = (stat.S_ISREG(status.st_mode), status.st_size, status.st_mtime_ns)
                if now != (True, found.size, found.changed_ns):
                    return None  # it has changed again: another picture, for the next look
                content = b"" if found.size > _LARGEST else _content(descriptor, found.size)
        except FileNotFoundError:
            return None
        except OSError as problem:
            self._unreadable[found] = time.monotonic() + _AGAIN_S
            self._skip(found.name, str(problem.strerror).lower())
            return None
        with self._lock:
            self._given.add(found.mark)
        name = as_text(found.name)
        error = f"{name}: over {_LARGEST:,} bytes" if found.size > _LARGEST else None
        # A file may claim to be of any year.
        captured_s = min(max(0.0, found.changed_ns / 1e9), time.time())
        return Frame(content, captured_s, mark=found.mark, name=name, error=error)

    def _skip(self, name: str, reason: str, shown: str = "") -> None:
        """Say once that a file, or all of a kind, is passed over."""
        if name in self._told or len(self._told) > _NAMED:
            return
        self._told.add(name)
        if len(self._told) <= _NAMED:
            log.warning("%s: skipped: %s", self._shown(shown or name), reason)
        elif len(self._told) == _NAMED + 1:
            log.warning("%s: more is skipped, and not named", self._shown())

    def _shown(self, name: str = "") -> str:
        return printable(str(self._folder / as_text(name)))

    def _forget_gone(self, found: list[_Found]) -> None:
        """Forget what is no longer in the folder, so that memory does not grow for ever."""
        there = {one.mark for one in found}
        self._unreadable = {one: when for one, when in self._unreadable.items() if one.mark in there}
        with self._lock:
            gone = self._given - there
            self._given -= gone
        if gone:
            self._memory.forget(self.name, gone)


def _pictures(count: int) -> str:
    return numbers.count(count, "picture")


def _content(descriptor: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(descriptor, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def open_folder(target: str, *, every_frame: bool, memory: Taken, once: bool = False) -> FolderSource:
    """The source of a folder; raises `UsageError` where there is none, or a file."""
    folder = Path(target).absolute()
    if folder.is_file():
        raise UsageError(f"{target}: is a file, and a folder is watched: give the one that it lies in")
    if not folder.is_dir():
        raise UsageError(f"{target}: there is no such folder. Make it first")
    return FolderSource(folder, every_frame=every_frame, memory=memory, until_empty=once)
