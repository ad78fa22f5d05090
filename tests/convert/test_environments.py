"""Environments of tools that cannot share this Python: made when asked for, whole or not at all; and said if missing.

A tool of our own stands in for the real one; pip really installs it, from an index on the loopback address.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest

from edgewright.check import check_source
from edgewright.cli.environments.asking import with_environments
from edgewright.convert import Opened, find_environment, register_source, require_environment, set_up_environment
from edgewright.convert.environments import TOOLS, Tool
from edgewright.convert.environments.pythons import python_for
from edgewright.errors import ConversionError, MissingEnvironmentError, OutputError, UsageError
from hub.package_index import Answer, Index, serve, sha256, wheel

FILE, DATA = wheel("other-tool", "1.0", {"other_tool.py": b"WORD = 'ready'\n"})
OWN = sys.version_info[:2]


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The only package index that pip knows; it has the tool."""
    server, index = serve()
    for name, value in index.environment().items():
        monkeypatch.setenv(name, value)
    index.offer("other-tool", FILE, Answer(DATA))
    yield index
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDGEWRIGHT_ENVIRONMENTS", str(tmp_path / "environments"))
    return tmp_path / "environments"


def offered(monkeypatch: pytest.MonkeyPatch, **changes: object) -> Tool:
    """Make the tool known, with what is to be different."""
    plain = Tool(
        name="other", title="other-tool 1.0", purpose="converting others", module="other_tool", pythons=(OWN,),
        tolerated=(), download=1_000_000, size=2_000_000, pins=f"other-tool==1.0 --hash=sha256:{sha256(DATA)}\n",
    )  # fmt: skip
    tool = replace(plain, **changes)
    monkeypatch.setitem(TOOLS, "other", tool)
    return tool


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()] if folder.exists() else []


def test_what_is_missing_is_one_line_that_says_how_to_make_it(folder: Path, monkeypatch):
    offered(monkeypatch)
    assert find_environment("other") is None
    with pytest.raises(MissingEnvironmentError) as caught:
        require_environment("other", where="m.onnx")
    assert str(caught.value) == (
        "m.onnx: converting others takes other-tool 1.0, which needs an environment of its own, and that is not made "
        "yet. Make it: edgewright convert --setup other (about 1 MB to download, 2 MB on the disk; edgewright cache "
        "removes it)"
    )
    assert caught.value.environment == "other"
    assert left(folder) == []


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable for this Python with which no Python of an environment starts."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text("import sys\nif 'other' in sys.prefix: raise SystemExit(9)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hook"))


def test_it_is_made_once_of_what_is_pinned_and_found_from_then_on(index: Index, folder: Path, hook, monkeypatch):
    """A run that was killed has left a part of it, which is no environment."""
    tool = offered(monkeypatch)
    (folder / "other" / "bin").mkdir(parents=True)
    (folder / "other" / "bin" / "python").write_text("half")
    (folder / ".trash-1").mkdir()
    assert find_environment("other") is None
    with pytest.raises(MissingEnvironmentError, match="is not whole, for making it was stopped or goes on now"):
        require_environment("other")
    told: list[tuple[str, int, int]] = []
    python = set_up_environment("other", lambda *step: told.append(step))
    assert require_environment("other") == find_environment("other") == python
    asked = [str(python), "-I", "-c", "import other_tool; print(other_tool.WORD)"]
    assert subprocess.run(asked, capture_output=True, text=True, check=False).stdout == "ready\n"
    assert ("downloading 1 packages", 1, 1) in told
    record = json.loads((folder / "other" / "edgewright.json").read_text())
    assert record == {"tool": "other-tool 1.0", "digest": tool.digest, "python": sys.executable}
    before = len(index.asked)
    assert set_up_environment("other") == python
    assert len(index.asked) == before
    assert left(folder) == ["other"]

    offered(monkeypatch, pins=f"{tool.pins}# another list\n")
    assert find_environment("other") is None
    with pytest.raises(MissingEnvironmentError, match="is of another version of Edgewright"):
        require_environment("other")


def test_what_is_sent_in_place_of_the_pinned_file_is_not_installed(index: Index, folder: Path, monkeypatch):
    offered(monkeypatch)
    index.offer("other-tool", FILE, Answer(wheel("other-tool", "1.0", {"other_tool.py": b"1/0"})[1]))
    with pytest.raises(ConversionError, match=r"^the environment of other-tool 1\.0: what the package index sent"):
        set_up_environment("other")
    assert left(folder) == []


def test_an_index_that_cannot_be_reached_is_said(index: Index, folder: Path, monkeypatch):
    offered(monkeypatch)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    with pytest.raises(ConversionError, match="the package index cannot be reached"):
        set_up_environment("other")
    assert left(folder) == []


def test_a_tool_that_does_not_start_is_not_kept(index: Index, folder: Path, monkeypatch):
    offered(monkeypatch, module="quite_other")
    with pytest.raises(ConversionError, match="it does not start: ModuleNotFoundError: No module named 'quite_other'"):
        set_up_environment("other")
    assert left(folder) == []


def test_without_a_fitting_python_it_is_said_which_would_do(folder: Path, monkeypatch):
    offered(monkeypatch, pythons=((3, 97), (3, 98)), tolerated=((3, 99),))
    with pytest.raises(ConversionError) as caught:
        set_up_environment("other")
    assert str(caught.value) == (
        "other-tool 1.0 needs a Python 3.97 or 3.98 or 3.99 of 64 bits with its module venv, and there is none on the "
        "path, in pyenv's or in uv's folder. Install Python 3.97; on Debian and Ubuntu also its package python3-venv"
    )


@pytest.mark.parametrize("place", ["path", "pyenv", "uv"])
def test_another_python_is_found_where_people_have_it(place: str, tmp_path: Path, monkeypatch):
    """A wrapper that does not run stands before it, as those of version managers do."""
    wanted = replace(TOOLS["onnx"], pythons=((3, 98),), tolerated=(OWN,))
    folders = {"path": "path", "pyenv": "pyenv/versions/3.98.1/bin", "uv": "uv/cpython-3.98.1-linux/bin"}
    monkeypatch.setenv("PATH", f"{tmp_path / 'broken'}:{tmp_path / 'path'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    assert python_for(wanted) == Path(sys.executable)
    program = tmp_path / folders[place] / "python3.98"
    for path, text in ((tmp_path / "broken" / "python3.98", "exit 1"), (program, "echo 3 98 True")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    if place == "path":
        (tmp_path / "broken" / "python3.98").unlink()
    assert python_for(wanted) == program


def test_a_full_disk_is_said_before_anything_is_downloaded(index: Index, folder: Path, monkeypatch):
    offered(monkeypatch, size=2**62)
    with pytest.raises(OutputError, match=r"bytes are free, 4,611,\S+ are needed for other-tool 1\.0\. Free some"):
        set_up_environment("other")
    assert (index.asked, left(folder)) == ([], [])


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, monkeypatch):
    offered(monkeypatch)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EDGEWRIGHT_ENVIRONMENTS", str(tmp_path / "file" / "environments"))
    with pytest.raises(OutputError, match=r"Not a directory\. Environments lie in a folder that can be written"):
        set_up_environment("other")


def test_every_package_of_a_real_tool_is_pinned_by_version_and_digest():
    for tool in TOOLS.values():
        packages = [line for line in tool.pins.splitlines() if line and not line.startswith(("#", " "))]
        assert tool.packages == len(packages) > 10
        assert all("==" in line and line.endswith("\\") for line in packages)


def test_a_name_that_is_none_is_wrong_usage(edgewright):
    with pytest.raises(UsageError, match=r"there is no environment 'onyx' to set up\. Choose one of: onnx"):
        find_environment("onyx")
    done = edgewright("convert", "--setup", "onyx")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "Choose one of: onnx" in done.stderr


class Terminal(io.StringIO):
    """What a person sits at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_person_at_a_terminal_is_asked_and_nothing_is_made_against_their_word(
    answer: str, index: Index, folder: Path, monkeypatch
):
    offered(monkeypatch)
    monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
    monkeypatch.setattr(sys, "stderr", shown := Terminal())
    if answer == "y":
        assert with_environments(lambda: require_environment("other")).exists()
        assert "other: ready, in " in shown.getvalue()
    else:
        with pytest.raises(click.Abort):
            with_environments(lambda: require_environment("other"))
        assert (index.asked, left(folder)) == ([], [])
    assert "Make it: edgewright convert --setup other" in shown.getvalue()
    assert "Make it now? [y/N]" in shown.getvalue()


class Needing:
    """A source that lacks its environment."""

    name, title, in_child = "needing", "a file that takes a tool", False

    def recognizes(self, source: object) -> bool:
        return isinstance(source, Path) and source.suffix == ".needing"

    def open(self, source: Path, options: object) -> Opened:
        require_environment("other", where=str(source))
        raise NotImplementedError


def test_a_check_takes_no_missing_environment_for_a_fault_of_the_source(folder: Path, monkeypatch, tmp_path: Path):
    offered(monkeypatch)
    register_source(Needing())
    (tmp_path / "m.needing").write_bytes(b"x")
    with pytest.raises(MissingEnvironmentError, match=r"m\.needing: converting others takes other-tool"):
        check_source(tmp_path / "m.needing")


def test_a_program_is_not_asked(folder: Path, monkeypatch):
    offered(monkeypatch)
    with pytest.raises(MissingEnvironmentError):
        with_environments(lambda: require_environment("other"))
