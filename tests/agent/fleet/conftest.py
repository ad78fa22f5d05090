"""A web server and a broker of one's own, and the folder of a device."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewright.agent.credentials import Credentials
from edgewright.agent.fleet.device import Device
from edgewright.agent.fleet.settings import UpdateSettings

from ..servers import Broker, certificate
from .serving import FileServer, serving


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate and its key."""
    with certificate(tmp_path_factory.mktemp("own")) as files:
        return files


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Those of somebody else."""
    with certificate(tmp_path_factory.mktemp("foreign")) as files:
        return files


@pytest.fixture
def server(own: tuple[Path, Path]) -> Iterator[FileServer]:
    with serving(*own) as one:
        yield one


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    one = Broker(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def device(tmp_path: Path) -> Device:
    """One that runs version 6."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "device.json").write_text(json.dumps({"names": ["door", "yard"]}))
    return Device.here(environment={"EDGEWRIGHT_ROOT": str(root), "EDGEWRIGHT_VERSION": "6-0123456789ab"})


@pytest.fixture
def updates(server: FileServer) -> UpdateSettings:
    """Trusting the server's certificate, and showing it a token."""
    credentials = Credentials(ca=str(server.certificate), token="secret")
    return UpdateSettings(
        source=server.url("/desired.json"), every_s=1.0, most_bytes=5_000_000, credentials=credentials
    )
