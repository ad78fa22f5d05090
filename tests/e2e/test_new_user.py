"""A new user's path, as README has it, on each Python that it names: from a clone to a photograph that is classified, a
model of their own that is converted and scored, and a folder that is watched.

All `console` blocks of README with the word `path` are one script, run by one shell in a fresh clone with nothing
installed; what it prints has to be what README shows. Packages come out of pip's cache.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ..conftest import PIP_CACHE
from ..docs.blocks import assert_shown, blocks
from ..environments import python_of

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", pytest.param("3.12", marks=pytest.mark.thorough), "3.13")

# Taken when the tests are collected: each test has a home of its own.
_PATH = os.environ["PATH"]

# What the user has: name in the clone -> published file.
OWN = {
    "my_model.h5": "sources/vww_96.h5",
    "photos/nobody/cat.bmp": "images/cat.bmp",
    "photos/nobody/owl.jpg": "images/owl.jpg",
    "photos/nobody/parrot.jpg": "images/parrot.jpg",
    "photos/nobody/sunflower.bmp": "images/sunflower.bmp",
    "photos/person/grace_hopper.jpg": "images/grace_hopper.bmp",
    "photos/person/kites.jpg": "images/kite_and_cold.jpg",
    "photos/person/squat.bmp": "images/squat.bmp",
}
LABELS = "nobody\nperson\n"

_MARK = "@@ command "


def steps() -> Iterator[tuple[str, str]]:
    """(command, what README shows below it) of the path, in its order."""
    for block in blocks(ROOT / "README.md"):
        if block.words[:1] == ("console",) and "path" in block.words:
            for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
                command, _, shown = part.partition("\n")
                yield command, shown


def script() -> str:
    """One bash script of all commands, each announced on a line of its own; it ends at the first that fails."""
    lines = ["set -e", "exec 2>&1"]
    for number, (command, _) in enumerate(steps()):
        lines += [f"printf '\\n{_MARK}%s\\n' {number}", command]
    return "\n".join(lines) + "\n"


@pytest.fixture
def clone(shared_file: Callable[[str], Path], tmp_path: Path) -> Path:
    """A fresh clone, with what the user has in it."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone of git")
    folder = tmp_path / "edgewright"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder], check=True)
    for name, source in OWN.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shared_file(source), folder / name)
    (folder / "labels.txt").write_text(LABELS)
    return folder


@pytest.fixture
def environment(mirror: str, tmp_path: Path) -> dict[str, str]:
    """That of somebody who has just logged in, with `python3` being what is asked for; nothing of ours."""
    (tmp_path / "bin").mkdir()
    return {
        "HOME": str(tmp_path / "home"),
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{_PATH}",
        "LANG": "C.UTF-8",
        "COLUMNS": "80",
        "PIP_CACHE_DIR": str(PIP_CACHE),
        "EDGEWRIGHT_MIRROR": mirror,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    } | {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "HTTPS_", "https_", "SSL_"))}


def test_the_path_is_all_that_a_new_user_does() -> None:
    """Seen without running it: the path installs, fetches, runs, converts, scores and watches."""
    commands = [command for command, _ in steps()]
    assert commands[:3] == ["python3 -m venv .venv", ". .venv/bin/activate", "pip install ."]
    verbs = [command.split()[1] for command in commands if command.startswith("edgewright ")]
    assert {"models", "run", "convert", "evaluate", "watch"} <= set(verbs)
    assert subprocess.run(["bash", "-n"], input=script(), text=True, check=False).returncode == 0


@pytest.mark.extras
@pytest.mark.parametrize("version", VERSIONS)
def test_from_a_clone_to_a_watched_folder(version: str, clone: Path, environment: dict[str, str]) -> None:
    wrapper = Path(environment["PATH"].partition(os.pathsep)[0]) / "python3"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(str(python_of(version)))} "$@"\n')
    wrapper.chmod(0o755)
    told = {"stdout": subprocess.PIPE, "text": True, "timeout": 900}
    done = subprocess.run(["bash", "-c", script()], cwd=clone, env=environment, check=False, **told)
    printed = re.split(rf"^{_MARK}\d+\n", done.stdout, flags=re.MULTILINE)[1:]
    path = list(steps())
    assert done.returncode == 0, f"{path[len(printed) - 1][0]}:\n{printed[-1][-3000:]}"
    for (command, shown), output in zip(path, printed, strict=True):
        assert "Traceback" not in output, f"{command}:\n{output}"
        assert_shown(shown, output)
    installed = clone / ".venv/lib" / f"python{version}" / "site-packages"
    assert list(installed.glob("edgewright-*.dist-info"))
    assert (clone / "my_model.tflite").stat().st_size < 1_000_000
