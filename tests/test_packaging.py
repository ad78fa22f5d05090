"""What is published: the wheel and the source archive hold what they must, and the project's own papers are there."""

from __future__ import annotations

import email
import re
import subprocess
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest

import edgewright

from .environments import python_with
from .sharing import Shared

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCE = ROOT / "src"


@pytest.fixture(scope="module")
def tools() -> Path:
    return python_with("packaging", "build>=1.2", "twine>=6")


@pytest.fixture(scope="module")
def dist(shared: Shared, tools: Path) -> Path:
    """The folder with both, made of a copy of what git knows, as from a fresh clone."""

    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone of git, so what belongs to the project is not known")

    def build(folder: Path) -> None:
        clone = folder / "clone"
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone)], check=True)
        command = [str(tools), "-m", "build", "--outdir", str(folder / "dist"), str(clone)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    return shared.folder("dist", build) / "dist"


@pytest.fixture(scope="module")
def clone(dist: Path) -> Path:
    return dist.parent / "clone"


@pytest.fixture(scope="module")
def wheel(dist: Path) -> dict[str, bytes]:
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def source_archive(dist: Path) -> set[str]:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def told(wheel: dict[str, bytes]) -> Message:
    """What the wheel says of itself."""
    (name,) = (name for name in wheel if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel[name])


@pytest.mark.extras
def test_an_index_would_take_both(dist: Path, tools: Path) -> None:
    files = sorted(map(str, dist.iterdir()))
    assert [Path(file).name.rpartition(".")[2] for file in files] == ["whl", "gz"]
    done = subprocess.run(
        [tools, "-m", "twine", "check", "--strict", *files], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


@pytest.mark.extras
def test_the_wheel_has_every_file_of_the_package_data_included(wheel: dict[str, bytes], clone: Path) -> None:
    package = clone / "src"
    files = (path for path in (package / "edgewright").rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert {str(path.relative_to(package)) for path in files} <= set(wheel)
    assert "edgewright/py.typed" in wheel
    assert any(name.startswith("edgewright/hub/entries/") for name in wheel)


@pytest.mark.extras
def test_the_wheel_has_nothing_but_the_package(wheel: dict[str, bytes]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert tops == {"edgewright", f"edgewright-{edgewright.__version__}.dist-info"}
    assert not [name for name in wheel if re.search(r"(^|/)(tests?|docs|examples)/|\.pyc$", name)]


@pytest.mark.extras
def test_the_wheel_says_who_it_is(wheel: dict[str, bytes]) -> None:
    said = told(wheel)
    assert said["Version"] == edgewright.__version__
    assert (said["License-Expression"], said["License-File"]) == ("Apache-2.0", "LICENSE")
    assert said["Requires-Python"] == ">=3.11"
    assert set(said.get_all("Provides-Extra", [])) == set(PROJECT["project"]["optional-dependencies"])
    (license_,) = (data for name, data in wheel.items() if name.endswith("/LICENSE"))
    assert license_ == (ROOT / "LICENSE").read_bytes()
    (scripts,) = (data for name, data in wheel.items() if name.endswith("/entry_points.txt"))
    assert b"edgewright = edgewright.cli:main" in scripts


@pytest.mark.extras
def test_the_source_archive_has_all_that_is_in_the_clone(source_archive: set[str], clone: Path) -> None:
    """All but what is for git and the site that hosts it."""
    known = subprocess.run(["git", "ls-files"], cwd=clone, check=True, capture_output=True, text=True).stdout
    hosting = re.compile(r"\.(git|pre-commit)")
    missing = {name for name in known.splitlines() if not hosting.match(name)} - source_archive
    assert not missing
    assert not [name for name in source_archive if name.endswith(".pyc")]


def test_the_version_stands_in_one_place() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert "version" not in PROJECT["project"]
    assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "edgewright.__version__"}


def test_every_data_file_is_listed_as_package_data() -> None:
    """Seen without a build: each file of the package that is no Python fits one of the patterns."""
    package = SOURCE / "edgewright"
    listed = {
        path
        for pattern in PROJECT["tool"]["setuptools"]["package-data"]["edgewright"]
        for path in package.glob(pattern)
    }
    files = {path for path in package.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
    assert files == listed


def test_the_license_is_the_text_of_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"


def test_before_a_commit_runs_what_make_lint_runs() -> None:
    config = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^ +entry: (.*)$", config, re.MULTILINE) == ["make lint"]
    assert re.findall(r"^ +- repo: (.*)$", config, re.MULTILINE) == ["local"]


def test_files_that_contributing_names_are_there() -> None:
    """Paths in backquotes: of the project, or of the package."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`([\w./-]+/[\w./-]*)`", text)
    assert len(paths) > 40
    made = {"../shared", "docs/reference/"}
    places = (ROOT, SOURCE / "edgewright")
    missing = [path for path in paths if path not in made and not any((place / path).exists() for place in places)]
    assert not missing


def test_each_kind_of_part_that_can_be_added_is_in_contributing() -> None:
    """Whatever has a registry for plug-ins has a row that names the file in which ours are listed."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    where = [path for path in SOURCE.rglob("*.py") if re.search(r"^\w+: Registry\[", path.read_text(), re.MULTILINE)]
    assert len(where) > 10
    for path in where:
        name = str(path.relative_to(SOURCE / "edgewright"))
        assert name in text or name == "hub/catalogue.py", name
