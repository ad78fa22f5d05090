"""A device in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .cutting import Bundles
from .devices import Device, small_bundle


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    """One with nothing on it, whose launcher is not at work yet."""
    made = Device(tmp_path / "device")
    made.root.mkdir()
    yield made
    made.end()


@pytest.fixture
def running(device: Device) -> Device:
    """The same with its launcher at work."""
    device.boot()
    return device


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    """Three versions that work."""
    folder = tmp_path_factory.mktemp("bundles")
    return Bundles(*(small_bundle(folder, version) for version in (1, 2, 3)))


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second version that does not."""
    return small_bundle(tmp_path_factory.mktemp("bad"), 2, "dies")


@pytest.fixture(scope="session")
def with_old(tmp_path_factory: pytest.TempPathFactory, bundles: Bundles) -> Path:
    """The root of a device on which the first version is at work; switched off."""
    device = Device(tmp_path_factory.mktemp("template") / "device")
    device.root.mkdir()
    device.boot()
    try:
        assert device.install(bundles.old)[0] == 0
    finally:
        device.end()
    return device.root
