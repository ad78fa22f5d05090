"""From a bundle to a version that is whole: verified, unpacked, made to run, checked, and only then switched to."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.bundle.clock import latest_time, remember_time
from edgewright.bundle.device import check_fits, check_not_older, names_of
from edgewright.bundle.manifest import Manifest
from edgewright.bundle.opening import Opened, open_bundle
from edgewright.bundle.running import service, switching
from edgewright.bundle.running.preparing import check_itself, make_environment
from edgewright.bundle.running.switching import STATUS_FILE, TRIAL
from edgewright.bundle.store import Store, refused, write
from edgewright.bundle.trusted import read_trusted
from edgewright.bundle.values import check_names
from edgewright.errors import DeployError, OutputError

Progress = Callable[[str], None]

# Wheels are packed; a Python environment has some files of its own, and a disk has to have some room left.
_UNPACKED, _SPARE_BYTES = 4, 32 << 20
_GLANCE_S, _AGAIN_S, _LONGEST_S = 0.1, 10.0, 1800.0
BUSY = "another installation is at work here. Wait until it has ended"


@dataclass(frozen=True)
class Outcome:
    """What came of it: the label of a version, "healthy" or "rolled back", why, and what else is to be said."""

    version: str
    state: str
    why: str = ""
    notices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "notices": list(self.notices)}


def install(
    store: Store,
    bundle: Path,
    *,
    digest: str | None = None,
    unsigned: bool = False,
    downgrade: bool = False,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Install a bundle and switch to it; back by itself where it does not work.

    `digest`, `unsigned`: as `open_bundle` has them. `downgrade`: an older version than one that was healthy here is
    taken. `progress` is told each stage. Raises `EdgewrightError` before anything has changed: the bundle is refused,
    or cannot be made to run here, or the disk is full, or another installation is at work.
    """
    store.make()
    with store.locked("install", BUSY):
        _settle(store)
        store.tidy(keep=bundle)
        progress("verify")
        label = _bring_in(store, bundle, digest, unsigned, downgrade, progress)
        remember_time(store.root)
        return _switch(store, label, progress)


def verify(
    store: Store,
    bundle: Path,
    *,
    names: Sequence[str] = (),
    digest: str | None = None,
    unsigned: bool = False,
    downgrade: bool = False,
) -> Manifest:
    """What a bundle says of itself, if `install` would take it once this device has these names; it changes nothing.

    Raises `BundleError` and `SignatureError` where it is refused, `UsageError` for what is no name.
    """
    check_names(names)
    with _opened(store, bundle, digest, unsigned) as opened:
        _check(store, opened, tuple(names) or names_of(store), downgrade)
        return opened.manifest


def roll_back(store: Store, progress: Progress = lambda _: None) -> Outcome:
    """Go back to the version before the current one, which has to prove itself again; else forward.

    Raises `DeployError` where there is none.
    """
    store.make()
    with store.locked("install", BUSY):
        _settle(store)
        return _switch(store, switching.check_way_back(store), progress)


def _bring_in(
    store: Store, bundle: Path, digest: str | None, unsigned: bool, downgrade: bool, progress: Progress
) -> str:
    """Have the version of a bundle whole in its folder, and give its label."""
    with _opened(store, bundle, digest, unsigned) as opened:
        manifest = opened.manifest
        _check(store, opened, names_of(store), downgrade)
        label = manifest.label
        if label in store.labels():
            return label
        _check_room(store, manifest)
        try:
            progress("unpack")
            opened.unpack(store.folder(label))
            _make_whole(store, label, progress)
        except BaseException:
            store.discard(label)
            raise
    return label


def _opened(store: Store, bundle: Path, digest: str | None, unsigned: bool) -> Opened:
    trusted = read_trusted(store.trusted)
    return open_bundle(bundle, trusted, digest=digest, unsigned=unsigned, at=latest_time(store.root))


def _check(store: Store, opened: Opened, names: tuple[str, ...], downgrade: bool) -> None:
    check_fits(opened.manifest, names)
    check_not_older(store, opened.manifest, downgrade=downgrade)
    opened.trusted()  # keys that cannot be read would be found out too late


def _make_whole(store: Store, label: str, progress: Progress) -> None:
    try:
        progress("install")
        make_environment(store, label)
        progress("check")
        check_itself(store, label)
        if not store.program.is_file() and (store.folder(label) / store.program.name).is_file():
            write(store.program, (store.folder(label) / store.program.name).read_bytes())
        os.sync()
        store.mark(label, "complete")
    except OSError as error:
        raise refused(store.folder(label), error) from None


def _check_room(store: Store, manifest: Manifest) -> None:
    size = sum(entry.size for entry in manifest.files)
    packed = sum(entry.size for entry in manifest.files if entry.path.endswith((".whl", ".deb")))
    needed, free = size + _UNPACKED * packed + _SPARE_BYTES, shutil.disk_usage(store.root).free
    if free < needed:
        raise OutputError(
            f"it needs {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free; nothing was changed",
            where=str(store.root),
            remedy="Free some space",
        )


def _switch(store: Store, label: str, progress: Progress) -> Outcome:
    """Switch to a version that is whole, and see what comes of it."""
    if label == store.pointed("current") and label in store.labels("healthy"):
        return Outcome(label, "healthy", "it is at work already", tuple(service.keep_running(store)))
    progress("switch")
    runs = bool(store.manifest(label).runs)
    try:
        trial = switching.begin(store, label, passed=not runs)
    except OutputError:
        if label not in store.labels("healthy"):
            store.discard(label)
        raise
    if not runs:
        return _without_trial(store, trial)
    notices = service.take_up(store)
    progress("trial")
    _wait_for_end(store)
    return _told(store, label, notices)


def _without_trial(store: Store, trial: switching.Trial) -> Outcome:
    """A version that runs nothing was checked already; what ran before is ended."""
    switching.commit_or_roll_back(store, trial)
    if store.launcher() is not None:
        service.take_up(store)
    return _told(store, trial.to, [])


def _told(store: Store, label: str, notices: list[str]) -> Outcome:
    said = store.read(STATUS_FILE) or {}
    state = "healthy" if store.pointed("current") == label else "rolled back"
    why = str(said.get("why", "")) if said.get("version") == label else ""
    switching.prune(store)
    return Outcome(label, state, why, tuple(notices))


def _settle(store: Store) -> None:
    """Have a trial that is under way, or was cut short, come to its end."""
    if store.read(TRIAL) is None:
        return
    if store.launcher() is not None:
        service.take_up(store)
        _wait_for_end(store)
        return
    trial = switching.resume(store)
    if trial is not None:
        switching.roll_back(store, trial, "it was never started")


def _wait_for_end(store: Store) -> None:
    """Wait until the launcher has decided; it is started again where it does not survive."""
    end, looked = time.monotonic() + _LONGEST_S, time.monotonic()
    while store.read(TRIAL) is not None:
        time.sleep(_GLANCE_S)
        now = time.monotonic()
        if now > end:
            raise DeployError("the launcher comes to no end with it", where=str(store.root))
        if now - looked > _AGAIN_S:
            service.keep_running(store)
            looked = now
