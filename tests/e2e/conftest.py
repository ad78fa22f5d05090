"""The command line as a user has it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("edgewright")


@pytest.fixture(scope="session")
def edgewright(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the installed command with arguments, in a home of its own; keywords go to `subprocess.run`."""
    home = tmp_path_factory.mktemp("home")
    cwd = tmp_path_factory.mktemp("cwd")

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
        settings = {"capture_output": True, "text": True, "timeout": 300, "cwd": cwd, "env": environment} | options
        return subprocess.run([str(COMMAND), *map(str, arguments)], check=False, **settings)

    return run
