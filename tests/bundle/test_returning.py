"""The way back where the agent's state is not one that the version before opens: not gone at once, and not for ever."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from edgewright.bundle import Store
from edgewright.bundle.running import programs, switching
from edgewright.bundle.running.returning import fit_state
from edgewright.errors import OutputError

from .devices import Device, label, small_bundle

# Of the agent: cannot tell whether it opens the events while a file "stuck" lies beside them.
RETURNING = b"""
import pathlib, sys
if (pathlib.Path(sys.argv[2]) / "stuck").exists():
    sys.exit("database is locked")
print('{"fits": true, "version": 1}')
"""
FILES = {
    "edgewright/__init__.py": b"",  # so that this package is found before the one that is installed
    "edgewright/agent/__init__.py": b"",
    "edgewright/agent/delivery/__init__.py": b"",
    "edgewright/agent/delivery/returning.py": RETURNING,
}


@pytest.fixture
def old(running: Device, tmp_path: Path) -> Path:
    """The version at work, with events."""
    bundle = small_bundle(tmp_path, 1, files=FILES)
    assert running.install(bundle)[0] == 0
    (running.root / "state" / "outbox.db").touch()
    return bundle


def test_it_is_tried_again_until_the_state_fits(running: Device, old: Path, tmp_path: Path):
    bad = small_bundle(tmp_path, 2, "dies", files=FILES)
    (running.root / "state" / "stuck").touch()
    said: list[tuple[int, dict[str, Any]]] = []
    installing = threading.Thread(target=lambda: said.append(running.install(bad)))
    installing.start()
    running.wait(lambda: "database is locked); trying again" in running.log)
    assert running.current == label(bad)
    assert switching.trial_of(Store(running.root)) is not None
    (running.root / "state" / "stuck").unlink()
    installing.join()
    ((code, ended),) = said
    assert (code, ended["state"], running.current) == (1, "rolled back", label(old))
    assert ended["why"].endswith("the camera is on fire")


def test_in_the_end_it_goes_back_all_the_same_and_says_so(running: Device, old: Path, tmp_path: Path):
    running.off()
    store = Store(running.root)
    bad = label(small_bundle(tmp_path, 2, "dies"))
    store.folder(bad).mkdir()
    store.mark(bad, "complete")
    trial = switching.begin(store, bad)
    (running.root / "state" / "stuck").touch()
    for _ in range(9):
        with pytest.raises(OutputError, match="database is locked"):
            switching.roll_back(store, trial, "it died")
        trial = switching.trial_of(store)
        assert trial is not None
    switching.roll_back(store, trial, "it died")
    assert running.current == label(old)
    assert running.status()["why"].startswith(f"it died; {label(old)}: whether it opens the events")


def test_a_trial_that_was_cut_short_says_nothing_against_the_version(running: Device, old: Path, tmp_path: Path):
    bundle = small_bundle(tmp_path, 2, "never reports")
    with subprocess.Popen(running.command("install", bundle, "--unsigned"), env=running.environment) as installer:
        running.wait(lambda: label(bundle) in running.starts)
        installer.kill()
    running.cut()
    running.boot()
    running.wait(lambda: running.current == label(old))
    running.wait(lambda: running.status()["state"] == "rolled back")
    assert running.status()["cut"] is True


def test_uploads_that_nobody_came_back_for_go(device: Device, tmp_path: Path):
    store = Store(device.root)
    store.make()
    for name, age_s in {"left.bundle.part": 90_000, "left.bundle": 90_000, "young.bundle": 3_600}.items():
        (store.incoming / name).touch()
        os.utime(store.incoming / name, (time.time() - age_s,) * 2)
    for name, age_s in {".edgewright-a.tmp": 4_000, ".edgewright-b.tmp": 10}.items():
        (store.root / name).touch()
        os.utime(store.root / name, (time.time() - age_s,) * 2)
    bundle = small_bundle(store.incoming, 1, runs=())
    os.utime(bundle, (time.time() - 90_000,) * 2)
    assert device.install(bundle)[0] == 0
    assert sorted(path.name for path in store.incoming.iterdir()) == sorted([bundle.name, "young.bundle"])
    assert [path.name for path in store.root.glob("*.tmp")] == [".edgewright-b.tmp"]


# Of the agent: writes for as long as nobody says that it is enough.
SLOW = b"""
import pathlib, sys, time
while not (pathlib.Path(sys.argv[2]) / "enough").exists():
    time.sleep(0.01)
print('{"fits": true}')
"""


def test_the_watchdog_hears_that_all_is_well_while_events_are_written_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """However long that takes: systemd would end the launcher in the midst of it."""
    store = Store(tmp_path / "root")
    store.make()
    for name, content in {**FILES, "edgewright/agent/delivery/returning.py": SLOW}.items():
        path = store.folder("1-0123456789ab") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    store.state.mkdir(exist_ok=True)
    (store.state / "outbox.db").touch()
    monkeypatch.setattr(programs, "_WAITING_S", 0.05)
    monkeypatch.setattr(Store, "python", lambda *_: Path(sys.executable))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        said: list[str] = []
        work = threading.Thread(target=lambda: said.append(fit_state(store, "1-0123456789ab", "2-0123456789ab")))
        work.start()
        heard = [manager.recv(100) for _ in range(4)]
        (store.state / "enough").touch()
    work.join()  # nobody hears any more: what is told now does not wait for room
    assert (heard, said) == ([b"WATCHDOG=1"] * 4, [""])
