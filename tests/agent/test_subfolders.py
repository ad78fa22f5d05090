"""Folders in a watched folder, as cameras make one for each day: what lies in them is seen; links are not followed."""

from __future__ import annotations

import logging
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgewright.agent import DEFAULT_STATE, Outbox
from edgewright.agent.capture.sources import open_source
from edgewright.agent.capture.sources.folder import FolderSource
from waiting import wait_for

from .folders import CANNOT_READ, given, put, source


def put_in(folder: Path, name: str, when: float | None = 1e9) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return put(path.parent, path.name, when=when)


@pytest.mark.parametrize(
    "names",
    [
        ["2026-01-05/a.jpg"],
        ["2026/01/05/a.jpg", "2026/01/06/a.jpg"],
        ["a.jpg", "sub/a.jpg"],
        ["sub.jpg/a.jpg"],
        ["a b/ü ✓/c.jpg"],
        ["-rf/a.jpg"],
        ["\\x/a.jpg"],
        ["A/a.JPG", "a/a.jpg"],
        ["/".join(["deep"] * 30) + "/a.jpg"],
        [f"{day:02}/{number}.jpg" for day in range(20) for number in range(5)],
        ["sub/a.png", "sub/b.gif", "sub/c.webp"],
    ],
    ids=lambda names: names[0][:20],
)
def test_pictures_in_folders_are_given_once_by_their_path(folder, names):
    for name in names:
        put_in(folder, name)
    assert sorted(given(folder)) == sorted(names)


def test_they_are_given_in_the_order_in_which_they_were_finished(folder):
    for second, name in enumerate(["b/1.jpg", "2.jpg", "a/3.jpg", "b/4.jpg"]):
        put_in(folder, name, when=1e9 + second)
    assert given(folder) == ["b/1.jpg", "2.jpg", "a/3.jpg", "b/4.jpg"]


def test_a_folder_that_arrives_later_is_watched_too(folder, reading):
    frames = reading()
    time.sleep(0.5)
    put_in(folder, "2026-01-05/a.jpg", when=None)
    wait_for(lambda: len(frames) == 1)
    put_in(folder, "2026-01-06/hour/b.jpg", when=None)
    wait_for(lambda: len(frames) == 2)
    moved = folder.parent / "moved"
    put_in(moved, "c.jpg")
    moved.rename(folder / "moved")
    wait_for(lambda: len(frames) == 3)
    assert [frame.name for frame in frames] == ["2026-01-05/a.jpg", "2026-01-06/hour/b.jpg", "moved/c.jpg"]


def test_a_folder_that_goes_while_it_is_looked_at_is_no_error(folder):
    for day in range(10):
        put_in(folder, f"{day}/a.jpg")
    names = []
    for frame in source(folder).frames():
        names.append(frame.name)
        shutil.rmtree(folder / "7", ignore_errors=True)
    assert set(names) >= {f"{day}/a.jpg" for day in range(10)} - {"7/a.jpg"}


def to_itself(folder: Path) -> None:
    (folder / "link").symlink_to(folder)


def to_above(folder: Path) -> None:
    (folder / "link").symlink_to("..")


def in_a_circle(folder: Path) -> None:
    (folder / "sub" / "link").symlink_to(folder)


def to_each_other(folder: Path) -> None:
    (folder / "link").symlink_to("sub")
    (folder / "sub" / "link").symlink_to("..")


def out_of_it(folder: Path) -> None:
    put_in(folder.parent, "elsewhere/secret.jpg")
    (folder / "link").symlink_to(folder.parent / "elsewhere")


@pytest.mark.parametrize("link", [to_itself, to_above, in_a_circle, to_each_other, out_of_it], ids=lambda f: f.__name__)
def test_links_to_folders_are_not_followed_and_said(folder, link, caplog):
    put_in(folder, "sub/a.jpg")
    link(folder)
    assert given(folder) == ["sub/a.jpg"]
    assert "link: skipped: it is a link, and those are not followed" in caplog.text


def test_a_folder_that_becomes_a_link_is_not_followed(folder):
    put_in(folder, "sub/a.jpg")
    put_in(folder.parent, "elsewhere/a.jpg")
    one = source(folder)
    whole, _ = one._look()
    shutil.rmtree(folder / "sub")
    (folder / "sub").symlink_to(folder.parent / "elsewhere")
    assert one._read(whole[0]) is None


def test_folders_without_end_are_left_at_some_depth(folder, caplog):
    put_in(folder, "a.jpg")
    here = os.open(folder, os.O_RDONLY)
    for _ in range(400):
        os.mkdir("deeper", dir_fd=here)
        inner = os.open("deeper", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    assert given(folder) == ["a.jpg"]
    assert "more than 32 folders in each other" in caplog.text
    subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.mark.parametrize("name", [".git/a.jpg", "sub/.thumbnails/a.jpg", "sub/.a.jpg"])
def test_what_is_hidden_stays_so(folder, name):
    put_in(folder, name)
    assert given(folder) == []


def test_the_snapshots_of_an_agent_are_not_looked_at(folder):
    state = folder / DEFAULT_STATE
    state.mkdir()
    Outbox(state / "outbox.db").close()
    put_in(state, "snapshots/a.jpg")
    put_in(folder, "snapshots/b.jpg")
    assert given(folder) == ["snapshots/b.jpg"]


class Memory:
    def __init__(self) -> None:
        self.marks: set[str] = set()

    def taken(self, source: str) -> set[str]:
        return set(self.marks)

    def forget(self, source: str, marks: set[str]) -> None:
        self.marks -= set(marks)


def again(folder: Path, memory: Memory) -> list[str]:
    one = open_source("folder", str(folder), every_frame=True, memory=memory, once=True)
    assert isinstance(one, FolderSource)
    frames = list(one.frames())
    memory.marks |= {str(frame.mark) for frame in frames}
    return [str(frame.name) for frame in frames]


class TestWhatWasSeenBefore:
    @pytest.mark.parametrize(("before", "now", "words"), [
        (12, 0, "seen before: all 12 pictures; another state looks at them again"),
        (1, 0, "seen before: all 1 picture;"),
        (9, 3, "seen before: 9 of 12 pictures; another state looks at them again"),
        (1000, 0, "seen before: all 1,000 pictures;"),
    ])  # fmt: skip
    def test_it_is_said(self, folder, caplog, before, now, words):
        caplog.set_level(logging.INFO, "edgewright")
        memory = Memory()
        for number in range(before):
            put_in(folder, f"{number % 3}/{number}.jpg")
        assert len(again(folder, memory)) == before
        assert "seen before" not in caplog.text
        for number in range(now):
            put_in(folder, f"new/{number}.jpg")
        assert len(again(folder, memory)) == now
        assert caplog.text.count(words) == 1

    def test_no_picture_at_all_is_said(self, folder, caplog):
        (folder / "notes.txt").write_text("no picture")
        assert again(folder, Memory()) == []
        assert "there is no picture in it (.avif, " in caplog.text

    def test_what_is_out_of_reach_for_a_while_is_not_forgotten(self, folder, monkeypatch):
        """A folder of a disk that fails; raised where the system raises it."""
        put_in(folder, "a.jpg")
        put_in(folder, "sub/b.jpg")
        memory = Memory()
        again(folder, memory)
        really = os.open

        def broken(path: object, *arguments: int, **options: object) -> int:
            if path == "sub":
                raise OSError(5, "Input/output error", str(path))
            return really(path, *arguments, **options)

        with monkeypatch.context() as sick:
            sick.setattr(os, "open", broken)
            assert again(folder, memory) == []
        assert again(folder, memory) == []


@pytest.mark.parametrize("suffix", [".JXL", ".jp2", ".dng", ".raw", ".CR2", ".cr3", ".nef", ".arw", ".svg", ".psd"])
def test_pictures_of_kinds_that_are_not_read_are_counted_and_said(folder, caplog, suffix):
    for number in range(3):
        put_in(folder, f"sub/{number}{suffix}")
    put_in(folder, "a.jpg")
    assert given(folder) == ["a.jpg"]
    assert caplog.text.count(f"*{suffix.lower()}: skipped: not read, 3 pictures now; convert them to JPEG") == 1


def test_a_folder_of_somebody_else_is_skipped_and_said(tmp_path_factory: pytest.TempPathFactory):
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        top.chmod(0o755)
        put_in(top, "a.jpg")
        put_in(top, "secret/b.jpg")
        (top / "secret").chmod(0)
        code = [sys.executable, "-c", CANNOT_READ, name]
        done = subprocess.run(code, capture_output=True, text=True, timeout=60, check=True)
        (top / "secret").chmod(stat.S_IRWXU)
    assert done.stdout == "['a.jpg']\n"
    assert done.stderr.count("secret: skipped: permission denied") == 1


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "edgewright")
