"""docs/from-the-tutorial.md: each old piece of code fails as the page says, each new one works, with a real model."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib.cbook
import pytest
from packaging.requirements import Requirement
from PIL import Image

from .blocks import DOCS, Block, assert_shown, blocks

PAGE = DOCS / "from-the-tutorial.md"


def pairs() -> dict[str, dict[str, Block]]:
    """The blocks of each section, by what they are: "python old", "text new", …"""
    found: dict[str, dict[str, Block]] = defaultdict(dict)
    for block in blocks(PAGE):
        key = " ".join(block.words)
        assert key not in found[block.headings[-1]], f"line {block.line}: a second block {key} in one section"
        found[block.headings[-1]][key] = block
    return found


ALL = pairs()
SETUPS = {block.headings[-1]: block.text for block in blocks(PAGE) if block.words == ("python", "setup")}
PYTHON = [section for section, found in ALL.items() if "python old" in found]


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photograph that matplotlib ships, and one of 12 megapixels."""
    folder = tmp_path_factory.mktemp("photographs")
    with Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)) as photo:
        shutil.copy(photo.filename, folder / "photo.jpg")
        photo.resize((4000, 3000)).save(folder / "12-megapixels.jpg", quality=90)
    return folder


@pytest.fixture
def desk(shared_file, photographs: Path, tmp_path: Path) -> Path:
    """A folder with the files that the page speaks of."""
    for path in photographs.iterdir():
        (tmp_path / path.name).symlink_to(path)
    for name, source in {
        "mobilenet.tflite": "models/mobilenet_v2_1.0_224_quant.tflite",
        "float.tflite": "models/mobilenet_v1_0.25_224_float.tflite",
        "labels.txt": "models/imagenet_labels.txt",
    }.items():
        (tmp_path / name).symlink_to(shared_file(source))
    return tmp_path


def run(desk: Path, section: str, which: str) -> subprocess.CompletedProcess[str]:
    block = ALL[section][f"python {which}"]
    setup = "".join(SETUPS.get(heading, "") for heading in block.headings)
    (desk / "script.py").write_text(setup + block.text)
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        [sys.executable, "script.py"], cwd=desk, capture_output=True, text=True, check=False, env=environment
    )


def test_every_section_has_both_sides():
    for section, found in ALL.items():
        for language in ("python", "console"):
            assert (f"{language} old" in found) == (f"{language} new" in found), section
    assert len(PYTHON) >= 10


@pytest.mark.parametrize("section", PYTHON)
def test_the_old_way_goes_wrong_as_the_page_says(desk: Path, section: str):
    shown = ALL[section]["text old"].text
    done = run(desk, section, "old")
    if "Error: " in shown:
        assert done.returncode == 1
        assert shown.strip() in done.stderr.splitlines()[-1]
    else:
        assert done.returncode == 0, done.stderr
        assert_shown(shown, done.stdout)


@pytest.mark.parametrize("section", PYTHON)
def test_the_new_way_works(desk: Path, section: str):
    done = run(desk, section, "new")
    assert done.returncode == 0, done.stderr
    if "text new" in ALL[section]:
        assert_shown(ALL[section]["text new"].text, done.stdout)


@pytest.mark.parametrize("section", [section for section in PYTHON if "text new" in ALL[section]])
def test_the_two_ways_differ(section: str):
    assert ALL[section]["text old"].text != ALL[section]["text new"].text


def test_all_of_it_at_once(desk: Path):
    done = run(desk, "All of it at once", "run")
    assert done.returncode == 0, done.stderr
    assert_shown(ALL["All of it at once"]["text run"].text, done.stdout)


def test_the_old_wheel_is_refused():
    command, *shown = ALL["The wheel for Python 3.7"]["console old"].text.splitlines()
    words = command.removeprefix("$ python ").split()
    assert words[:3] == ["-m", "pip", "install"]
    # pip looks at the name before it looks for the file, so that no network is needed.
    arguments = [*words[:3], "--dry-run", "--no-deps", "--no-index", *words[3:]]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert shown[0] in done.stderr


@pytest.mark.parametrize(
    ("machine", "python", "runtime"),
    [
        ("x86_64", "3.13", "ai-edge-litert"),
        ("aarch64", "3.11", "ai-edge-litert"),
        ("armv7l", "3.11", "tflite-runtime"),
    ],
)
def test_the_new_package_asks_for_the_runtime_of_the_machine(machine: str, python: str, runtime: str):
    requirements = [Requirement(text) for text in importlib.metadata.requires("edgewright") or []]
    circumstances = {"platform_machine": machine, "python_version": python, "extra": ""}
    wanted = {one.name for one in requirements if one.marker is None or one.marker.evaluate(circumstances)}
    assert wanted & {"ai-edge-litert", "tflite-runtime"} == {runtime}
