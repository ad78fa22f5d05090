"""What a device keeps that refuses a bundle, is only asked, or has the version already."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bundle.desk import FILES
from bundle.devices import small_bundle
from edgewright.bundle import Manifest, open_bundle
from edgewright.deploy import Bundle, deploy, device_packages, device_platform, entry_of, write_bundle
from edgewright.errors import BundleError

from .loopback import Device, running

ALONE = {"EDGEWRIGHT_ALONE": "1"}


@pytest.fixture(scope="module")
def device(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    with pytest.MonkeyPatch.context() as patch, running(tmp_path_factory.mktemp("sshd"), ALONE) as made:
        patch.setenv("EDGEWRIGHT_SSH", made.ssh)
        yield made


def bundle_for(device: Device, folder: Path, version: int, password: str) -> Bundle:
    """Of what runs nothing, with a password beside it."""
    entries = tuple(entry_of(path, content) for path, content in FILES.items())
    platform = device_platform(device.destination, root=str(device.root))
    manifest = Manifest("small", version, platform, entries)
    path = folder / f"{version}.bundle"
    write_bundle(path, manifest, FILES, overwrite=True)
    return Bundle(path, manifest, signed=False, secrets={"broker.toml": password.encode()})


def test_one_that_is_only_asked_has_nothing_of_ours(device: Device):
    platform = device_platform(device.destination, root=str(device.root))
    assert platform.libc.startswith("glibc")
    assert device_packages(device.destination, platform) == ""
    assert "Package: " in device_packages(device.destination, replace(platform, machine="armv7l"))
    assert not device.root.exists()
    assert not (device.folder / "home" / "edgewright").exists()


def test_a_bundle_that_is_refused_leaves_names_and_passwords(device: Device, tmp_path: Path):
    place = {"root": str(device.root)}
    first = bundle_for(device, tmp_path, 2, "old")
    done = deploy(device.destination, bundle=first, name="door", groups=["a"], **place)
    assert (done.state, done.names) == ("healthy", ("door", "a"))
    older = bundle_for(device, tmp_path, 1, "new")
    with pytest.raises(BundleError, match="2 was at work here"):
        deploy(device.destination, bundle=older, name="gate", groups=["b"], **place)
    assert (device.root / "device.json").read_text() == '{"names": ["door", "a"]}\n'
    assert (device.root / "secrets" / "broker.toml").read_text() == "old"
    assert [path.name for path in (device.root / "incoming").iterdir()] == []

    again = deploy(device.destination, bundle=older, name="gate", groups=["b"], downgrade=True, **place)
    assert (again.state, again.names) == ("healthy", ("gate", "b"))
    assert (device.root / "secrets" / "broker.toml").read_text() == "new"


def test_a_version_is_at_work_only_where_it_is_kept_running(device: Device, tmp_path: Path):
    root = device.folder / "kept"
    bundle = small_bundle(tmp_path, 1)
    with open_bundle(bundle, (), unsigned=True) as opened:
        made = Bundle(bundle, opened.manifest, signed=False)
    pid = root / "launcher.pid"
    try:
        assert deploy(device.destination, bundle=made, root=str(root)).healthy
        assert deploy(device.destination, bundle=made, root=str(root)).sent == 0
        before = int(pid.read_text())
        os.kill(before, signal.SIGKILL)
        again = deploy(device.destination, bundle=made, root=str(root))
        assert again.healthy
        assert int(pid.read_text()) != before
    finally:
        os.kill(int(pid.read_text()), signal.SIGTERM)
