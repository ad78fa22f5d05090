"""The numbers that events were given, kept in a small file beside the database, lest a lost log lets them start again.

SQLite takes a write-ahead log that is missing or damaged for an empty one, and goes on from what is in its main file.
This file knows better. It is written before and after each transaction: that outlives a kill. It is synchronized only
once for each block of numbers, so that it costs nothing: that outlives a power cut.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from edgewright.files import NO_LINK

# After a power cut numbers go on behind the block that had been reserved.
BLOCK = 1000

_PATTERN = re.compile(rb"done=(\d{20}) claimed=(\d{20}) reserved=(\d{20}) boot=(\S{36}) clean=([01])\n")
_NO_BOOT = "-" * 36


@dataclass(frozen=True, slots=True)
class Record:
    """What the file says: numbers up to `done` are stored, up to `claimed` were about to be, none is over `reserved`.

    `boot` names the boot in which it was written; `clean`: the database was closed in good order.
    """

    done: int = 0
    claimed: int = 0
    reserved: int = 0
    boot: str = _NO_BOOT
    clean: bool = False

    def last_used(self, highest: int, boot: str) -> int:
        """The last number that any event may have had, where the database knows of those up to `highest`."""
        if highest < self.done:
            return self.reserved
        if self.clean:
            return highest
        # Of another boot the file may say less than was: it was not waited for.
        survived = boot == self.boot != _NO_BOOT
        return max(highest, self.claimed if survived else self.reserved)


class SequenceFile:
    """Open from the start of an agent to its end; raises `OSError` where the disk does not take it.

    `before`: what it said at the start, None where it is new; `damaged`: it could not be understood.
    """

    def __init__(self, path: Path, boot: str | None) -> None:
        self._boot = f"{boot or '':36.36}".replace(" ", "-")
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o600)
        content = os.pread(self._descriptor, 1024, 0)
        self.before = _parsed(content)
        self.damaged = bool(content) and self.before is None
        self._record = self.before or Record()

    def begin(self, highest: int) -> int:
        """The last number that may have been used, where the database knows of those up to `highest`.

        What the file knew stays in it until `done` is called, so that a kill in between forgets nothing.
        """
        last = highest + 2 * BLOCK if self.damaged else highest
        if self.before is not None:
            last = self.before.last_used(highest, self._boot)
        claimed = max(last, self._record.claimed)
        self._write(replace(self._record, claimed=claimed, reserved=last + BLOCK, boot=self._boot, clean=False))
        os.fsync(self._descriptor)
        return last

    def claim(self, last: int) -> None:
        """Say that numbers up to `last` are about to be stored."""
        reserve = last > self._record.reserved
        reserved = last + BLOCK if reserve else self._record.reserved
        self._write(replace(self._record, claimed=last, reserved=reserved))
        if reserve:
            os.fsync(self._descriptor)

    def done(self, last: int) -> None:
        """Say that they are."""
        self._write(replace(self._record, done=last, claimed=last))

    def finish(self) -> None:
        """Say that all is well."""
        with contextlib.suppress(OSError):  # then the next start is as after a kill
            self._write(replace(self._record, clean=True))
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file as it is."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _write(self, record: Record) -> None:
        text = (
            f"done={record.done:020} claimed={record.claimed:020} reserved={record.reserved:020} "
            f"boot={record.boot} clean={record.clean:d}\n"
        )
        os.pwrite(self._descriptor, text.encode(), 0)
        self._record = record


def _parsed(content: bytes) -> Record | None:
    match = _PATTERN.match(content)
    if match is None:
        return None
    done, claimed, reserved = map(int, match.groups()[:3])
    return Record(done, claimed, reserved, match[4].decode("ascii", "replace"), match[5] == b"1")
