"""Rollouts to several devices of this machine: a real sshd, root, installer and launcher each.

What a version runs is a small program in an agent's place, so that nothing has to be installed for it.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.servers import Broker
from bundle.devices import PROGRAM
from deploy.loopback import Device, running
from edgewright.agent import read_reports
from edgewright.bundle import Manifest, Platform
from edgewright.deploy import Bundle, Rollout, Step, deploy_all, entry_of, new_key, read_fleet, sign, write_bundle
from edgewright.deploy.fleet import rollout
from edgewright.errors import DeployError, UsageError

pytestmark = pytest.mark.extras

NAMES = ("door", "gate", "roof")


class Maker:
    """Makes small bundles; `behaves` is what their program does. `made` has the platforms that were asked for."""

    def __init__(self) -> None:
        self.behaves = "works"
        self.made: list[Platform] = []

    def __call__(
        self, out: Path, *, platform: Platform, version: int, devices: tuple[str, ...], sign: str | None, **_: Any
    ) -> Bundle:
        self.made.append(platform)
        contents = {
            "behaves": self.behaves.encode(),
            "edgewright/__init__.py": b"",
            "edgewright/__main__.py": (PROGRAM / "__main__.py").read_bytes(),
            "edgewright/deploy/__init__.py": b"",
            "edgewright/deploy/checking.py": (PROGRAM / "checking.py").read_bytes(),
        }
        entries = tuple(entry_of(path, content) for path, content in contents.items())
        manifest = Manifest("small", version, platform, entries, devices=devices, runs=("watch", "agent.toml"))
        write_bundle(out, manifest, contents, _signature(manifest, sign), overwrite=True)
        return Bundle(out, manifest, signed=sign is not None)


def _signature(manifest: Manifest, key: str | None) -> bytes:
    return sign(manifest.to_bytes(), key) if key else b""


class Devices:
    """Those of this machine, by name."""

    def __init__(self, folder: Path, found: dict[str, Device]) -> None:
        self.folder, self.found = folder, found

    def root(self, name: str) -> Path:
        return self.found[name].folder / "home" / "edgewright"

    def current(self, name: str) -> str | None:
        link = self.root(name) / "current"
        return link.readlink().name if link.is_symlink() else None

    def written(self, top: str = "", away: tuple[str, ...] = (), **more: str) -> Path:
        """A fleet.toml of them; those `away` have an address that nobody is at."""
        hosts = {name: device.destination for name, device in self.found.items()}
        hosts |= {name: f"127.0.0.1:{port}" for port, name in enumerate(away, 1)}
        tables = [
            f'[[devices]]\nhost = "{host}"\nname = "{name}"\ngroups = ["yard"]\n{more.get(name, "")}\n'
            for name, host in hosts.items()
        ]
        (self.folder / "fleet.toml").write_text("\n".join(['model = "small.tflite"', top, *tables]))
        return self.folder / "fleet.toml"

    def end(self) -> None:
        for name in self.found:
            with suppress(OSError, ValueError):
                os.kill(int((self.root(name) / "launcher.pid").read_text()), signal.SIGTERM)


@pytest.fixture
def devices(tmp_path: Path, shared_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Devices]:
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    (tmp_path / "small.tflite").write_bytes(model.read_bytes())
    with ExitStack() as opened:
        found = {name: opened.enter_context(running(tmp_path / name, {"EDGEWRIGHT_ALONE": "1"})) for name in NAMES}
        config = tmp_path / "ssh_config"
        keys = "".join(f"IdentityFile {device.folder / 'user'}\n" for device in found.values())
        hosts = " ".join(str(device.folder / "known_hosts") for device in found.values())
        config.write_text(
            f"{keys}IdentitiesOnly yes\nIdentityAgent none\nStrictHostKeyChecking yes\nUserKnownHostsFile {hosts}\n"
            "GlobalKnownHostsFile /dev/null\n"
        )
        monkeypatch.setenv("EDGEWRIGHT_SSH", f"ssh -F {shlex.quote(str(config))}")
        made = Devices(tmp_path, found)
        opened.callback(made.end)
        yield made


@pytest.fixture
def roll_out(devices: Devices) -> Callable[..., Rollout]:
    def start(path: Path, make: Maker, **options: Any) -> Rollout:
        return deploy_all(read_fleet(path), make=make, **options)

    return start


def states(rollout: Rollout) -> list[str]:
    return [step.state for step in rollout.steps]


def test_a_few_first_then_the_others_and_on_where_it_stopped(devices, roll_out):
    make, told = Maker(), list[Step]()
    pulls = '[[devices]]\nname = "far"\n'
    first = roll_out(devices.written("canary = 1\nparallel = 2", away=("roof",), gate=pulls), make, tell=told.append)
    assert [(step.name, step.state) for step in first.steps] == [
        ("door", "healthy"), ("gate", "healthy"), ("far", "pulls"), ("roof", "away"),
    ]  # fmt: skip
    assert told[0].name == "door"
    assert (first.why, first.is_whole, len(make.made)) == ("", False, 1)
    assert json.loads((devices.root("gate") / "device.json").read_text()) == {"names": ["gate", "yard"]}
    assert devices.current("door") == devices.current("gate") == first.steps[0].after
    assert first.steps[0].before is None
    assert "nothing answers to SSH there" in first.steps[3].why

    again = roll_out(devices.written("canary = 1\nparallel = 2", gate=pulls), make)
    assert states(again) == ["healthy", "healthy", "pulls", "healthy"]
    assert [step.why for step in again.steps if step.state == "healthy"] == ["it is at work already"] * 2 + [""]
    assert (again.version, again.is_whole, len(make.made)) == (first.version, True, 1)
    assert again.table().to_text(120).splitlines()[-1] == f"3 of 4 have version {first.version}."
    notes = json.loads((devices.folder / "fleet.rollout" / "rollout.json").read_text())
    assert (notes["whole"], notes["version"]) == (True, first.version)


def test_where_the_first_does_not_take_it_nobody_else_gets_it(devices, roll_out):
    make = Maker()
    make.behaves = "dies"
    rollout = roll_out(devices.written(roof="canary = true"), make)
    assert states(rollout) == ["not tried", "not tried", "rolled back"]
    assert rollout.why == "Stopped: roof did not take it."
    assert "the camera is on fire" in rollout.steps[2].why
    assert [devices.root(name).exists() for name in NAMES] == [False, False, True]


def test_where_none_of_the_first_is_there_nobody_gets_it(devices, roll_out):
    rollout = roll_out(devices.written("canary = 2", away=("door", "gate")), Maker())
    assert states(rollout) == ["away", "away", "not tried"]
    assert rollout.why == "Stopped: of the first, door, gate, none was reached."


def test_it_stops_after_so_many_failures(devices, roll_out):
    """One trusts only another key than the one that signs."""
    new_key("release", passphrase=False)
    stranger = devices.folder / "stranger"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(stranger)], check=True)
    devices.root("gate").mkdir(parents=True)
    signer = f"stranger {' '.join(stranger.with_suffix('.pub').read_text().split()[:2])}\n"
    (devices.root("gate") / "allowed_signers").write_text(signer)
    one = roll_out(devices.written('sign = "release"\nstop_after = 1\nparallel = 1'), Maker())
    assert states(one) == ["healthy", "failed", "not tried"]
    assert one.why == "Stopped after 1: gate."
    two = roll_out(devices.written('sign = "release"\nstop_after = 2\nparallel = 1', away=("roof",)), Maker())
    assert states(two) == ["healthy", "failed", "away"]
    assert (two.version, two.why) == (one.version, "")


def test_the_first_are_watched_before_the_others_follow(devices, roll_out):
    broker = Broker(devices.folder)
    broker.start()
    top = f'broker = "mqtt://127.0.0.1:{broker.port}/site"\nsettle = "2s"\n'
    try:
        silent = roll_out(devices.written(top), Maker())
        assert states(silent) == ["unwell", "not tried", "not tried"]
        assert silent.steps[0].why == f"it does not report version {silent.version}"

        report = {"state": "online", "version": silent.version, "healthy": False, "troubles": {"camera": "no pictures"}}
        _say(broker, report)
        ill = roll_out(devices.written(top), Maker())
        assert states(ill) == ["unwell", "not tried", "not tried"]
        assert ill.steps[0].why == "camera: no pictures"

        _say(broker, report | {"healthy": True, "troubles": {}})
        well = roll_out(devices.written(top, away=("gate", "roof")), Maker())
        assert states(well) == ["healthy", "away", "away"]
    finally:
        broker.stop()


def test_a_broker_that_is_away_for_a_moment_is_asked_again(devices, roll_out, monkeypatch: pytest.MonkeyPatch):
    """While the first are watched; one that is away for good leaves a record of what was done."""
    broker = Broker(devices.folder)
    path = devices.written(f'broker = "mqtt://127.0.0.1:{broker.port}/site"\nsettle = "2s"\n', away=("gate", "roof"))
    monkeypatch.setattr(rollout, "_LOOK_S", 0.2)
    lost = roll_out(path, Maker(), version=7)
    assert states(lost) == ["unwell", "not tried", "not tried"]
    assert "cannot be reached: Connection refused" in lost.steps[0].why
    notes = json.loads((devices.folder / "fleet.rollout" / "rollout.json").read_text())
    assert notes["steps"][0]["state"] == "unwell"

    def late(*words: Any, **options: Any) -> dict[str, dict[str, Any]]:
        try:
            return read_reports(*words, **options)
        except DeployError:
            broker.start()
            _say(broker, {"state": "online", "version": 7, "healthy": True, "troubles": {}})
            raise

    monkeypatch.setattr(rollout, "read_reports", late)
    try:
        assert states(roll_out(path, Maker(), version=7)) == ["healthy", "away", "away"]
    finally:
        broker.stop()


def _say(broker: Broker, report: dict[str, Any]) -> None:
    said = json.dumps({**report, "time": datetime.now(UTC).isoformat()})
    subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "site/devices/door/status",
                    "-r", "-q", "1", "-m", said], check=True)  # fmt: skip


def test_what_a_device_gets_has_to_be_said(devices, roll_out):
    path = devices.written()
    path.write_text(path.read_text().replace('model = "small.tflite"', ""))
    with pytest.raises(UsageError, match=r"say what it gets: config"):
        roll_out(path, Maker())
