"""Power cuts that take all that was not synchronized, names in folders too: a whole version runs all the same."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.bundle import Store, open_bundle
from edgewright.bundle.running import switching
from edgewright.bundle.running.preparing import make_environment

from .cutting import Ordeal, at_once
from .devices import SOON, Device, label

PROGRAM = Path(__file__).with_name("losing.py")

# Between the moments that are tried in a short run.
EACH = 20


def watched(device: Device, left: Path, *words: object) -> subprocess.Popen[bytes]:
    left.mkdir()
    command = [sys.executable, PROGRAM, device.root, left, *words]
    return subprocess.Popen([*map(str, command)], env=device.environment, stdout=subprocess.DEVNULL)


def left_by_installer(ordeal: Ordeal, left: Path) -> None:
    device = ordeal.device("watched")
    device.boot()
    installer = watched(device, left, "install", ordeal.new, "--unsigned")
    assert installer.wait(120) in (0, 1)
    device.end()


@pytest.mark.parametrize(
    "share",
    [pytest.param(slice(7, None, EACH), id="some"), pytest.param(slice(None), id="all", marks=pytest.mark.extras)],
)
class TestLostWrites:
    def look_at_each(self, ordeal: Ordeal, left: Path, share: slice) -> None:
        moments = sorted(int(path.name) for path in left.iterdir())
        assert len(moments) > 15
        print(f"{len(moments)} moments")

        def look(number: int, _: None) -> None:
            device = Device(ordeal.folder / f"{number}" / "device")
            device.root.parent.mkdir()
            shutil.move(left / f"{number}", device.root)
            try:
                ordeal.look_at(device)
            except AssertionError as error:
                raise AssertionError(f"moment {number}: {error}") from error
            finally:
                device.end()
                shutil.rmtree(device.root.parent, ignore_errors=True)

        at_once(look, [(number, None) for number in moments[share]])

    def test_of_the_installer(self, tmp_path, with_old, bundles, share):
        ordeal = Ordeal(tmp_path, with_old, bundles, bundles.new)
        left_by_installer(ordeal, tmp_path / "left")
        self.look_at_each(ordeal, tmp_path / "left", share)

    @pytest.mark.parametrize("works", [True, False], ids=["forward", "back"])
    def test_of_the_launcher(self, tmp_path, with_old, bundles, bad, share, works):
        ordeal = Ordeal(tmp_path, with_old, bundles, bundles.new if works else bad)
        device = ordeal.device("watched")
        put_on_trial(device, ordeal)
        launcher = watched(device, tmp_path / "left", "launch", *SOON)
        device.wait(lambda: device.status()["version"] == label(ordeal.new))
        device.wait(lambda: not (device.root / "trial.json").exists())
        launcher.send_signal(signal.SIGTERM)
        launcher.wait(60)
        self.look_at_each(ordeal, tmp_path / "left", share)


def put_on_trial(device: Device, ordeal: Ordeal) -> None:
    """Install the new version as far as the switch, with nobody there to try it."""
    store = Store(device.root)
    with open_bundle(ordeal.new, (), unsigned=True) as opened:
        opened.unpack(store.folder(opened.manifest.label))
    make_environment(store, label(ordeal.new))
    store.mark(label(ordeal.new), "complete")
    switching.begin(store, label(ordeal.new))
