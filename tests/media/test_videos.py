"""The frames of a video file: which ones, where they are from, and what cannot be read."""

from __future__ import annotations

import gc
import struct
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError
from edgewright.media import Every, Film, VideoFrames

RATE, FRAMES = 10, 20


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    """Each frame is a little lighter than the one before, and builds on none."""
    path = tmp_path_factory.mktemp("videos") / "lighter.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(FRAMES):
            pixels = np.full((48, 64, 3), 10 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_each_frame_knows_its_place(video):
    frames = list(VideoFrames(video))
    assert [frame.position for frame in frames] == [{"frame": n, "seconds": n / RATE} for n in range(FRAMES)]
    assert all(frame.shape == (48, 64, 3) and abs(int(frame.mean()) - 10 * n) < 4 for n, frame in enumerate(frames))
    assert (str(frames[3]), frames[3].stem) == (f"{video} at 0.30 s", "lighter-3")
    assert str(frames[0][:1, :1] * 0) == "[[[0 0 0]]]"


@pytest.mark.parametrize(
    ("every", "numbers"),
    [
        (Every(frames=6), [0, 6, 12, 18]),
        (Every(seconds=0.5), [0, 5, 10, 15]),
        (Every(seconds=0.25), [0, 3, 5, 8, 10, 13, 15, 18]),
    ],
)
def test_some_of_them_are_evenly_spread(video, every, numbers):
    assert [frame.position["frame"] for frame in VideoFrames(video, every)] == numbers


def test_what_comes_behind_a_gap_is_not_looked_at_more_often(tmp_path):
    with Film(tmp_path / "gap.mp4") as film:
        for number in (*range(20), *range(300, 320)):
            film.add(Image.new("RGB", (64, 48)), number / RATE)
    frames = VideoFrames(tmp_path / "gap.mp4", Every(seconds=0.5))
    assert [frame.position["seconds"] for frame in frames] == [0, 0.5, 1, 1.5, 30, 30.5, 31, 31.5]


# What telephones write into the header of the track (ISO/IEC 14496-12, 8.3.2), and where the left half is then.
@pytest.mark.parametrize(
    ("turned", "shape", "half"),
    [
        ((0, 1, -1, 0), (64, 48, 3), np.s_[:32]),
        ((-1, 0, 0, -1), (48, 64, 3), np.s_[:, 32:]),
        ((0, -1, 1, 0), (64, 48, 3), np.s_[32:]),
    ],
)
def test_a_video_that_was_filmed_lying_is_brought_upright(tmp_path, turned, shape, half):
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:, :32] = 250
    with Film(tmp_path / "phone.mp4") as film:
        film.add(Image.fromarray(pixels), 0)
    content = bytearray((tmp_path / "phone.mp4").read_bytes())
    matrix = content.index(b"tkhd") + 44
    a, b, c, d = (number << 16 for number in turned)
    content[matrix : matrix + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    (tmp_path / "phone.mp4").write_bytes(content)
    [frame] = VideoFrames(tmp_path / "phone.mp4")
    assert frame.shape == shape
    assert frame.mean() == pytest.approx(125, abs=5)
    assert frame[half].mean() > 235


def test_who_iterates_reads_it_anew(video):
    frames = VideoFrames(video, Every(frames=10))
    assert [len(list(frames)), len(list(frames))] == [2, 2]


def test_damaged_frames_are_left_out_and_counted(video, tmp_path):
    content = bytearray(video.read_bytes())
    ends = [at for at in range(len(content)) if content[at : at + 2] == b"\xff\xd9"]
    content[ends[4] : ends[4] + 2] = b"\0\0"
    (tmp_path / "damaged.avi").write_bytes(content)
    frames = VideoFrames(tmp_path / "damaged.avi")
    assert 4 not in [frame.position["frame"] for frame in frames]
    assert frames.damaged == 1


def test_a_file_named_by_a_time_of_day_is_no_address(video, tmp_path, monkeypatch):
    (tmp_path / "2026-01-01T12:30.avi").write_bytes(video.read_bytes())
    monkeypatch.chdir(tmp_path)
    frames = list(VideoFrames("2026-01-01T12:30.avi"))
    assert [len(frames), str(frames[0])] == [FRAMES, "2026-01-01T12:30.avi at 0.00 s"]


def test_damage_that_looks_like_another_kind_of_picture_costs_its_frame_only(video, tmp_path):
    """As one whose colors are coarser than any, which FFmpeg says it has not implemented."""
    content = video.read_bytes()
    at = content.index(b"\x01\x22\x00\x02\x11", len(content) // 2) + 1
    damaged = tmp_path / "damaged.avi"
    damaged.write_bytes(content[:at] + b"\x26" + content[at + 1 :])
    frames = VideoFrames(damaged)
    assert (len(list(frames)), frames.damaged) == (FRAMES - 1, 1)


def test_streams_that_begin_later_end_it_in_good_order(tmp_path):
    """As in a recording whose channel changed."""
    first = recorded(tmp_path / "first.ts")
    other = recorded(
        tmp_path / "other.ts", mpegts_start_pid="0x200", mpegts_pmt_start_pid="0x1100", mpegts_service_id="2"
    )
    (tmp_path / "both.ts").write_bytes(first + other)
    assert len(list(VideoFrames(tmp_path / "both.ts"))) == 100


def recorded(path: Path, **options: str) -> bytes:
    """A hundred frames as a receiver writes them."""
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(100):
            pixels = np.full((48, 64, 3), number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


def test_what_is_no_video_is_one_line_when_it_is_read(tmp_path):
    (tmp_path / "no.mp4").write_bytes(b"no video" * 99)
    frames = VideoFrames(tmp_path / "no.mp4")
    with pytest.raises(DataError, match=r"no\.mp4: the video cannot be read: Invalid data"):
        list(frames)


def test_what_breaks_off_says_so(video, monkeypatch):
    from edgewright.media.videos import frames as reading

    class Broken(reading.Decoder):
        def __iter__(self):
            yield next(super().__iter__())
            raise reading.VideoError("Input/output error")

    monkeypatch.setattr(reading, "Decoder", Broken)
    with pytest.raises(DataError, match=r"lighter\.avi: the video cannot be read any further: Input/output error"):
        list(VideoFrames(video))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux says which files are open")
def test_the_file_is_closed_where_not_all_of_it_is_wanted(video):
    gc.disable()  # it would close what was forgotten
    try:
        frames = iter(VideoFrames(video))
        next(frames)
        assert is_open(video)
        frames.close()
        assert not is_open(video)
    finally:
        gc.enable()


def is_open(path):
    opened = list(Path("/proc/self/fd").iterdir())
    return any(file.is_symlink() and file.readlink() == path for file in opened)
