"""A version for all devices of a fleet: for a few first, for the rest if those do well, and for nobody else if not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from typing import Any

from edgewright.agent import read_reports
from edgewright.bundle import check_version
from edgewright.deploy.deploying import deploy
from edgewright.deploy.fleet.fleet_file import Fleet, FleetDevice
from edgewright.deploy.fleet.health import reports_of
from edgewright.deploy.fleet.kept import Kept, Make
from edgewright.deploy.making import make_bundle
from edgewright.deploy.reaching import Device, NotReachedError, connect
from edgewright.errors import DeployError, EdgewrightError
from edgewright.machine import Progress, alone, silent
from edgewright.report import Column, Table, numbers

_LOOK_S = 5.0

_FAILURES = frozenset({"failed", "rolled back", "unwell"})


@dataclass(frozen=True)
class Step:
    """What came of one device.

    `state`: "healthy", "rolled back", "failed", "away" (it was not reached, and so not changed), "unwell" (it reported
    that it is not healthy with it), "pulls" (it has no host: it fetches what is released) or "not tried". `before` and
    `after` are labels of versions; `seconds` that it took.
    """

    name: str
    state: str
    why: str = ""
    before: str | None = None
    after: str | None = None
    seconds: float = 0.0

    @property
    def has_failed(self) -> bool:
        """Whether it is one of those that stop a rollout."""
        return self.state in _FAILURES


@dataclass(frozen=True)
class Rollout:
    """What came of all, in the order of the file; `why` it was stopped, "" where it was not."""

    version: int
    steps: tuple[Step, ...]
    why: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether every device that the desk reaches has the version."""
        return all(step.state in ("healthy", "pulls") for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "whole": self.is_whole}

    def table(self) -> Table:
        """Who has what, for people."""
        columns = (
            Column("device"), Column("state"), Column("before"), Column("now"), Column("time", "right"), Column("why"),
        )  # fmt: skip
        healthy = sum(step.state == "healthy" for step in self.steps)
        note = f"{healthy} of {len(self.steps)} have version {self.version}."
        return Table("", columns, [_row(step) for step in self.steps], note=f"{note} {self.why}".rstrip())


def deploy_all(
    fleet: Fleet,
    *,
    version: int | None = None,
    downgrade: bool = False,
    tell: Callable[[Step], None] = lambda step: None,
    make: Make = make_bundle,
    progress: Progress = silent,
) -> Rollout:
    """Bring a version onto all devices of a fleet over SSH: the first ones, then the others, several at a time.

    One bundle is made for each platform, by `make`; for 32-bit ARM, one for each set of packages that devices have. A
    failure among the first, or `stop_after` of them, stop it. A rollout that is begun again with nothing changed goes
    on with the same version and bundles, and passes over those that have it. `version`: that of the fleet, or else the
    time in UTC. `tell` hears of each device when it is done, in another thread. One rollout of a fleet is at work at a
    time; another one waits for its end, and tells `progress`.

    Raises `UsageError` where it is not said what devices get, and what reading their models and settings raises. What
    goes wrong with one device, or with making its bundle, is in its `Step`.
    """
    check_version(version)
    with alone(fleet.path.with_suffix(".rolling"), progress, "waiting for another rollout"):
        kept = Kept(fleet, version, make)
        work = _Work(fleet, kept, downgrade, tell)
        why = work.first() or work.others()
        rollout = Rollout(kept.version, tuple(work.steps()), why)
        kept.note(rollout.to_dict(), is_whole=rollout.is_whole)
        return rollout


class _Work:
    def __init__(self, fleet: Fleet, kept: Kept, downgrade: bool, tell: Callable[[Step], None]) -> None:
        self._fleet, self._kept, self._downgrade, self._tell = fleet, kept, downgrade, tell
        self._done: dict[str, Step] = {}
        self._lock = threading.Lock()

    def steps(self) -> Iterator[Step]:
        """What came of each, in the order of the file."""
        for device in self._fleet.devices:
            yield self._done.get(device.name, Step(device.name, "not tried"))

    def first(self) -> str:
        """The first ones; why nobody else gets it, "" where they do well."""
        first = self._fleet.first_reached
        self._wave(first, stop_after=1)
        if first and len(first) < len(self._fleet.reached) and self._fleet.settle_s and not self._failures():
            self._watch([device.name for device in first if self._done[device.name].state == "healthy"])
        if failed := self._failures():
            return f"Stopped: {', '.join(failed)} did not take it."
        if first and all(self._done[device.name].state == "away" for device in first):
            return f"Stopped: of the first, {', '.join(device.name for device in first)}, none was reached."
        return ""

    def others(self) -> str:
        """The others; why it was stopped."""
        others = [device for device in self._fleet.reached if device.name not in self._done]
        self._wave(others, stop_after=self._fleet.stop_after)
        for device in self._fleet.devices:
            if not device.host:
                self._done[device.name] = Step(device.name, "pulls", "it fetches what edgewright fleet release says")
        if not self._fleet.reached:
            return "No device has a host: none was tried from here."
        failed = self._failures()
        is_stopped = len(failed) >= self._fleet.stop_after and any(step.state == "not tried" for step in self.steps())
        return f"Stopped after {numbers.count(len(failed))}: {', '.join(failed)}." if is_stopped else ""

    def _failures(self) -> list[str]:
        with self._lock:
            return [step.name for step in self._done.values() if step.has_failed]

    def _wave(self, devices: Sequence[FleetDevice], stop_after: int) -> None:
        """Several at a time; once too many failed no other begins, and those at work come to their end."""
        waiting, running = list(devices), set[Future[None]]()
        with ThreadPoolExecutor(self._fleet.parallel) as pool:
            while running or waiting:
                while waiting and len(running) < self._fleet.parallel and len(self._failures()) < stop_after:
                    running.add(pool.submit(self._one, waiting.pop(0)))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()

    def _one(self, device: FleetDevice) -> None:
        begin = time.monotonic()
        step = replace(self._deployed(device), seconds=round(time.monotonic() - begin, 3))
        with self._lock:
            self._done[device.name] = step
        self._tell(step)

    def _deployed(self, device: FleetDevice) -> Step:
        fleet = self._fleet
        try:
            with connect(device.host) as connection:
                there = Device(connection, fleet.root)
                known = there.known()
                packages = there.packages(known.platform)
            bundle = self._kept.bundle(device, known.platform, packages, current=known.current)
            done = deploy(
                device.host, bundle=bundle, sign=fleet.sign, name=device.name, groups=device.groups, root=fleet.root,
                downgrade=self._downgrade,
            )  # fmt: skip
        except NotReachedError as error:
            return Step(device.name, "away", str(error))
        except (EdgewrightError, OSError) as error:
            return Step(device.name, "failed", str(error))
        return Step(device.name, "healthy" if done.healthy else "rolled back", done.why, done.before, done.after)

    def _watch(self, names: Sequence[str]) -> None:
        """See for a while whether those that have it say that they are well; who does not is a failure."""
        end = time.monotonic() + self._fleet.settle_s
        is_end = False
        while not is_end and not self._failures():
            time.sleep(max(0.0, min(_LOOK_S, end - time.monotonic())))
            is_end = time.monotonic() >= end  # a broker that is slow to answer takes no look away
            self._heed(names, is_end=is_end)

    def _heed(self, names: Sequence[str], *, is_end: bool) -> None:
        """A broker that is away for a moment is asked again as long as there is time."""
        try:
            said = read_reports(self._fleet.broker or "", self._fleet.credentials, expected=names)
        except DeployError as error:
            for name in names if is_end else ():
                self._unwell(name, f"whether it is well is not known: {error}")
            return
        for report in reports_of({name: said[name] for name in names if name in said}, time.time(), names):
            has_it = report.version == self._kept.version
            why = report.why or f"it says that it is {report.state}"
            if has_it and not report.is_well:
                self._unwell(report.name, why)
            elif is_end and not has_it:
                self._unwell(report.name, f"it does not report version {self._kept.version}")

    def _unwell(self, name: str, why: str) -> None:
        with self._lock:
            step = self._done[name] = replace(self._done[name], state="unwell", why=why)
        self._tell(step)


def _row(step: Step) -> tuple[str, ...]:
    time_s = numbers.duration(step.seconds) if step.seconds else numbers.MISSING
    return (step.name, step.state, step.before or numbers.MISSING, step.after or numbers.MISSING, time_s, step.why)
