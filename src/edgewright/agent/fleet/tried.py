"""Which bundle was installed last and what came of it: kept, since the agent that began it does not see its end."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edgewright.agent.fleet.device import read_object
from edgewright.bundle import STATUS_FILE
from edgewright.errors import OutputError
from edgewright.files import write_atomic

# A power cut in its midst says nothing against a bundle; several do.
MOST_ATTEMPTS = 3

INSTALLING, INSTALLED, FAILED, DONE = "installing", "installed", "failed", "done"


@dataclass(frozen=True)
class Tried:
    """A bundle by its file's SHA-256, its version, how far it came, why not further, and the installer's process."""

    sha256: str = ""
    version: int = 0
    state: str = ""
    why: str = ""
    attempts: int = 0
    process: int = 0


class TriedMemory:
    """Keeps one `Tried` in the device's folder."""

    def __init__(self, root: Path) -> None:
        self._root, self._path = root, root / "update.json"
        found = read_object(self._path)
        names = vars(Tried()).items()
        self.last = Tried(**{key: found[key] for key, usual in names if isinstance(found.get(key), type(usual))})

    def keep(self, tried: Tried) -> None:
        """Remember it; raises `OutputError` where that fails."""
        write_atomic(self._path, json.dumps(asdict(tried)).encode() + b"\n", overwrite=True)
        self.last = tried

    def settle(self, running: int | None, *, at_start: bool = False) -> None:
        """Learn what came of what was begun; `running` is the version that is at work now.

        `at_start`: that this program was started just now, so that a version which is there would be running.
        """
        last = self.last
        if not last.state or last.state == FAILED:
            return
        if running == last.version:
            self._settled(DONE, "")
        elif last.state == INSTALLING:
            if not self.is_installing:
                self._settle_installing()
        elif at_start:
            self._settled(FAILED, self._told() or "it was here, and the device was taken back from it")

    def _settle_installing(self) -> None:
        """What an installation came to that nobody saw the end of."""
        if told := self._told():
            self._settled(FAILED, told)
        elif not self.may_try_again:
            self._settled(FAILED, f"its installation was cut short {self.last.attempts} times")

    def _told(self) -> str:
        """Why it is not at work, as the device's installer and launcher have it; "" where nothing is against it."""
        said = read_object(self._root / STATUS_FILE)
        number = str(said.get("version", "")).partition("-")[0]  # it is a label
        if number != str(self.last.version) or said.get("state") == "healthy" or said.get("cut") is True:
            return ""
        return ": ".join(str(said[key]) for key in ("state", "why") if said.get(key))[:500]

    @property
    def may_try_again(self) -> bool:
        """Whether it was not tried too often."""
        return self.last.attempts < MOST_ATTEMPTS

    @property
    def is_installing(self) -> bool:
        """Whether the installer that was started last is still at work."""
        if not self.last.process:
            return False
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{self.last.process}/cmdline").read_bytes().split(b"\0")
            # After a restart of the device the launcher, which is the same program, may have the number.
            return b"install" in words and any(word.endswith(b"device.pyz") for word in words)
        return False

    def _settled(self, state: str, why: str) -> None:
        settled = replace(self.last, state=state, why=why)
        if settled != self.last:
            with contextlib.suppress(OutputError):  # a full disk: known until the next start
                self.keep(settled)
        self.last = settled
