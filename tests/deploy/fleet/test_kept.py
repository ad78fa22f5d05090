"""What a rollout goes on with, and what makes it begin anew."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgewright.bundle import Manifest, Platform
from edgewright.deploy import Bundle, deploy_all, new_key, read_fleet, retire, write_bundle
from edgewright.deploy.fleet.kept import Kept
from edgewright.machine import alone, silent

TEXT = 'version = 7\nsign = "desk"\nmodel = "{model}"\n' + "".join(
    f'[[devices]]\nname = "{name}"\nhost = "{name}.local"\n' for name in ("door", "gate")
)


def makes_none(out: Path, **_: Any) -> Bundle:
    raise AssertionError(out)


@pytest.fixture
def fleet(tmp_path: Path, shared_file: Callable[[str], Path]) -> Path:
    """With the bundle of a rollout that was not finished."""
    for name in ("desk", "laptop"):
        new_key(name, passphrase=False)
    path = tmp_path / "fleet.toml"
    path.write_text(TEXT.format(model=shared_file("models/mobilenet_v1_0.25_128_quant.tflite")))
    Kept(read_fleet(path), None, makes_none)
    (tmp_path / "fleet.rollout" / "kept.bundle").touch()
    return path


def goes_on(fleet: Path) -> bool:
    Kept(read_fleet(fleet), None, makes_none)
    return (fleet.parent / "fleet.rollout" / "kept.bundle").exists()


def test_with_nothing_changed_it_goes_on(fleet: Path):
    assert goes_on(fleet)


def test_bundles_with_a_key_that_was_retired_are_made_anew(fleet: Path):
    retire("laptop")
    assert not goes_on(fleet)


def test_bundles_that_a_new_device_would_refuse_are_made_anew(fleet: Path):
    fleet.write_text(fleet.read_text() + '[[devices]]\nname = "roof"\nhost = "roof.local"\n')
    assert not goes_on(fleet)


def test_what_the_device_has_installed_is_known_where_its_bundle_is_made(fleet: Path):
    told: dict[str, Any] = {}

    def make(out: Path, **options: Any) -> Bundle:
        told.update(options)
        raise NotImplementedError

    kept = Kept(read_fleet(fleet), None, make)
    with pytest.raises(NotImplementedError):
        kept.bundle(read_fleet(fleet).devices[0], Platform("armv7l", "3.11", "glibc 2.36"), "Package: python3")
    assert told["packages"] == "Package: python3"


def test_devices_that_lack_other_packages_get_other_bundles(fleet: Path):
    """What is missing on one of 32-bit ARM may be there on the next."""
    made: list[str] = []

    def make(out: Path, *, platform: Platform, packages: str, **_: Any) -> Bundle:
        made.append(packages)
        return Bundle(out, Manifest("small", 7, platform, ()), signed=False)

    kept, door = Kept(read_fleet(fleet), None, make), read_fleet(fleet).devices[0]
    armed = Platform("armv7l", "3.11", "glibc 2.36")
    asked = ["Package: python3", "Package: python3-numpy", "Package: python3"]
    paths = [kept.bundle(door, armed, packages).path for packages in asked]
    assert made == asked[:2]
    assert paths[0] == paths[2] != paths[1]


def test_a_device_that_has_the_version_keeps_it_whatever_was_installed_there_since(fleet: Path):
    def make(out: Path, *, platform: Platform, version: int, **_: Any) -> Bundle:
        manifest = Manifest("small", version, platform, ())
        write_bundle(out, manifest, {})
        return Bundle(out, manifest, signed=False)

    door, armed = read_fleet(fleet).devices[0], Platform("armv7l", "3.11", "glibc 2.36")
    (fleet.parent / "fleet.rollout" / "kept.bundle").unlink()
    first = Kept(read_fleet(fleet), None, make).bundle(door, armed, "Package: python3")
    again = Kept(read_fleet(fleet), None, makes_none)
    assert again.bundle(door, armed, "Package: nano", current=first.manifest.label).path == first.path
    with pytest.raises(AssertionError):
        again.bundle(door, armed, "Package: nano", current="6-0123456789ab")


def test_where_no_device_has_a_host_it_is_said_that_none_was_tried(fleet: Path):
    fleet.write_text(fleet.read_text().replace("host =", "groups = []\n# host ="))
    rollout = deploy_all(read_fleet(fleet), make=makes_none)
    assert [step.state for step in rollout.steps] == ["pulls", "pulls"]
    assert rollout.why == "No device has a host: none was tried from here."


def test_a_second_rollout_waits_for_the_first(fleet: Path):
    """It would remove the bundles of the first."""
    fleet.write_text(fleet.read_text().replace("host =", "groups = []\n# host ="))
    waits, done = threading.Event(), threading.Event()

    def roll_out() -> None:
        deploy_all(read_fleet(fleet), make=makes_none, progress=lambda *_: waits.set())
        done.set()

    with alone(fleet.with_suffix(".rolling"), silent, ""):
        other = threading.Thread(target=roll_out)
        other.start()
        assert waits.wait(30)
        assert not done.is_set()
    other.join()
    assert done.is_set()
