"""Cameras of this machine: by the names that their drivers give them, and through Picamera2."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import pytest

from edgewright.agent import SourceError, source_of
from edgewright.agent.capture.sources import NoMemory, open_source
from edgewright.agent.capture.sources.v4l2 import device_named
from edgewright.errors import UsageError

WEBCAM = "HD Webcam C270: HD Webcam C270"


@pytest.fixture
def sysfs(tmp_path: Path):
    """A folder like /sys/class/video4linux, with what is plugged in: (number, index, name)."""

    def plugged(*devices: tuple[int, int, str]) -> Path:
        for number, index, name in devices:
            folder = tmp_path / f"video{number}"
            folder.mkdir()
            (folder / "index").write_text(f"{index}\n")
            (folder / "name").write_text(f"{name}\n")
        return tmp_path

    return plugged


class TestNames:
    @pytest.mark.parametrize("name", [WEBCAM, "HD Webcam C270", "c270", "hd webcam"])
    def test_a_name_or_a_part_of_it(self, sysfs, name):
        root = sysfs((0, 0, "Integrated Camera"), (1, 1, "Integrated Camera"), (2, 0, WEBCAM), (3, 1, WEBCAM))
        assert device_named(name, root) == "/dev/video2"

    def test_a_whole_name_is_meant_before_a_part_of_another(self, sysfs):
        root = sysfs((0, 0, "USB Camera Pro"), (4, 0, "USB Camera"))
        assert device_named("usb camera", root) == "/dev/video4"

    def test_numbers_are_numbers(self, sysfs):
        root = sysfs((10, 0, "bcm2835-codec"), (2, 0, "UVC Camera (046d:0825)"))
        assert device_named("046d:0825", root) == "/dev/video2"

    def test_an_unknown_name_lists_those_that_are_there(self, sysfs):
        root = sysfs((0, 0, "Integrated Camera"), (2, 0, WEBCAM))
        with pytest.raises(SourceError) as raised:
            device_named("C920", root)
        assert str(raised.value) == (
            "there is no camera 'C920' (is it plugged in?). There are: 'Integrated Camera' (/dev/video0), "
            f"'{WEBCAM}' (/dev/video2)"
        )

    def test_none_at_all(self, tmp_path):
        with pytest.raises(
            SourceError, match=r"^there is no camera 'C920' \(is it plugged in\?\)\. There is no other$"
        ):
            device_named("C920", tmp_path / "nothing")

    def test_two_of_one_make_are_told_apart_by_id(self, sysfs):
        root = sysfs((0, 0, WEBCAM), (2, 0, WEBCAM))
        with pytest.raises(SourceError, match=r"may be each of .*/dev/video0.*, .*/dev/video2.*/dev/v4l/by-id/"):
            device_named("C270", root)

    @pytest.mark.skipif(sys.platform != "linux", reason="names are those of Linux")
    def test_a_camera_that_is_not_there_is_waited_for(self):
        pytest.importorskip("av")
        source = open_source("camera", "No Such Camera 4711", every_frame=False, memory=NoMemory())
        with pytest.raises(SourceError, match="there is no camera 'No Such Camera 4711'"):
            next(source.frames())

    def test_an_empty_name_is_none(self):
        with pytest.raises(UsageError, match="no name"):
            open_source("camera", " ", every_frame=False, memory=NoMemory())


# What stands in for the makers' library, which is only there on their boards.
PICAMERA2 = """
import numpy as np

class Picamera2:
    there = [{"Model": "imx708"}]
    busy = False

    @staticmethod
    def global_camera_info():
        return Picamera2.there

    def __init__(self, camera_num):
        if Picamera2.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.")
        self.opened = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        Picamera2.last = self
        self.opened = False

    def create_video_configuration(self, main):
        return main

    def configure(self, main):
        self.size, self.format = main["size"], main["format"]

    def start(self):
        assert self.format == "BGR888"

    def capture_array(self, name):
        width, height = self.size
        return np.full((height, width, 3), (200, 100, 50), np.uint8)
"""


class TestPicamera2:
    @pytest.fixture
    def library(self, tmp_path, monkeypatch):
        (tmp_path / "picamera2.py").write_text(PICAMERA2)
        monkeypatch.syspath_prepend(tmp_path)
        import picamera2

        yield picamera2.Picamera2
        del sys.modules["picamera2"]

    def test_without_it_the_package_is_named(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "picamera2", None)
        with pytest.raises(UsageError, match=r"sudo apt install python3-picamera2.*--system-site-packages"):
            open_source("camera", "picamera2", every_frame=False, memory=NoMemory())

    @pytest.mark.parametrize("target", ["libcamera:0", "libcamera", "picamera2", "picamera2:0"])
    def test_frames_come_and_the_camera_is_closed(self, library, target):
        source = open_source("camera", target, every_frame=False, memory=NoMemory())
        assert source.name == "camera:libcamera:0"
        frames = source.frames()
        first, _ = islice(frames, 2)
        assert first.content.shape == (480, 640, 3)
        assert first.content[0, 0].tolist() == [200, 100, 50]
        source.close()
        assert list(frames) == []
        assert not library.last.opened

    def test_one_that_is_not_there_is_waited_for(self, library):
        source = open_source("camera", "libcamera:1", every_frame=False, memory=NoMemory())
        with pytest.raises(SourceError, match=r"there is none \(rpicam-hello"):
            next(source.frames())

    def test_one_that_is_busy_is_waited_for(self, library):
        library.busy = True
        source = open_source("camera", "libcamera:0", every_frame=False, memory=NoMemory())
        with pytest.raises(SourceError, match="did not complete"):
            next(source.frames())

    def test_it_is_meant_without_saying_that_it_is_a_camera(self):
        assert source_of("libcamera:0").kind == "camera"
