"""Deploying over a real sshd: an agent that works, one that does not, signed, cut off in the middle."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgewright.bench import bench
from edgewright.deploy import Deployment, deploy, device_status, measuring_on, new_key, roll_back
from edgewright.errors import DeployError, EdgewrightError, SignatureError, UsageError

from ..conftest import PIP_CACHE
from .agents import MODEL, PICTURE, write_agent
from .loopback import Device, running

pytestmark = pytest.mark.extras

# An agent that ends at once: its model knows no such label.
BROKEN = '\n[[rules]]\nlabels = ["no such thing"]\n'


@dataclass
class Site:
    """A device, and at the desk the file of an agent for it; `lock` of the wheels that all versions have."""

    device: Device
    config: Path
    watched: Path
    lock: Path | None = None

    def deploy(self, config: Path | None = None, **options: object) -> Deployment:
        """Deploy the agent, or that of another file."""
        place = {"root": str(self.device.root), "lock": self.lock, "name": "door"}
        return deploy(self.device.destination, config=config or self.config, **{**place, **options})

    def status(self) -> dict:
        return device_status(self.device.destination, root=str(self.device.root))

    def events(self) -> list[dict]:
        """What the agent has told so far."""
        told = self.device.root / "state/events.jsonl"
        return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []

    def sees(self, picture: Path, name: str) -> None:
        """Put a picture there and wait until the agent has told of it: it is at work."""
        shutil.copy(picture, self.watched / name)
        for _ in range(240):
            if name in [event.get("picture") for event in self.events()]:
                return
            time.sleep(0.25)
        raise AssertionError(f"{name} was never told: {self.status()}")

    def ends(self) -> None:
        """End the launcher that a test left behind."""
        pid = self.device.root / "launcher.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, shared_file: Callable[[str], Path]) -> Iterator[Site]:
    """Deployed once, with the agent at work."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "watched").mkdir()
    config = write_agent(folder / "desk", shared_file(MODEL), folder / "watched")
    with pytest.MonkeyPatch.context() as patch, running(folder / "sshd", {"EDGEWRIGHT_ALONE": "1"}) as device:
        patch.setenv("EDGEWRIGHT_SSH", device.ssh)
        patch.setenv("EDGEWRIGHT_CACHE", str(folder / "cache"))
        patch.setenv("PIP_CACHE_DIR", str(PIP_CACHE))
        site = Site(device, config, folder / "watched")
        try:
            first = site.deploy()
            assert first.healthy, first.why
            shutil.copy(device.root / "current/lock.txt", folder / "lock.txt")
            site.lock = folder / "lock.txt"
            yield site
        finally:
            site.ends()


@pytest.fixture(autouse=True)
def _kept_environment(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ssh and caches for each test, whose home is its own."""
    monkeypatch.setenv("EDGEWRIGHT_SSH", site.device.ssh)


def test_an_agent_is_at_work(site, shared_file):
    site.sees(shared_file(PICTURE), "first.jpg")
    status = site.status()
    assert status["names"] == ["door"] or status["names"] == ("door",)
    assert status["launcher"]
    assert status["last"]["state"] == "healthy"
    assert not list((site.device.root / "incoming").iterdir())


def test_a_version_that_does_not_work_is_taken_back_and_no_event_is_lost(site, shared_file):
    before = site.status()["current"]
    broken = site.config.with_name("broken.toml")
    broken.write_text(site.config.read_text() + BROKEN)
    came = site.deploy(broken)
    assert (came.healthy, came.state, came.after) == (False, "rolled back", before)
    assert "no label 'no such thing'" in came.why
    site.sees(shared_file(PICTURE), "after.jpg")
    numbers = [event["sequence"] for event in site.events()]
    assert numbers == sorted({*numbers})


def test_passwords_are_in_no_bundle_and_there_is_a_way_back(site, shared_file, tmp_path):
    before = site.status()["current"]
    login = tmp_path / "login.toml"
    login.write_text('user = "door"\npassword = "very-secret"\n')
    login.chmod(0o600)
    config = site.config.with_name("sends.toml")
    config.write_text(
        site.config.read_text() + f'[[sinks]]\nsend = "https://127.0.0.1:9/events"\ncredentials = "{login}"\n'
    )
    came = site.deploy(config, lock=None)  # it needs what talks to web servers
    assert came.healthy, came.why
    (there,) = (site.device.root / "secrets").iterdir()
    assert "very-secret" in there.read_text()
    assert there.stat().st_mode & 0o777 == 0o600
    kept = subprocess.run(["grep", "-rl", "very-secret", str(site.device.root)], capture_output=True, text=True)
    assert kept.stdout.split() == [str(there)]
    back = roll_back(site.device.destination, root=str(site.device.root))
    assert (back.healthy, back.after) == (True, before)
    site.sees(shared_file(PICTURE), "back.jpg")


@pytest.mark.parametrize("stage", ["upload", "self-check", "trial"])
def test_cut_off_in_the_middle_a_whole_version_is_at_work_and_the_next_one_succeeds(site, shared_file, stage):
    def cut(step: str, done: int, total: int) -> None:
        if step == stage and (done or not total):
            site.device.cut()

    with pytest.raises(DeployError, match="cut in the middle"):
        deploy(site.device.destination, config=site.config, root=str(site.device.root), lock=site.lock, progress=cut)
    assert site.status()["current"]
    site.sees(shared_file(PICTURE), f"{stage}.jpg")
    again = deployed_when_free(site)
    assert again.healthy, again.why
    site.sees(shared_file(PICTURE), f"{stage}-again.jpg")


def deployed_when_free(site: Site) -> Deployment:
    """The installer that was left alone may still be at work: it has the room to itself until it ends."""
    for _ in range(120):
        try:
            return site.deploy()
        except DeployError as error:
            if "another installation is at work" not in str(error):
                raise
            time.sleep(1)
    raise AssertionError("never free")


def test_the_first_key_is_trusted_and_nothing_else_is_taken_from_then_on(site, shared_file, tmp_path):
    root = str(tmp_path / "signed")
    model, where = shared_file(MODEL), site.device.destination
    new_key("desk", passphrase=False)
    with pytest.raises(EdgewrightError):
        deploy(where, model, root=root, sign="desk", lock=tmp_path / "no-such-lock.txt")
    assert device_status(where, root=root)["keys"] == 0, "nothing is trusted before there is a bundle"
    first = deploy(where, model, root=root, sign="desk", lock=site.lock)
    assert first.healthy
    assert device_status(where, root=root)["keys"] == 1
    with pytest.raises(UsageError, match="takes only what is signed"):
        deploy(where, model, root=root, lock=site.lock)
    Path(os.environ["XDG_CONFIG_HOME"], "edgewright/allowed_signers").unlink()
    new_key("other", passphrase=False)
    with pytest.raises(SignatureError):
        deploy(where, model, root=root, sign="other", lock=site.lock)
    assert device_status(where, root=root)["current"] == first.after


def test_a_disk_that_is_too_small_is_told_and_nothing_is_changed(site, shared_file, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        with pytest.raises(EdgewrightError, match=r"MB are free|disk is full"):
            deploy(site.device.destination, shared_file(MODEL), root=str(disk / "root"), lock=site.lock)
        assert not list((disk / "root/versions").iterdir())
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_figures_come_from_the_device_and_what_they_took_stays_there(site, shared_file):
    model, told = shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), []
    root = str(site.device.folder / "measuring")

    def progress(step: str, done: int, total: int) -> None:
        told.append(step)

    with measuring_on(site.device.destination, root=root, progress=progress) as there:
        first = bench(model, rounds=1, on=there, progress=progress)
    assert {"install", "upload", "latency"} <= {*told}
    # The desk has more than a device: Keras, OpenVINO and others for its tests.
    assert first.machine.libraries.keys() == {"edgewright", "numpy", "pillow", "ai-edge-litert"}
    told.clear()
    with measuring_on(site.device.destination, root=root, progress=progress) as there:
        again = bench(model, rounds=1, on=there, progress=progress)
        with pytest.raises(UsageError, match=f"^{there.name}: there is no engine 'nothing'"):
            bench(model, engines=["nothing"], on=there)
    assert not {"install", "upload"} & {*told}
    assert again.model == first.model
