"""A Java of this machine for tests, and the parts of exported code that need nothing but Java."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from edgewright.deploy.finding_java import java_command
from edgewright.deploy.targets.java import OLDEST

HINT = "no Java {oldest} or later on this machine (JAVA_HOME, the path, /usr/lib/jvm)"


def java(oldest: int = OLDEST) -> Path:
    """The folder with `java` and `javac`; without them the test is skipped: Debian 12 has none that is new enough."""
    found = java_command(oldest)
    if found and Path(found).with_name("javac").exists():
        return Path(found).parent
    pytest.skip(HINT.format(oldest=oldest))


def compiled(folder: Path, sources: Mapping[str, str], *, release: int = 11) -> Path:
    """Compile sources, without a warning, for a Java as old as Android's; the folder to run them from."""
    for path, text in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    command = [java() / "javac", "-Werror", "-Xlint:all,-options", "--release", str(release), "-d", "built"]
    done = subprocess.run([*command, *sources], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "built"


def ran(built: Path, name: str, *words: object) -> bytes:
    """Run a class; what it prints."""
    command = [java() / "java", "-cp", ".", name, *map(str, words)]
    done = subprocess.run(command, cwd=built, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
