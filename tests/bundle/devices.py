"""Small bundles, and a device of its own that takes them: real processes, in a folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewright.bundle import Manifest, Platform
from edgewright.bundle.device import this_platform
from edgewright.deploy.writing import entry_of, write_bundle
from waiting import wait_for

PROGRAM = Path(__file__).with_name("program")

# A trial is judged sooner than on a device.
SOON = ("--within", "30", "--steady", "0.2")


def small_bundle(
    folder: Path,
    version: int,
    behaves: str = "works",
    *,
    runs: tuple[str, ...] = ("watch", "agent.toml"),
    devices: tuple[str, ...] = (),
    platform: Platform | None = None,
    files: Mapping[str, bytes] | None = None,
    checked: bool = True,
) -> Path:
    """A bundle without wheels, whose program lies in its folder; small enough to be installed in half a second."""
    contents: dict[str, bytes] = {
        "behaves": behaves.encode(),
        "check.json": b"{}",
        "edgewright/__init__.py": b"",
        "edgewright/__main__.py": (PROGRAM / "__main__.py").read_bytes(),
        "edgewright/deploy/__init__.py": b"",
        "edgewright/deploy/checking.py": (PROGRAM / "checking.py").read_bytes(),
        **(files or {}),
    }
    if not checked:
        del contents["check.json"]
    entries = tuple(entry_of(path, content) for path, content in contents.items())
    manifest = Manifest("door", version, platform or this_platform(), entries, devices=devices, runs=runs)
    path = folder / f"door-{version}-{manifest.digest[:6]}.bundle"
    write_bundle(path, manifest, contents, overwrite=True)
    return path


def label(bundle: Path) -> str:
    """What the folder of a bundle is called."""
    manifest = bundle.read_bytes()[512:].split(b"\n")[0] + b"\n"
    return f"{json.loads(manifest)['version']}-{hashlib.sha256(manifest).hexdigest()[:12]}"


class Device:
    """A root, and the launcher that is at work there, if one is."""

    def __init__(self, root: Path, environment: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.environment = {**os.environ, "EDGEWRIGHT_ALONE": "1", **(environment or {})}
        self._launcher: subprocess.Popen[bytes] | None = None

    def command(self, *words: object) -> list[str]:
        return [sys.executable, "-m", "edgewright.bundle", "--root", str(self.root), *map(str, words)]

    def run(self, *words: object, timeout: float = 60) -> tuple[int, list[dict[str, Any]]]:
        """A command of the device: its exit code, and the documents that it prints."""
        done = subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )
        assert not done.stderr, done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def install(self, bundle: Path, *words: str) -> tuple[int, dict[str, Any]]:
        code, said = self.run("install", bundle, "--unsigned", *words)
        return code, said[-1]

    def boot(self, *words: str) -> None:
        """Start the launcher, as systemd does."""
        with (self.root.parent / "launcher.log").open("ab") as log:
            self._launcher = subprocess.Popen(
                self.command("launch", *(words or SOON)), env=self.environment, stderr=log
            )

    def signal(self, number: signal.Signals) -> None:
        assert self._launcher
        self._launcher.send_signal(number)

    def off(self) -> int:
        """End the launcher."""
        assert self._launcher
        with contextlib.suppress(ProcessLookupError):
            self._launcher.terminate()
        return self._launcher.wait(60)

    def cut(self) -> None:
        """Cut the power: the launcher and what it started are gone."""
        assert self._launcher
        children = Path(f"/proc/{self._launcher.pid}/task/{self._launcher.pid}/children").read_text().split()
        self._launcher.kill()
        self._launcher.wait()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    @property
    def log(self) -> str:
        return (self.root.parent / "launcher.log").read_text()

    @property
    def starts(self) -> list[str]:
        """The labels of what was started, in order."""
        path = self.root / "starts"
        return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def current(self) -> str | None:
        link = self.root / "current"
        return link.readlink().name if link.is_symlink() else None

    def status(self) -> dict[str, Any]:
        return json.loads((self.root / "status.json").read_text())

    def wait(self, what: Any) -> None:
        """Until something holds."""
        wait_for(what, told=lambda: self.log)

    def end(self) -> None:
        """Leave nothing at work, whoever started it."""
        if self._launcher and self._launcher.poll() is None:
            self.off()
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.root / "launcher.pid").read_text()), signal.SIGTERM)
