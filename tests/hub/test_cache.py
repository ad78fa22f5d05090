"""The cache: where it is, and that a model in it is whole or not there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from edgewright.errors import HubError, OutputError
from edgewright.hub import cache


def made(folder: Path, content: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "m.tflite").write_text(content)
    return folder


def test_the_place_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.root() == tmp_path / "edgewright" / "models"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.root() == Path.home() / ".cache" / "edgewright" / "models"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.root() == Path.home() / ".cache" / "edgewright" / "models"
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(tmp_path / "own"))
    assert cache.model_path("m") == tmp_path / "own" / "models" / "m" / "m.tflite"


def test_publishing_gives_the_folder_its_place_and_replaces_another():
    for content in ("first", "second"):
        with cache.scratch(0) as scratch:
            cache.publish(made(scratch / "made", content), "m")
        assert cache.model_path("m").read_text() == content
    assert [path.name for path in cache.root().iterdir()] == ["m"]


def test_a_scratch_folder_is_gone_whatever_happens():
    def interrupted() -> None:
        with cache.scratch(0) as scratch:
            made(scratch / "made", "half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(cache.root().iterdir()) == []


def test_what_a_killed_run_left_is_removed_a_day_later():
    old, young = (made(cache.root() / name, "x") for name in (".making-old", ".making-young"))
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    with cache.scratch(0):
        assert not old.exists()
        assert young.exists()


def test_removing_says_how_much_is_free_again_and_that_nothing_is_there():
    made(cache.root() / "m", "12345")
    assert cache.remove("m") == 5
    assert list(cache.root().iterdir()) == []
    with pytest.raises(HubError, match="the model m is not in the cache"):
        cache.remove("m")


def test_a_file_where_the_folder_should_be_is_one_line():
    cache.root().mkdir(parents=True)
    (cache.root() / "m").touch()
    with pytest.raises(OutputError, match="EDGEWRIGHT_CACHE"), cache.scratch(0) as scratch:
        cache.publish(made(scratch / "made", "x"), "m")
    assert [path.name for path in cache.root().iterdir()] == ["m"]


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The system allows the files that are written no more than 1,000 bytes; that is reported as a full disk is."""
    import resource
    import signal

    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(tmp_path))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="large"), cache.scratch(0) as scratch:
            made(scratch / "made", "x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(cache.root().iterdir()) == []
