"""Several mailboxes with one reader, who serves them in turn: none waits for ever, however much comes to the others."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Sequence

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.mailbox import Mailbox


class Turns:
    """Takes frames from mailboxes that share the condition `changed`, from one after the other."""

    def __init__(self, mailboxes: Sequence[Mailbox], changed: threading.Condition) -> None:
        self._mailboxes = mailboxes
        self._changed = changed
        self._next = 0

    def take(self, timeout_s: float) -> tuple[int, Frame, tuple[str, ...]] | None:
        """The next frame: the place of its mailbox, and the marks of those that were passed over for it.

        Nothing if none comes in time, or none will come any more.
        """
        with self._changed:
            patience_s = min(timeout_s, self._rest_s())
            self._changed.wait_for(lambda: self.is_over or any(one.has_frame for one in self._mailboxes), patience_s)
            for step in range(len(self._mailboxes)):
                place = (self._next + step) % len(self._mailboxes)
                if (taken := self._mailboxes[place].take(0)) is not None:
                    self._next = place + 1
                    return place, *taken
            return None

    def _rest_s(self) -> float:
        """How long until one that rests now may be asked again."""
        now = time.monotonic()
        return min((one.rests_until_s - now for one in self._mailboxes if one.rests_until_s > now), default=math.inf)

    @property
    def is_over(self) -> bool:
        """Whether nothing lies ready in any of them, and nothing will come."""
        return all(mailbox.is_over for mailbox in self._mailboxes)
