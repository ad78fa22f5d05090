"""What is in the cache folder: said with its size, removed by its name, and what has to outlive a removal stays."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

import edgewright
from edgewright import cache as places
from edgewright import cached
from edgewright.errors import UsageError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of each kind, and what nobody knows."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(folder))
    for name, size in {
        "models/one/one.tflite": 3000,
        "models/one.sha256": 64,
        "models/one.made": 10,
        "engines/a.json": 20,
        "environments/onnx/bin/python": 9000,
        "environments/.lock-onnx": 0,
        "stranger/thing": 5,
        ".hidden/thing": 5,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x" * size)
    return folder


def names() -> list[tuple[str, int]]:
    return [(item.name, item.size) for item in cached.contents()]


def test_it_is_known_what_every_folder_of_ours_is_for():
    source = Path(edgewright.__file__).parent
    used = [
        one.strip('"') if one.startswith('"') else getattr(places, one)
        for path in source.rglob("*.py")
        for one in re.findall(r"cache_(?:folder\(\) / |path\()([\w\"]+)", path.read_text())
    ]
    assert len(used) > 8
    assert set(used) - {places.ENVIRONMENTS} == cached._PURPOSES.keys()


def test_each_thing_is_listed_with_its_size_the_largest_first(cache: Path):
    assert names() == [("environments/onnx", 9000), ("models", 3010), ("engines", 20), ("stranger", 5)]
    assert "convert --setup onnx makes it again" in cached.contents()[0].purpose


def test_what_is_removed_is_gone_and_the_rest_is_as_it_was(cache: Path):
    assert cached.remove("environments/onnx") == 9000
    assert not (cache / "environments" / "onnx").exists()
    assert names() == [("models", 3010), ("engines", 20), ("stranger", 5)]


def test_digests_of_first_downloads_outlive_the_models(cache: Path):
    assert cached.remove("models") == 3010
    assert [path.name for path in (cache / "models").iterdir()] == ["one.sha256"]
    assert "models" not in dict(names())


@pytest.mark.parametrize("name", ["onnx", "../secret", "", "environments"])
def test_what_is_not_listed_cannot_be_removed(cache: Path, name: str):
    (cache.parent / "secret").mkdir()
    with pytest.raises(UsageError, match=r"There is: environments/onnx, models, engines, stranger"):
        cached.remove(name)
    assert (cache.parent / "secret").exists()


def test_a_link_is_removed_and_not_followed(cache: Path, tmp_path: Path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "photo").write_bytes(b"x")
    (cache / "engines" / "link").symlink_to(tmp_path / "precious")
    cached.remove("engines")
    assert (tmp_path / "precious" / "photo").exists()


def test_environments_elsewhere_are_listed_too(cache: Path, tmp_path: Path, monkeypatch):
    (tmp_path / "elsewhere" / "onnx").mkdir(parents=True)
    (tmp_path / "elsewhere" / "onnx" / "python").write_bytes(b"xy")
    monkeypatch.setenv("EDGEWRIGHT_ENVIRONMENTS", str(tmp_path / "elsewhere"))
    assert ("environments/onnx", 2) in names()


# ----- as a person uses it


def test_the_command_lists_and_removes(edgewright, cache: Path):
    listed = edgewright("cache")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert [line.split()[0] for line in listed.stdout.splitlines() if " B " in line or " kB " in line][:2] == [
        "environments/onnx",
        "models",
    ]
    assert {item["name"] for item in json.loads(edgewright("cache", "--json").stdout)} == {
        "environments/onnx", "models", "engines", "stranger",
    }  # fmt: skip
    removed = edgewright("cache", "remove", "engines", "models")
    assert removed.stdout == "engines: removed, 20 B are free again\nmodels: removed, 3.01 kB are free again\n"
    assert json.loads(edgewright("cache", "remove", "--all", "--json").stdout) == [
        {"name": "environments/onnx", "freed": 9000},
        {"name": "stranger", "freed": 5},
    ]
    assert edgewright("cache").stderr.startswith("Nothing is kept on this machine yet")


def wrong(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert [part for part in parts if part not in done.stderr] == []


def test_removing_says_what_there_is(edgewright, cache: Path):
    wrong(edgewright("cache", "remove"), "Name what to remove, or say --all")
    wrong(edgewright("cache", "remove", "engines", "--all"), "Name what to remove, or say --all")
    wrong(edgewright("cache", "remove", "onnx"), "There is: environments/onnx, models")


def test_looking_makes_no_cache(edgewright, tmp_path: Path):
    assert edgewright("cache", EDGEWRIGHT_CACHE=tmp_path / "none").returncode == 0
    assert not (tmp_path / "none").exists()
