"""Hostile Keras sources: none runs, reads, writes or imports anything, whichever Keras is installed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewright.convert import convert
from edgewright.errors import ConversionError, UntrustedSourceError

from ..bait import Bait
from .attempts import guarded, sources

ROOT = Path(__file__).parents[3]
SOURCES = sources()
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the bait is watched with inotify")


@pytest.fixture
def bait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bait]:
    made = Bait(tmp_path / "bait", tmp_path / "modules")
    monkeypatch.syspath_prepend(str(made.modules))
    monkeypatch.setenv("PYTHONPATH", str(made.modules))
    yield made
    made.close()


def test_kinds_are_many_and_each_is_there_once():
    kinds = [hostile.kind for hostile in SOURCES]
    assert len(set(kinds)) == len(kinds) >= 35


def test_bait_tells_of_reading_writing_and_listing(bait):
    for touch in (bait.secret.read_text, bait.touched.touch, lambda: list(bait.folder.iterdir())):
        assert not bait.taken()
        touch()
        assert bait.taken()


@pytest.mark.parametrize("hostile", [one for one in SOURCES if one.refused], ids=lambda hostile: hostile.kind)
def test_hostile_source_is_refused_before_anything_runs(hostile, tmp_path, bait):
    path = hostile.write(tmp_path, bait)
    bait.taken()
    with pytest.raises((ConversionError, UntrustedSourceError)):
        guarded(path)
    assert not bait.taken()
    assert "edgewright_bait" not in sys.modules


@pytest.mark.parametrize("hostile", [one for one in SOURCES if not one.refused], ids=lambda hostile: hostile.kind)
def test_what_is_loaded_is_what_was_checked(hostile, tmp_path, bait):
    path = hostile.write(tmp_path, bait)
    bait.taken()
    assert [operator.name for operator in convert(path).ops] == ["RELU"]
    assert not bait.taken()


def attempts(folder: Path, how: str, python: str = sys.executable) -> dict[str, tuple[bool, str]]:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow", "TF_USE_LEGACY_KERAS": "0"}
    nowhere = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "HOME": str(folder)}
    command = [python, "-m", "tests.attacks.keras_files.attempts", str(folder), how]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **quiet, **nowhere}, timeout=500)
    made = json.loads((folder / "outcomes.json").read_text())
    return made["outcomes"]


@pytest.fixture(scope="session")
def keras310(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with Keras 3.10, which shares everything else with this one."""
    folder = tmp_path_factory.mktemp("keras310")
    venv.create(folder, with_pip=False)
    packages = next(folder.glob("lib/python3*/site-packages"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(packages),
        "keras==3.10.*",
    ]
    subprocess.run(command, check=True, timeout=300)
    (packages / "shared.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith(("site-packages", "src")))
    )
    return str(folder / "bin" / "python")


@pytest.mark.extras
def test_nothing_runs_with_the_oldest_keras(tmp_path, keras310):
    outcomes = attempts(tmp_path, "guarded", keras310)
    assert [kind for kind, (taken, _) in outcomes.items() if taken] == []
    refused = {hostile.kind for hostile in SOURCES if hostile.refused}
    assert {kind for kind, (_, error) in outcomes.items() if error} == refused


@pytest.mark.extras
@pytest.mark.skipif(importlib.util.find_spec("tf_keras") is None, reason="needs the extra keras2")
def test_the_same_sources_do_harm_where_nothing_guards(tmp_path, keras310):
    """The corpus is worth something: these kinds do run in a bare Keras."""
    harmed: set[str] = set()
    for package, python in (("keras", keras310), ("tf_keras", sys.executable)):
        (tmp_path / package).mkdir()
        outcomes = attempts(tmp_path / package, package, python)
        harmed |= {kind for kind, (taken, _) in outcomes.items() if taken}
    assert len(harmed) >= 45
