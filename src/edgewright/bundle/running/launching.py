"""The launcher: runs what is current for good, tries what is new, and goes back from what does not work."""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edgewright.bundle.clock import remember_time
from edgewright.bundle.running import switching
from edgewright.bundle.running.child import Child, tell
from edgewright.bundle.running.service import trim_log
from edgewright.bundle.running.switching import Trial
from edgewright.bundle.store import Store
from edgewright.errors import EdgewrightError, OutputError

_LOCK_TRIES = 20
# What a program says that its manager has to hear as well; what is about its own process is not passed on.
_RELAYED = ("READY=", "STATUS=", "EXTEND_TIMEOUT_USEC=", "ERRNO=")
_KEEP_ALIVE_S, _HOUR_S = 60.0, 3600.0


@dataclass(frozen=True)
class Patience:
    """In seconds: until a new version has reported itself, how long it has to go on then, and how it is all ended.

    `pause_s` and `longest_pause_s`: before a program that ended is started again, at first and at most. `silence_s`: of
    a program that used to say that it is alive.
    """

    ready_s: float = 30.0
    steady_s: float = 5.0
    stop_s: float = 20.0
    stop_failed_s: float = 8.0
    pause_s: float = 1.0
    longest_pause_s: float = 60.0
    silence_s: float = 300.0


def launch(store: Store, patience: Patience | None = None) -> None:
    """Run the current version until SIGTERM; SIGHUP: take up what is current now.

    Raises `DeployError` where another launcher is at work with the folder.
    """
    store.make()
    with store.locked("launcher", "another launcher is at work here", tries=_LOCK_TRIES), _woken() as signals:
        (store.root / "launcher.pid").write_text(f"{os.getpid()}\n")
        _Launcher(store, patience or Patience(), signals).run()


class _Signals:
    """The signals that came, and a file that has something to read when one comes."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel

    def came(self) -> set[int]:
        found: set[int] = set()
        with contextlib.suppress(BlockingIOError):
            while data := self.channel.recv(256):
                found |= {*data}
        return found


@contextlib.contextmanager
def _woken() -> Iterator[_Signals]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
        before = {number: signal.signal(number, lambda *_: None) for number in numbers}
        former = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield _Signals(ours)
        finally:
            signal.set_wakeup_fd(former)
            for number, handler in before.items():
                signal.signal(number, handler)


class _Launcher:
    def __init__(self, store: Store, patience: Patience, signals: _Signals) -> None:
        self._store = store
        self._patience = patience
        self._signals = signals
        self._child: Child | None = None
        self._trial: Trial | None = None
        self._start_s: float | None = None
        self._pause_s = patience.pause_s
        self._alive_s, self._hour_s = 0.0, -math.inf

    def run(self) -> None:
        self._carefully(self._take_up)
        tell("READY=1")
        while not self._is_to_end():
            self._carefully(self._look)
        tell("STOPPING=1")
        self._end_child(self._patience.stop_s)

    def _is_to_end(self) -> bool:
        """Wait for something to happen, and see to the signals."""
        sources = [self._signals.channel.fileno(), *(self._child.sources if self._child else ())]
        select.select(sources, (), (), self._until())
        came = self._signals.came()
        if signal.SIGHUP in came and not self._is_trying():
            self._carefully(self._take_up)
        return bool(came & {signal.SIGTERM, signal.SIGINT})

    def _until(self) -> float:
        """Seconds until something is due."""
        child, patience, due = self._child, self._patience, [self._alive_s + _KEEP_ALIVE_S]
        if self._start_s is not None:
            due.append(self._start_s)
        if child is not None and self._trial is not None:
            ready = child.ready_s
            due.append(child.started_s + patience.ready_s if ready is None else ready + patience.steady_s)
        elif child is not None and child.alive_s is not None:
            due.append(child.alive_s + patience.silence_s)
        return max(0.0, min(due) - time.monotonic())

    def _look(self) -> None:
        """See how the program is doing, and do what is due."""
        now = time.monotonic()
        if now >= self._alive_s + _KEEP_ALIVE_S:
            tell("WATCHDOG=1")
            self._alive_s = now
        if now >= self._hour_s + _HOUR_S:
            remember_time(self._store.root)  # of keys that expire, also where the power fails
            trim_log(self._store)
            self._hour_s = now
        if self._start_s is not None and now >= self._start_s:
            self._take_up()
        if self._child is None:
            return
        told = self._child.hear()
        self._relay(told)
        if "READY=1" in told:
            _note(f"{self._child.label} has reported itself")
        if self._trial is not None:
            self._judge(self._child, self._trial)
        else:
            self._keep_up(self._child)

    def _judge(self, child: Child, trial: Trial) -> None:
        """Of a version on trial."""
        now, patience = time.monotonic(), self._patience
        if (how := child.ended()) is not None:
            self._give_up(trial, how)
        elif child.ready_s is None and now >= child.started_s + patience.ready_s:
            self._give_up(trial, f"it did not report itself within {patience.ready_s:.0f} s")
        elif child.ready_s is not None and now >= child.ready_s + patience.steady_s:
            self._keep(trial)

    def _keep(self, trial: Trial) -> None:
        """It has proved itself; where the disk is too full to note that, there is no room for it."""
        try:
            switching.commit(self._store, trial)
        except OutputError as error:
            self._give_up(trial, str(error))
        else:
            self._trial = None
            _note(f"{trial.to} is healthy")

    def _keep_up(self, child: Child) -> None:
        """Of one that has proved itself: it is started again whenever it ends."""
        now = time.monotonic()
        how = child.ended()
        if how is None and child.alive_s is not None and now >= child.alive_s + self._patience.silence_s:
            how = f"it was silent for {self._patience.silence_s:.0f} s"
        if how is None:
            return
        if now - child.started_s > self._patience.longest_pause_s:
            self._pause_s = self._patience.pause_s
        _note(f"{child.label}: {how}; starting it again in {self._pause_s:.0f} s")
        self._end_child(self._patience.stop_failed_s)
        self._start_s = now + self._pause_s
        self._pause_s = min(2 * self._pause_s, self._patience.longest_pause_s)

    def _give_up(self, trial: Trial, why: str) -> None:
        _note(f"{trial.to} does not work: {why}; going back to {trial.before or 'nothing'}")
        self._end_child(self._patience.stop_failed_s)
        self._trial = None
        switching.roll_back(self._store, trial, why)
        self._take_up()

    def _take_up(self) -> None:
        """Run what is current, from its beginning; first what a power cut left is brought to an end."""
        self._end_child(self._patience.stop_s)
        self._start_s = None
        trial = switching.resume(self._store)
        if trial is not None:
            try:
                trial = switching.attempt(self._store, trial)
            except OutputError as error:
                self._give_up(trial, str(error))
                return
        label = self._store.pointed("current")
        if label is None:
            return
        words = self._store.manifest(label).runs
        self._trial = trial
        if words:
            self._start(label, words)
        elif trial is not None:
            self._keep(trial)

    def _start(self, label: str, words: tuple[str, ...]) -> None:
        try:
            self._child = Child(self._store, label, words)
        except OSError as error:
            if self._trial is None:
                raise
            self._give_up(self._trial, f"it cannot be started: {error.strerror}")
        else:
            _note(f"{label} was started")

    def _end_child(self, within_s: float) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.stop(within_s)

    def _carefully(self, step: Callable[[], None]) -> None:
        """Do something; where the disk is full, or broken, it is tried again."""
        try:
            step()
        except (OSError, EdgewrightError) as error:
            _note(f"{error}; trying again in {self._pause_s:.0f} s")
            self._end_child(self._patience.stop_failed_s)
            self._trial = None
            self._start_s = time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, self._patience.longest_pause_s)
            self._do_without()

    def _do_without(self) -> None:
        """Until it can be tried again, run what is known to work."""
        trial = switching.trial_of(self._store)
        label = trial.before if trial else self._store.pointed("current")
        if label in self._store.labels("healthy"):
            with contextlib.suppress(OSError, EdgewrightError):
                words = self._store.manifest(label).runs
                if words:
                    self._start(label, words)

    def _is_trying(self) -> bool:
        """Whether what is to be taken up is on trial already."""
        return self._trial is not None and self._store.pointed("current") == self._trial.to

    def _relay(self, lines: list[str]) -> None:
        passed_on = [line for line in lines if line.startswith(_RELAYED)]
        if passed_on:
            tell("\n".join(passed_on))


def _note(text: str) -> None:
    with contextlib.suppress(OSError):
        print(f"launcher: {text}", file=sys.stderr, flush=True)
