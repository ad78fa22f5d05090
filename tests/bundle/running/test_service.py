"""What keeps the launcher running: the unit for systemd, and what the launcher tells it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgewright.bundle import Store
from edgewright.bundle.running import service

from ..devices import Device, small_bundle


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "50% $off" / "edge wright")
    made.make()
    made.program.write_bytes(b"")
    return made


class TestUnit:
    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
    def test_systemd_accepts_it(self, store: Store, tmp_path: Path):
        path = tmp_path / "edgewright.service"
        path.write_text(service.unit(store))
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
        done = subprocess.run(
            ["systemd-analyze", "--user", "verify", path], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, str(path) in done.stderr) == (0, False), done.stderr

    def test_it_starts_the_program_of_the_root(self, store: Store):
        (line,) = [line for line in service.unit(store).splitlines() if line.startswith("ExecStart=")]
        root = str(store.root).replace("%", "%%").replace("$", "$$")
        assert line == f'ExecStart={sys.executable} "{root}/device.pyz" --root "{root}" launch'

    def test_each_root_has_a_unit_of_its_own(self, store: Store):
        assert service.unit_name(Store(Path.home() / "edgewright")) == "edgewright.service"
        assert service.unit_name(store).startswith("edgewright-")


class TestNotify:
    def test_the_service_manager_hears_of_the_launcher_and_of_what_it_runs(self, tmp_path: Path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(tmp_path / "notify"))
            manager.settimeout(30)
            device = Device(tmp_path / "device", {"NOTIFY_SOCKET": str(tmp_path / "notify")})
            device.root.mkdir()
            device.boot()
            heard = [manager.recv(1000).decode()]
            assert device.install(small_bundle(tmp_path, 1))[0] == 0
            device.off()
            manager.settimeout(0)
            try:
                while True:
                    heard += manager.recv(1000).decode().splitlines()
            except BlockingIOError:
                pass
        assert heard[0] == "READY=1"
        assert heard.index("STATUS=looking") < heard.index("STOPPING=1") == len(heard) - 1
        assert "READY=1" in heard[1:]


CRONTAB = """#!/bin/sh
cd {folder}
if [ "$1" = -l ]; then
    [ -e table ] && exec cat table
    echo "$COMPLAINT" >&2
    exit 1
fi
cat >table
"""


class TestCron:
    @pytest.fixture
    def table(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        program = tmp_path / "bin" / "crontab"
        program.parent.mkdir()
        program.write_text(CRONTAB.format(folder=program.parent))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        return program.parent / "table"

    def test_what_stands_there_stays_whatever_its_bytes(self, store: Store, table: Path):
        table.write_bytes(b"# caf\xe9\n0 3 * * * backup")
        assert service._by_cron(store)
        assert service._by_cron(store)
        first, second, own = table.read_bytes().splitlines()
        assert (first, second) == (b"# caf\xe9", b"0 3 * * * backup")
        assert own.startswith(b"@reboot ")

    def test_where_there_is_none_one_is_made(self, store: Store, table: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("COMPLAINT", "no crontab for pi")
        assert service._by_cron(store)
        assert table.read_bytes().count(b"\n") == 1

    def test_one_that_cannot_be_read_is_not_replaced(self, store: Store, table: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("COMPLAINT", "crontab: cannot open /var/spool/cron/pi: Permission denied")
        assert not service._by_cron(store)
        assert not table.exists()


class TestClock:
    def test_the_launcher_remembers_what_time_it_is(self, tmp_path: Path):
        device = Device(tmp_path / "device")
        device.root.mkdir()
        device.boot()
        try:
            device.wait(lambda: time.time() - latest(device.root) < 60)
        finally:
            device.end()


def latest(root: Path) -> float:
    path = root / "clock.json"
    return json.loads(path.read_text())["latest"] if path.exists() else 0.0
