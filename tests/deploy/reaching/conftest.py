"""One sshd for all tests of connections."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.loopback import Device, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    """It runs until the last test of a file is over."""
    with running(tmp_path_factory.mktemp("sshd")) as device:
        yield device


@pytest.fixture
def device(server: Device, monkeypatch: pytest.MonkeyPatch) -> Device:
    """The server, and ssh of this process is told its configuration."""
    monkeypatch.setenv("EDGEWRIGHT_SSH", server.ssh)
    return server


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 5 MB; needs root."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", str(place)], check=False)
    if mounted.returncode:
        pytest.skip("mounting needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
