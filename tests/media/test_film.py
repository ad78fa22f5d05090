"""A video file that is written frame by frame: whole, or not there, and nothing is left open."""

from __future__ import annotations

import gc
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from edgewright.errors import OutputError
from edgewright.media import Film

PICTURE = Image.new("RGB", (65, 48), (200, 30, 30))
MANY = 120
"""Frames: an encoder keeps the first for itself, and the file is opened with what it gives."""


class BreakOff(BaseException):
    """As Ctrl-C is: an error of no kind that a film knows."""


def is_open(folder: Path) -> bool:
    """Whether a film that is being written there is held open by this process."""
    opened = list(Path("/proc/self/fd").iterdir())
    return any(str(file.readlink()).startswith(f"{folder}/.edgewright-") for file in opened if file.is_symlink())


def test_frames_come_back_at_their_times_in_even_sides(tmp_path):
    with Film(tmp_path / "film.mp4") as film:
        for seconds in (0.0, 0.25, 1.5):
            film.add(PICTURE, seconds)
    with av.open(str(tmp_path / "film.mp4")) as container:
        frames = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert [seconds for seconds, _ in frames] == pytest.approx([0.0, 0.25, 1.5], abs=1e-4)
    assert all(pixels.shape == (48, 64, 3) for _, pixels in frames)
    assert np.abs(frames[-1][1].astype(int) - (200, 30, 30)).max() < 12
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_no_picture_makes_no_file(tmp_path):
    with Film(tmp_path / "film.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def break_off(path):
    with Film(path, overwrite=True) as film:
        for number in range(MANY):
            film.add(PICTURE, number / 10)
        assert is_open(path.parent)
        raise BreakOff


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux says which files are open")
def test_an_error_closes_the_container_and_leaves_the_file_of_before(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"before")
    gc.disable()  # it would close what was forgotten
    try:
        with pytest.raises(BreakOff):
            break_off(path)
        assert not is_open(tmp_path)
    finally:
        gc.enable()
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


class Full:
    """A container on a disk that takes no more."""

    def __init__(self, container):
        self._container = container

    def mux(self, packets):
        raise OSError(28, "no space left")

    def close(self):
        self._container.close()


def fill_up(path):
    with Film(path) as film:
        film.add(PICTURE, 0.0)
        film._container = Full(film._container)


def test_a_disk_that_takes_no_more_is_one_error_and_leaves_no_file(tmp_path):
    with pytest.raises(OutputError, match=r"film\.mp4: the video cannot be written: no space left"):
        fill_up(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_it_is_written_where_a_link_leads_which_may_be_another_disk(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "film.mp4").write_bytes(b"before")
    link = tmp_path / "here" / "film.mp4"
    link.symlink_to(tmp_path / "there" / "film.mp4")
    with Film(link, overwrite=True) as film:
        for number in range(MANY):
            film.add(PICTURE, number / 10)
        assert list((tmp_path / "here").iterdir()) == [link]
    assert link.is_symlink()
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["film.mp4"]
    assert link.stat().st_size > 1000


def test_what_is_there_is_replaced_only_when_asked(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        Film(tmp_path / "film.mp4")
