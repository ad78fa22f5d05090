"""The folder on a device: who holds its locks, what is noted in it, and what is said where the system refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.bundle import Store
from edgewright.bundle.running import service
from edgewright.errors import DeployError

from .desk import make_desk
from .devices import Device, label, small_bundle


@pytest.fixture
def store(device: Device) -> Store:
    made = Store(device.root)
    made.make()
    return made


def test_who_looks_at_a_lock_holds_it_for_nobody_else_who_looks(store: Store):
    with store.locked("launcher", "", looks=True):
        assert not store.is_locked("launcher")
        assert store.launcher() is None
        with pytest.raises(DeployError), store.locked("launcher", "busy"):
            pass
    with store.locked("launcher", "busy"):
        assert store.is_locked("launcher")


def test_keys_do_not_change_in_the_midst_of_an_installation(device: Device, store: Store, tmp_path: Path):
    (tmp_path / "keys").write_text(f"{make_desk(tmp_path).trusted.line}\n")
    with store.locked("install", "busy"):
        code, said = device.run("trust", tmp_path / "keys")
    assert (code, said[-1]["kind"]) == (1, "DeployError")
    assert not store.trusted.exists()
    assert device.run("trust", tmp_path / "keys")[0] == 0


def test_what_the_system_refuses_is_one_line_of_json(device: Device, store: Store):
    (store.root / "launcher.pid").mkdir()
    code, said = device.run("launch")
    assert (code, said[-1]["kind"]) == (1, "OutputError")
    assert "launcher.pid: cannot be changed: Is a directory" in said[-1]["error"]


def test_one_that_runs_nothing_gives_way_where_the_disk_does_not_take_it(device: Device, store: Store, tmp_path: Path):
    first, second = (small_bundle(tmp_path, version, runs=()) for version in (1, 2))
    assert device.install(first)[0] == 0
    (store.root / ".previous.fresh").mkdir()  # so that the link cannot be written
    code, said = device.install(second)
    assert (code, said["state"], device.current) == (1, "rolled back", label(first)), said
    assert not (store.root / "trial.json").exists()


def test_the_log_begins_anew_where_it_is_long(store: Store):
    log = store.root / "launcher.log"
    log.write_bytes(b"a line\n" * 10)
    service.trim_log(store)
    assert log.stat().st_size == 70
    log.write_bytes(b"a line\n" * 200_000)
    with log.open("ab") as writer:
        service.trim_log(store)
        writer.write(b"the next\n")
    assert log.read_bytes() == b"the next\n"
    assert log.with_suffix(".old").stat().st_size == 1_400_000
