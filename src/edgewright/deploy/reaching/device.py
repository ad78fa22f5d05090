"""What a device says and does: the program `device.pyz` on it, sent there where it is missing, and asked over SSH."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from edgewright.bundle import Platform
from edgewright.deploy.packing.program import device_program
from edgewright.deploy.reaching.connection import Connection
from edgewright.errors import DeployError, EdgewrightError
from edgewright.machine import Progress, silent

DEFAULT_ROOT = "~/edgewright"
_PROGRAM = "device.pyz"

# What is to be known before there is a program of ours. Debian has the part of venv that it needs in a package.
_LOOK = """
import hashlib, importlib.util, json, os, socket, sys
root = os.path.abspath(os.path.expanduser(sys.argv[1]))
path = os.path.join(root, "device.pyz")
found = hashlib.sha256(open(path, "rb").read()).hexdigest() if os.path.isfile(path) else None
whole = importlib.util.find_spec("venv") is not None
print(json.dumps({"root": root, "program": found, "venv": whole, "host": socket.gethostname()}))
"""


# The program on standard input, which asks and is gone.
_PASSING = """
import runpy, sys, tempfile
with tempfile.NamedTemporaryFile() as program:
    program.write(sys.stdin.buffer.read())
    program.flush()
    sys.argv = [program.name, "--root", sys.argv[1], "ask"]
    runpy.run_path(program.name, None, "__main__")
"""


@dataclass(frozen=True)
class Facts:
    """What a device says of itself; labels of versions, None where there are none. `keys` trusted, `free` bytes.

    `verifies`: whether its program can say beforehand that it would take a bundle. `launcher`: whether what is current
    is kept running.
    """

    names: tuple[str, ...]
    platform: Platform
    current: str | None
    previous: str | None
    highest: int
    keys: int
    free: int
    systemd: bool
    verifies: bool = False
    launcher: bool = False

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Facts:
        """Read what `device.pyz ask` prints; raises `DeployError` where it is something else."""
        try:
            return cls(
                tuple(map(str, said["names"])),
                Platform(said["machine"], said["python"], said["libc"]),
                said["current"],
                said["previous"],
                int(said["highest"]),
                int(said["keys"]),
                int(said["free"]),
                bool(said["systemd"]),
                said.get("verifies") is True,
                said.get("launcher") is True,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DeployError(f"its device.pyz says something else than expected: {error!r}") from None


class Device:
    """A device at the other end of a connection, and the folder on it that versions lie in."""

    def __init__(self, connection: Connection, root: str = DEFAULT_ROOT) -> None:
        self.connection = connection
        self._asked_root = root

    @property
    def name(self) -> str:
        """Where it is, as it was written."""
        return str(self.connection.to)

    @property
    def root(self) -> str:
        """The folder's absolute path there."""
        return str(self._look["root"])

    @property
    def hostname(self) -> str:
        """What it calls itself in its network."""
        return str(self._look["host"])

    @cached_property
    def _look(self) -> dict[str, Any]:
        said = self.connection.python_says(_LOOK, self._asked_root)
        if not isinstance(said, dict) or not {"root", "program", "venv", "host"} <= {*said}:
            raise DeployError("it does not say what it was asked", where=self.name)
        if not said["venv"]:
            remedy = "Run there: sudo apt install python3-venv"
            raise DeployError("its Python cannot make environments", where=self.name, remedy=remedy)
        return dict(said)

    def known(self, progress: Progress = silent) -> Facts:
        """Ask it; its program is sent there where it is missing, or old while no key is trusted that vouches for it."""
        if self._look["program"] is None:
            self.send_program(progress)
            return self.ask()
        facts = self.ask()
        if not facts.keys and self._look["program"] != sha256(device_program()).hexdigest():
            self.send_program(progress)
            return self.ask()
        return facts

    def asked(self) -> Facts:
        """Ask it without changing anything in the folder: where no program is there, one runs that does not stay."""
        if self.there():
            return self.ask()
        return Facts.of(self.connection.python_says(_PASSING, self.root, input=device_program()))

    def ask(self) -> Facts:
        """What the program on it says."""
        return Facts.of(self.tell("ask"))

    def packages(self, platform: Platform) -> str:
        """What Debian's `dpkg` says is installed there, for 32-bit ARM; "" for others, which take nothing from it."""
        if not platform.machine.startswith("armv"):
            return ""
        return self.connection.run(["cat", "/var/lib/dpkg/status"]).decode(errors="replace")

    def there(self) -> bool:
        """Whether anything was deployed to it: its program is in the folder."""
        return self._look["program"] is not None

    def send_program(self, progress: Progress = silent) -> None:
        """Put `device.pyz` there."""
        self.connection.put(device_program(), f"{self.root}/{_PROGRAM}", step="installer", progress=progress)

    def send(self, file: Path | bytes, path: str, *, mode: int = 0o600, progress: Progress = silent) -> int:
        """Put a file into the folder there, and return its size."""
        return self.connection.put(file, f"{self.root}/{path}", mode=mode, progress=progress)

    def remove(self, path: str) -> None:
        """Remove a file of the folder there, if it is there."""
        self.connection.run(["rm", "-f", f"{self.root}/{path}"])

    def tell(self, *words: str, stage: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
        """Have its program do something, and return the last document that it prints; `stage` hears of the others.

        Raises the error that the program tells, with the device in front.
        """
        ended: dict[str, Any] = {}
        command = [self.connection.python, f"{self.root}/{_PROGRAM}", "--root", self.root, *words]
        for document in self.connection.lines(command, what=_PROGRAM, check=False):
            if set(document) == {"stage"}:
                stage(str(document["stage"]))
            else:
                ended = document
        if not ended:
            raise DeployError(f"its {_PROGRAM} said nothing", where=self.name)
        if "error" in ended:
            raise _told(ended, self.name)
        return ended


def _told(ended: Mapping[str, Any], name: str) -> EdgewrightError:
    kind = getattr(sys.modules[EdgewrightError.__module__], str(ended.get("kind")), DeployError)
    known = isinstance(kind, type) and issubclass(kind, EdgewrightError) and kind.__init__ is EdgewrightError.__init__
    return (kind if known else DeployError)(str(ended["error"]), where=name)
