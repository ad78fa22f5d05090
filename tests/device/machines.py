"""An emulated machine and this one, with the same calls, so that a test can ask both."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .build_root import entering
from .wheelhouse import fetch

# Architecture -> the machine's name, which packages Debian provides there, options of venv.
KINDS: dict[str, tuple[str, set[str], list[str]]] = {
    "arm64": ("aarch64", set(), []),
    "armhf": ("armv7l", {"numpy", "pillow"}, ["--system-site-packages"]),
}

_SECONDS = 900


class Machine(Protocol):
    """Runs commands in the folder `work`."""

    @property
    def work(self) -> Path:
        """The folder, as seen from here."""

    def python(self, *arguments: object) -> str:
        """Run the Python that has the project installed and give its standard output."""

    def edgewright(self, *arguments: object, expect: int = 0) -> str:
        """Run the installed command and give its standard output."""


@dataclass(frozen=True)
class Device:
    """An emulated machine. Paths in commands are relative to `work`, which is a folder in its root."""

    architecture: str
    root: Path
    work: Path

    def run(self, *command: object, expect: int = 0) -> str:
        """Run any command there and give its standard output."""
        return output(entering(self.root, "/" / self.work.relative_to(self.root), *command), self.work, expect)

    def python(self, *arguments: object) -> str:
        """Run the Python there that has the project installed."""
        return self.run("edge/bin/python", *arguments)

    def edgewright(self, *arguments: object, expect: int = 0) -> str:
        """Run the installed command there."""
        return self.run("edge/bin/edgewright", *arguments, expect=expect)

    def install(self, wheel: Path) -> None:
        """Install a wheel with pip, from a folder that holds only what pip asks for on that machine."""
        machine, provided, options = KINDS[self.architecture]
        wheels = self.work / "wheels"
        wheels.mkdir()
        shutil.copy(wheel, wheels)
        fetch(wheel, machine, wheels, provided)
        self.run("python3", "-m", "venv", *options, "edge")
        # Byte code is made for what is used; for all of it takes an emulated processor a while.
        options = ["--no-compile", "--no-index", "--find-links", "wheels"]
        self.run("edge/bin/pip", "install", *options, "edgewright")


@dataclass(frozen=True)
class Host:
    """This machine."""

    work: Path

    def python(self, *arguments: object) -> str:
        """Run this Python."""
        return output([sys.executable, *arguments], self.work)

    def edgewright(self, *arguments: object, expect: int = 0) -> str:
        """Run the installed command."""
        return output([Path(sys.executable).with_name("edgewright"), *arguments], self.work, expect)


def output(command: list[object] | list[str], folder: Path, expect: int = 0) -> str:
    """Run a command, which has to end with the code `expect`, and give its standard output."""
    words = [str(word) for word in command]
    options = {"cwd": folder, "env": os.environ | {"COLUMNS": "80"}, "timeout": _SECONDS}
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == expect, f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
