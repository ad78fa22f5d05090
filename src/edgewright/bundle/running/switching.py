"""From one version to another by one rename, on trial first; and back. What a power cut leaves is brought to an end."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from edgewright.bundle.running.returning import fit_state
from edgewright.bundle.store import HIGHEST, Store, number, write
from edgewright.bundle.trusted import roll_over
from edgewright.errors import BundleError, DeployError, OutputError

TRIAL, STATUS_FILE = "trial.json", "status.json"

# The agent's state is tried to be made fit for the way back so often, with a pause between: some five minutes.
_MOST_RETURNS = 10

# What says nothing against a version, so that it may be tried once more.
_CUT_SHORT = "its trial was cut short, by a power cut or a kill"

# The mark of a version that somebody went back from.
_LEFT = "left"


@dataclass(frozen=True)
class Trial:
    """A version that has to prove itself.

    Labels of it and of what ran before (None: nothing), how often it was started, whether it passed, why it did not,
    what else is to be said, and how often it was begun to go back.
    """

    to: str
    before: str | None
    attempts: int = 0
    passed: bool = False
    why: str = ""
    note: str = ""
    returns: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As it stands in trial.json."""
        own = asdict(self)
        return {"to": own.pop("to"), "from": own.pop("before"), **own}


def trial_of(store: Store) -> Trial | None:
    """The trial that is under way, or was when the power failed."""
    found = store.read(TRIAL)
    if found is None:
        return None
    to, before, attempts, returns = (found.get(key) for key in ("to", "from", "attempts", "returns"))
    if not isinstance(to, str) or not number(to):
        return None
    return Trial(
        to,
        before if isinstance(before, str) and number(before) else None,
        attempts if isinstance(attempts, int) else 1,
        found.get("passed") is True,
        str(found.get("why", "")),
        str(found.get("note", "")),
        returns if isinstance(returns, int) else 0,
    )


def begin(store: Store, to: str, *, passed: bool = False) -> Trial:
    """Let a version be the current one, on trial; `passed` where there is nothing to try.

    Raises `OutputError` where the disk takes no changes: then everything is as it was.
    """
    trial = Trial(to, store.pointed("current"), passed=passed)
    store.write(TRIAL, trial.to_dict())
    try:
        store.point("current", to)
    except OutputError:
        store.remove(TRIAL)
        raise
    return trial


def resume(store: Store) -> Trial | None:
    """Bring to its end what was under way when the power failed; the trial that is still to be made, if there is one.

    One that was tried already is not tried again. Nothing of the agent may run meanwhile.
    """
    trial, current = trial_of(store), store.pointed("current")
    if trial is not None and current is None and trial.before is not None:  # it was removed, to make room
        roll_back(store, trial, trial.why)
        return None
    if trial is None or current != trial.to:
        if store.read(TRIAL) is not None:
            store.remove(TRIAL)
        return None
    if trial.passed:
        commit_or_roll_back(store, trial)
        return None
    if trial.attempts or trial.why:
        roll_back(store, trial, trial.why or _CUT_SHORT)
        return None
    return trial


def commit_or_roll_back(store: Store, trial: Trial) -> None:
    """Keep a version that has proved itself; where the disk does not even take that, there is no room for it."""
    try:
        commit(store, trial)
    except OutputError as error:
        roll_back(store, trial, str(error))


def attempt(store: Store, trial: Trial) -> Trial:
    """Note that a version is about to be started, and have the state of the one before as it can use it."""
    tried = replace(trial, attempts=trial.attempts + 1, note=_note_of_state(store, trial))
    store.write(TRIAL, tried.to_dict())
    return tried


def _note_of_state(store: Store, trial: Trial) -> str:
    """What is to be said of the state; where it does not fit, that comes out in the trial."""
    try:
        return fit_state(store, trial.to, trial.before) if trial.before is not None else ""
    except OutputError as error:
        return str(error)


def commit(store: Store, trial: Trial) -> None:
    """Keep a version that has proved itself; what it brings for the device itself counts from now on.

    Can be done again where it was cut short.
    """
    if not trial.passed:
        store.write(TRIAL, replace(trial, passed=True).to_dict())
    _raise_highest(store, trial.to)
    if number(trial.to) >= store.highest:
        _take_over(store, store.folder(trial.to))
    store.point("previous", back_from(store, trial.to))
    store.mark(trial.to, "healthy")
    store.unmark(trial.to, _LEFT)
    if trial.before is not None and trial.before in store.labels() and number(trial.before) > number(trial.to):
        store.mark(trial.before, _LEFT)
    say(store, trial.to, "healthy", trial.note)
    store.remove(TRIAL)


def roll_back(store: Store, trial: Trial, why: str) -> None:
    """Let what ran before be the current version again. Can be done again where it was cut short.

    Raises `OutputError` where that would not open the agent's state as it is now: to be tried again, at most ten times.
    """
    trial, is_cut = replace(trial, passed=False, why=why, returns=trial.returns + 1), why == _CUT_SHORT
    with contextlib.suppress(OutputError):  # then a power cut forgets the reason
        store.write(TRIAL, trial.to_dict())
    before = trial.before if trial.before in store.labels() else back_from(store, trial.to)
    if before is not None:
        why = "; ".join(filter(None, (why, _fit_for_return(store, before, trial))))
    say(store, trial.to, "rolled back", why, is_cut=is_cut)
    try:
        store.point("current", before)
    except OutputError:
        if trial.to in store.labels("healthy"):
            raise
        store.discard(trial.to)  # the disk is so full that not even a name has room
        store.point("current", before)
        say(store, trial.to, "rolled back", why, is_cut=is_cut)
    if trial.to not in store.labels("healthy"):
        store.unmark(trial.to, "complete")
    store.remove(TRIAL)


def _fit_for_return(store: Store, before: str, trial: Trial) -> str:
    try:
        return fit_state(store, before, trial.to)
    except OutputError as error:
        if trial.returns < _MOST_RETURNS:
            raise
        return str(error)


def back_from(store: Store, label: str) -> str | None:
    """The version that is gone back to from one: the latest before it that was healthy, and was not left itself."""
    fit = {*store.labels("healthy")} & {*store.labels()} - {*store.labels(_LEFT)}
    return max((other for other in fit if number(other) < number(label)), key=number, default=None)


def check_way_back(store: Store) -> str:
    """The version that a rollback leads to; raises `DeployError` where there is none."""
    current = store.pointed("current")
    back = back_from(store, current) if current else None
    if back is None:
        raise DeployError("there is no earlier version here to go back to", where=str(store.root))
    return back


def prune(store: Store) -> list[str]:
    """Remove all but the current version and the two latest others that were healthy; gives the labels of the rest."""
    current = store.pointed("current")
    others = [label for label in store.labels("healthy") if label != current]
    kept = {current, store.pointed("previous"), *others[-2:]}
    gone = [path.name for path in store.versions.iterdir() if path.name not in kept]
    for label in gone:
        store.discard(label)
    return gone


def say(store: Store, label: str, state: str, why: str, *, is_cut: bool = False) -> None:
    """Note what happened last; a full disk is no reason to stop. `is_cut`: that says nothing against the version."""
    said = {"version": label, "state": state, "why": why, "time": time.time()}
    with contextlib.suppress(OutputError):
        store.write(STATUS_FILE, {**said, **({"cut": True} if is_cut else {})})


def _take_over(store: Store, folder: Path) -> None:
    """The keys and the program that a version brought are those of the device from now on."""
    with contextlib.suppress(BundleError):  # they were read before anything was unpacked
        roll_over(store.root, folder)
    brought = folder / store.program.name
    if brought.is_file() and (not store.program.is_file() or store.program.read_bytes() != brought.read_bytes()):
        write(store.program, brought.read_bytes())


def _raise_highest(store: Store, label: str) -> None:
    try:
        digest = store.manifest(label).digest
    except BundleError:
        return
    if number(label) > store.highest:
        store.write(HIGHEST, {"version": number(label), "digest": digest})
