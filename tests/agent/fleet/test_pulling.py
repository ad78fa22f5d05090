"""Devices that fetch their versions: a real agent under the real launcher, the real installer, a signature, a broker.

What a version runs is this very Edgewright, so that its environment has nothing to install.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edgewright.agent import lay_down
from edgewright.bundle import Manifest, this_platform
from edgewright.deploy import Fleet, FleetDevice, new_key, release, sign, trusted_file, write_bundle
from edgewright.deploy.packing.program import device_program
from edgewright.deploy.writing import entry_of
from edgewright.errors import BundleError

from ...bundle.devices import Device as Root
from ..servers import Broker
from .serving import FileServer
from .test_reporting import Reports

pytestmark = pytest.mark.extras

# Runs the real agent in the Python of the tests, under the name and number of the process that the launcher started.
RUNS = f"""
import os, sys
os.environ["PYTHONPATH"] = {os.pathsep.join(filter(None, sys.path))!r}
os.execv({sys.executable!r}, [{sys.executable!r}, "-P", "-m", "edgewright", *sys.argv[1:], "--json"])
"""

AGENT = """\
model = "{model}"
state = "../../state"
[source]
folder = "{pictures}"
[[sinks]]
send = "file:../../state/events.jsonl"
[fleet]
broker = "mqtt://127.0.0.1:{port}/site"
every = "1s"
[updates]
credentials = "../../secrets/fetch.toml"
"""


class Made:
    """Bundles of versions, each signed or not."""

    def __init__(self, folder: Path, settings: str) -> None:
        self._folder, self._settings = folder, settings

    def bundle(
        self, version: int, *, runs: str = RUNS, key: str | None = "release", devices: tuple[str, ...] = ()
    ) -> Path:
        contents = {
            "agent.toml": self._settings.encode(),
            "edgewright/__init__.py": b"",
            "edgewright/__main__.py": runs.encode(),
            "edgewright/deploy/__init__.py": b"",
            "edgewright/deploy/checking.py": b"",
            "number": str(version).encode(),
        }
        entries = tuple(entry_of(path, content) for path, content in contents.items())
        manifest = Manifest("door", version, this_platform(), entries, devices=devices, runs=("watch", "agent.toml"))
        path = self._folder / f"door-{version}.bundle"
        write_bundle(path, manifest, contents, sign(manifest.to_bytes(), key) if key else b"")
        return path


@pytest.fixture
def made(tmp_path: Path, small_model: Path, broker: Broker, server: FileServer, parrot: Path) -> Made:
    new_key("release", passphrase=False)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "parrot.jpg").write_bytes(parrot.read_bytes())
    settings = AGENT.format(model=small_model, pictures=tmp_path / "pictures", port=broker.port)
    (tmp_path / "bundles").mkdir()
    return Made(tmp_path / "bundles", settings)


@pytest.fixture
def root(tmp_path: Path, made: Made, server: FileServer) -> Iterator[Root]:
    """A device called "door" of the group "yard", which has version 1 and trusts the desk's key."""
    device = Root(tmp_path / "device")
    device.root.mkdir()
    (device.root / "device.pyz").write_bytes(device_program())
    (device.root / "secrets").mkdir(mode=0o700)
    (device.root / "secrets" / "fetch.toml").write_text(f'ca = "{server.certificate}"\n')
    (device.root / "secrets" / "fetch.toml").chmod(0o600)
    device.run("name", "door", "yard")
    device.run("trust", trusted_file())
    device.boot("--within", "30", "--steady", "0.5")
    code, said = device.run("install", made.bundle(1))
    assert code == 0, (said, device.log)
    yield device
    device.end()


@pytest.fixture
def want(broker: Broker, server: FileServer, tmp_path: Path) -> Callable[..., None]:
    fleet = Fleet(
        path=tmp_path / "fleet.toml", devices=(FleetDevice("door"),), broker=f"mqtt://127.0.0.1:{broker.port}/site"
    )

    def lay(*bundles: Path) -> None:
        for bundle in bundles:
            server.files[f"/bundles/{bundle.name}"] = bundle.read_bytes()
        release(fleet, bundles, server.url("/bundles/"))

    return lay


def is_at(version: int, state: str, wanted: int) -> Callable[[dict[str, Any]], bool]:
    return lambda said: (
        said["state"] == "online"
        and said["version"] == version
        and (said["update"]["state"], said["update"]["wanted"]) == (state, wanted)
    )


def test_versions_come_by_themselves_and_bad_ones_do_not_stay(root, made, want, broker, server):
    reports = Reports(broker)
    reports.wait_for(lambda said: said["state"] == "online" and said["version"] == 1)
    want(made.bundle(2))
    said = reports.wait_for(is_at(2, "current", 2))
    assert (said["name"], said["groups"], said["counters"]["events"]) == ("door", ["yard"], 1)
    assert root.current.startswith("2-")

    broken = made.bundle(3, runs="raise SystemExit('the camera is on fire')")
    want(broken)
    said = reports.wait_for(is_at(2, "failed", 3))
    assert said["update"]["why"].startswith("rolled back: ")
    assert "the camera is on fire" in said["update"]["why"]

    want(made.bundle(4))
    reports.wait_for(is_at(4, "current", 4))
    assert json.loads((root.root / "highest.json").read_text())["version"] == 4
    events = (root.root / "state" / "events.jsonl").read_text().splitlines()
    assert len(events) == 1  # the picture was seen once, by the first version, and is not lost
    assert not [path.name for path in (root.root / "incoming").iterdir() if path.suffix in (".bundle", ".part")]
    reports.subscriber.close()


def test_what_nobody_signed_and_what_is_for_others(root, made, want, broker, server, tmp_path):
    reports = Reports(broker)
    reports.wait_for(lambda said: said["state"] == "online" and said["version"] == 1)
    with pytest.raises(BundleError, match="it is not signed, and devices fetch nothing unsigned"):
        want(made.bundle(2, key=None))
    lay = partial(lay_down, f"mqtt://127.0.0.1:{broker.port}/site")
    bundle = tmp_path / "bundles" / "door-2.bundle"
    server.files["/bundles/door-2.bundle"] = bundle.read_bytes()
    lay({"door": wish(server, bundle, 2)})
    said = reports.wait_for(is_at(1, "failed", 2))
    assert "it is not signed, and here keys are trusted" in said["update"]["why"]

    new_key("stranger", passphrase=False)
    want(made.bundle(3, key="stranger"))
    said = reports.wait_for(is_at(1, "failed", 3))
    assert "trusted" in said["update"]["why"]

    want(made.bundle(4, devices=("gate",)))
    said = reports.wait_for(is_at(1, "failed", 4))
    assert "it is for gate, and this device is called door, yard" in said["update"]["why"]

    lay({"door": wish(server, made.bundle(5), 9)})  # says it is 9, and is 5
    reports.wait_for(lambda said: said["version"] == 5)
    reports.subscriber.close()


def wish(server: FileServer, bundle: Path, version: int) -> bytes:
    data = bundle.read_bytes()
    server.files[f"/bundles/{bundle.name}"] = data
    url = server.url(f"/bundles/{bundle.name}")
    return json.dumps(
        {"version": version, "url": url, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    ).encode()
