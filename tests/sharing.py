"""What a test run builds once, whichever of its processes asks first: the others wait for it and use the same."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class Shared:
    """A folder of the whole run; each thing in it is built under a lock by who needs it first."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        base = factory.getbasetemp()
        # With pytest-xdist each process has a folder of its own inside that of the run.
        self._folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
        self._folder.mkdir(exist_ok=True)

    def folder(self, name: str, build: Callable[[Path], object]) -> Path:
        """The folder that `build` fills, to be read only; where it failed, it fails for all with the same words."""
        folder, failed, done = (self._folder / f"{name}{ending}" for ending in ("", ".failed", ".done"))
        with (self._folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists() and not failed.exists():
                folder.mkdir()
                failed.write_text("the process that built it did not come to its end")
                try:
                    build(folder)
                except BaseException as error:
                    failed.write_text(f"{type(error).__name__}: {error}")
                    raise
                failed.rename(done)
            if failed.exists():
                pytest.fail(f"{name} could not be built: {failed.read_text()}")
        return folder

    def value(self, name: str, compute: Callable[[], Any]) -> Any:
        """What `compute` gives, which has to survive pickle."""
        folder = self.folder(name, lambda folder: (folder / "value").write_bytes(pickle.dumps(compute())))
        return pickle.loads((folder / "value").read_bytes())
