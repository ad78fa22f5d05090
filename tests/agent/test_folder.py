"""A folder with everything in it that is no whole picture: what is one is given once, the rest is skipped and said."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from edgewright.report import printable
from waiting import wait_for

from .folders import CANNOT_READ, FORMATS, OLD, encoded, given, put, source


def a_link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def a_link_in_a_circle(path: Path) -> None:
    path.symlink_to(f"_{path.name}")
    path.with_name(f"_{path.name}").symlink_to(path.name)


def a_link_out_of_the_folder(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def a_link_to_a_picture_elsewhere(path: Path) -> None:
    path.symlink_to(put(path.parents[1], "elsewhere.jpg"))


def a_link_to_nothing(path: Path) -> None:
    path.symlink_to("gone")


def a_link_to_a_folder(path: Path) -> None:
    (path.parents[1] / "full").mkdir()
    put(path.parents[1] / "full", "b.jpg")
    path.symlink_to(path.parents[1] / "full")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(path.parent)  # the path of a socket may have 107 bytes
        try:
            bound.bind(path.name)
        finally:
            os.chdir(here)


def an_empty_file(path: Path) -> None:
    put(path.parent, path.name, b"")


ODD = [a_link_to_itself, a_link_in_a_circle, a_link_out_of_the_folder, a_link_to_a_picture_elsewhere, a_link_to_nothing,
       a_link_to_a_folder, a_pipe, a_socket, an_empty_file]  # fmt: skip


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
class TestWhatIsNoPicture:
    def test_it_is_skipped_and_said_and_the_others_are_given(self, folder, make, caplog):
        put(folder, "a.jpg")
        make(folder / "x.jpg")
        put(folder, "z.jpg")
        assert given(folder) == ["a.jpg", "z.jpg"]
        assert [message.count(": skipped: ") for message in caplog.messages if "/x.jpg" in message] == [1]

    def test_it_is_said_once_and_nothing_is_looked_at_for_ever(self, folder, make, caplog, reading):
        put(folder, "a.jpg")
        make(folder / "x.jpg")
        frames = reading()
        wait_for(lambda: any("/x.jpg" in message for message in caplog.messages))
        wait_for(lambda: len(frames) == 1)
        used = time.process_time()
        time.sleep(1.0)
        assert time.process_time() - used < 0.5, "a source that waits takes no time"
        assert [message.count(": skipped: ") for message in caplog.messages if "/x.jpg" in message] == [1]


class TestWhatCannotBeRead:
    def test_a_file_of_somebody_else_is_skipped_and_said(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            folder.chmod(0o755)
            put(folder, "a.jpg")
            put(folder, "secret.jpg").chmod(0o000)
            put(folder, "z.jpg")
            code = [sys.executable, "-c", CANNOT_READ, name]
            done = subprocess.run(code, capture_output=True, text=True, timeout=60, check=True)
        assert done.stdout == "['a.jpg', 'z.jpg']\n"
        assert done.stderr.count("secret.jpg: skipped: permission denied") == 1

    def test_it_is_given_once_it_can_be_read(self, folder, monkeypatch, reading, caplog):
        """A disk that fails for a while; raised where the system raises it."""
        monkeypatch.setattr("edgewright.agent.capture.sources.folder._AGAIN_S", 0.3)
        put(folder, "a.jpg")
        put(folder, "b.jpg")
        really, sick = os.open, threading.Event()
        sick.set()

        def broken(path: object, *arguments: int, **options: object) -> int:
            if sick.is_set() and str(path).endswith("a.jpg"):
                raise OSError(5, "Input/output error", str(path))
            return really(path, *arguments, **options)

        monkeypatch.setattr(os, "open", broken)
        frames = reading()
        wait_for(lambda: len(frames) == 1)
        time.sleep(1.0)
        assert [frame.name for frame in frames] == ["b.jpg"]
        sick.clear()
        wait_for(lambda: len(frames) == 2)
        assert sum("input/output error" in message for message in caplog.messages) == 1

    def test_files_that_vanish_while_they_are_looked_at(self, folder, caplog):
        for number in range(200):
            put(folder, f"{number}.jpg")
        one = source(folder)
        names = []
        for frame in one.frames():
            names.append(frame.name)
            for number in range(0, 200, 2):
                (folder / f"{number}.jpg").unlink(missing_ok=True)
        assert set(names) - {f"{number}.jpg" for number in range(0, 200, 2)} == {f"{n}.jpg" for n in range(1, 200, 2)}
        assert len(names) == len(set(names))
        assert caplog.messages == []

    def test_a_link_that_takes_the_place_of_a_file_is_not_followed(self, folder):
        put(folder, "a.jpg")
        one = source(folder)
        whole, _ = one._look()
        (folder / "a.jpg").unlink()
        (folder / "a.jpg").symlink_to(put(folder.parent, "secret.jpg"))
        assert one._read(whole[0]) is None


class TestNames:
    @pytest.mark.parametrize(
        "name", [b"\xff\xfe.jpg", b"a\nb.jpg", b"\x1b[31m.jpg", "ü ✓.jpg".encode(), b" .jpg", b"x" * 251 + b".jpg"]
    )
    def test_any_name_is_given_as_text(self, folder, name):
        path = os.fsencode(folder) + b"/" + name
        Path(os.fsdecode(path)).write_bytes(encoded())
        os.utime(path, (OLD, OLD))
        (taken,) = given(folder)
        assert taken.encode() == name or "\\udc" in taken

    def test_names_in_the_log_are_clean(self, folder, caplog):
        for name in (b"\xff\xfe.jpg", b"a\nb.jpg", b"\x1b[31mred.jpg", "\u202e.jpg".encode()):
            (folder / os.fsdecode(name)).symlink_to("gone")
        assert given(folder) == []
        assert sum(": skipped: " in message for message in caplog.messages) == 4
        assert all(message == printable(message) for message in caplog.messages)

    def test_a_thousand_links_are_no_log_of_a_thousand_lines(self, folder, caplog):
        for number in range(1000):
            (folder / f"{number}.jpg").symlink_to("gone")
        put(folder, "a.jpg")
        assert given(folder) == ["a.jpg"]
        assert len(caplog.messages) == 21


class TestWriters:
    """A picture is given when it is whole: at once where its end shows that, else when nobody has written for long."""

    def test_a_writer_that_pauses_is_waited_for(self, folder, reading):
        contents = {name: encoded(name) for name in FORMATS}
        frames = reading()
        for third in range(3):
            for name, content in contents.items():
                with (folder / f"slow.{name.lower()}").open("ab") as file:
                    step = len(content) // 3 + 1
                    file.write(content[third * step : (third + 1) * step])
            time.sleep(2.0 if third < 2 else 0)
        wait_for(lambda: len(frames) == len(FORMATS))
        time.sleep(0.6)
        assert {frame.content for frame in frames} == set(contents.values())
        assert len(frames) == len(FORMATS)

    @pytest.mark.parametrize("behind_s", [15, 3600])
    def test_one_whose_time_is_of_another_clock_is_waited_for(self, folder, reading, behind_s):
        """As that of a server which keeps the folder."""
        content = encoded()
        frames = reading()
        for part in range(8):
            with (folder / "a.jpg").open("ab") as file:
                file.write(content[part * len(content) // 8 : (part + 1) * len(content) // 8])
            os.utime(folder / "a.jpg", (time.time() - behind_s,) * 2)
            time.sleep(0.3)
        wait_for(lambda: frames)
        assert [frame.content for frame in frames] == [content]

    @pytest.mark.parametrize("name", FORMATS)
    def test_one_that_is_finished_is_not_made_to_wait_for_a_writer_that_pauses(
        self, folder, reading, monkeypatch, name
    ):
        monkeypatch.setattr("edgewright.agent.capture.sources.folder._SETTLED_S", 1e9)
        frames = reading()
        put(folder, f"a.{name.lower()}", encoded(name), when=None)
        put(folder, f"ahead.{name.lower()}", encoded(name), when=time.time() + 1e6)
        wait_for(lambda: len(frames) == 2)

    @pytest.mark.parametrize("content", [encoded()[:900], b"no picture at all", encoded("TIFF")])
    def test_one_without_a_certain_end_is_given_in_the_end(self, folder, reading, monkeypatch, content):
        monkeypatch.setattr("edgewright.agent.capture.sources.folder._SETTLED_S", 2.0)
        frames = reading()
        put(folder, "a.jpg", content, when=None)
        time.sleep(1.0)
        assert frames == []
        wait_for(lambda: len(frames) == 1)

    def test_an_empty_file_that_is_filled_later_is_given(self, folder, reading, caplog):
        put(folder, "a.jpg", b"")
        frames = reading()
        wait_for(lambda: bool(caplog.messages))
        put(folder, "a.jpg", when=None)
        wait_for(lambda: len(frames) == 1)

    def test_one_of_a_size_that_is_no_picture_is_not_read(self, folder):
        with (folder / "a.jpg").open("wb") as file:
            file.truncate(1 << 40)
        os.utime(folder / "a.jpg", (OLD, OLD))
        (frame,) = source(folder).frames()
        assert "over 256,000,000 bytes" in str(frame.error)


class TestGivingBack:
    @pytest.mark.parametrize("every_frame", [True, False])
    def test_while_results_have_no_place_pictures_are_not_looked_at_over_and_over(self, folder, every_frame):
        for number in range(50):
            put(folder, f"{number:02}.jpg")
        one = source(folder, once=False, every_frame=every_frame)
        threading.Timer(2.0, one.close).start()
        offered = 0
        for frame in one.frames():
            offered += 1
            one.give_back([str(frame.mark)])
        assert 1 <= offered < 12

    def test_all_are_given_in_the_end(self, folder, monkeypatch):
        monkeypatch.setattr("edgewright.agent.capture.sources.folder._LONGEST_PAUSE_S", 0.02)
        for number in range(50):
            put(folder, f"{number:02}.jpg")
        one, kept, refused = source(folder), [], set()
        for frame in one.frames():
            if frame.name in refused or int(str(frame.name)[:2]) % 3:
                kept.append(frame.name)
            else:
                refused.add(frame.name)
                one.give_back([str(frame.mark)])
        assert sorted(kept) == [f"{number:02}.jpg" for number in range(50)]


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "edgewright")
