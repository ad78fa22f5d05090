"""A bundle twice: the same bytes; and on a device that has no network and has fetched nothing before: it works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.bundle.device import this_platform

from ..conftest import PIP_CACHE
from .agents import MODEL, PICTURE, make_elsewhere, write_agent

pytestmark = [pytest.mark.extras, pytest.mark.xdist_group("offline")]

# On the device: nothing is reached, then installed, then at work until it has seen the picture.
DEVICE = """
set -eu
! "$PYTHON" -c 'import socket; socket.create_connection(("127.0.0.1", 9), 5)' 2>unreachable
grep -q 'Network is unreachable' unreachable
"$PYTHON" -I device.pyz --root root install agent.bundle --unsigned
for second in $(seq 120); do
    [ -s root/state/events.jsonl ] && break
    sleep 1
done
"$PYTHON" -I device.pyz --root root status
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, shared_file: Callable[[str], Path]) -> Path:
    """A folder with an agent, the cache that its bundle was made from, and the bundle."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "watched").mkdir()
    shutil.copy(shared_file(PICTURE), folder / "watched")
    config = write_agent(folder / "config", shared_file(MODEL), folder / "watched")
    (folder / "made").mkdir()
    where = {"EDGEWRIGHT_CACHE": folder / "cache", "PIP_CACHE_DIR": PIP_CACHE}
    made = make_elsewhere(folder / "made", this_platform(), config, **where)
    made.rename(folder / "agent.bundle")
    with tarfile.open(folder / "agent.bundle") as archive:
        for name in ("lock.txt", "device.pyz"):
            (folder / name).write_bytes(archive.extractfile(name).read())  # type: ignore[union-attr]
    return folder


def test_made_twice_it_is_the_same(desk, tmp_path):
    """In another process and folder, by another umask, at another time, with the lock of the first."""
    shutil.copytree(desk / "config", tmp_path / "elsewhere")
    where = {"EDGEWRIGHT_CACHE": desk / "cache", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": 1, "PYTHONHASHSEED": 7}
    config, lock = tmp_path / "elsewhere/agent.toml", desk / "lock.txt"
    again = make_elsewhere(tmp_path, this_platform(), config, lock, umask=0o077, **where)
    assert again.name == f"sees-3-{os.uname().machine}.bundle"
    assert again.read_bytes() == (desk / "agent.bundle").read_bytes()


def test_it_installs_and_runs_without_a_network(desk, tmp_path):
    for name in ("agent.bundle", "device.pyz"):
        shutil.copy(desk / name, tmp_path)
    words = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", DEVICE]
    if os.geteuid() != 0:
        words.insert(1, "--map-root-user")
    python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    environment = {"HOME": str(tmp_path), "PATH": os.defpath, "PYTHON": str(python), "EDGEWRIGHT_ALONE": "1"}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    log = tmp_path / "root/launcher.log"
    assert done.returncode == 0, done.stdout + done.stderr + (log.read_text() if log.exists() else "")
    *stages, installed, status = map(json.loads, done.stdout.splitlines())
    assert {"verify", "unpack", "install", "check", "switch", "trial"} <= {one["stage"] for one in stages}
    assert installed["state"] == "healthy"
    assert status["current"].startswith("3-")
    (event,) = map(json.loads, (tmp_path / "root/state/events.jsonl").read_text().splitlines())
    assert event["result"]["top"][0]["label"] == "macaw"
