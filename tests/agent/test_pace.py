"""The model is asked at most so often a second."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import edgewright as ew
from edgewright.agent import Frame, SettingError, SourceSpec, source_of
from edgewright.agent.capture.frame import Position
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.pace import Pace
from edgewright.agent.capture.turns import Turns


def of_video(seconds: float | None) -> Frame:
    return Frame(b"", position=Position(0, seconds))


class TestPace:
    def test_of_a_video_one_frame_of_each_part_is_taken(self):
        pace = Pace(2)
        taken = [number for number in range(100) if not pace.passes_over(of_video(number / 25))]
        assert taken == [0, 13, 25, 38, 50, 63, 75, 88]

    def test_times_that_a_file_has_rounded_make_no_difference(self):
        pace = Pace(5)
        taken = [number for number in range(30) if not pace.passes_over(of_video(round(number / 30, 3)))]
        assert taken == [0, 6, 12, 18, 24]

    def test_a_video_slower_than_that_is_taken_whole(self):
        pace = Pace(10)
        assert not any(pace.passes_over(of_video(float(second))) for second in range(20))

    def test_by_the_clock_it_is_once_a_period_whatever_comes_late(self):
        pace = Pace(4)
        frame, now, asked = Frame(b""), 100.0, []
        for late in (0.0, 0.05, 0.1, 0.0, 0.0, 0.02, 0.0):
            now += late
            asked.append(now)
            now = pace.next_s(frame, now)
        assert np.diff(asked).mean() == pytest.approx(0.25, abs=0.01)

    def test_after_a_long_silence_none_is_made_up_for(self):
        pace = Pace(4)
        pace.next_s(Frame(b""), 100.0)
        assert pace.next_s(Frame(b""), 200.0) == 200.25

    def test_without_a_rate_nothing_waits(self):
        assert Pace(None).next_s(Frame(b""), 1.0) is None
        assert not Pace(None).passes_over(of_video(0.0))


class TestRest:
    def test_a_mailbox_that_rests_keeps_the_newest(self):
        mailbox = Mailbox(newest=True)
        mailbox.rests_until_s = time.monotonic() + 0.3
        for number in range(5):
            mailbox.put(Frame(b"", mark=str(number)))
        assert not mailbox.has_frame
        assert mailbox.take(0) is None
        while not mailbox.has_frame:
            time.sleep(0.01)
        frame, passed_over = mailbox.take(1)
        assert (frame.mark, passed_over) == ("4", ("0", "1", "2", "3"))

    def test_the_others_are_served_meanwhile(self):
        changed = threading.Condition()
        resting, other = (Mailbox(newest=True, changed=changed) for _ in range(2))
        turns = Turns([resting, other], changed)
        resting.rests_until_s = time.monotonic() + 60
        resting.put(Frame(b""))
        for _ in range(3):
            other.put(Frame(b""))
            assert turns.take(5)[0] == 1

    def test_a_rest_ends_by_itself(self):
        """Nobody says so, and it is not waited for any longer."""
        changed = threading.Condition()
        mailbox = Mailbox(newest=True, changed=changed)
        mailbox.rests_until_s = time.monotonic() + 0.2
        mailbox.put(Frame(b""))
        assert Turns([mailbox], changed).take(60) is not None

    def test_what_rests_is_not_over(self):
        mailbox = Mailbox(newest=True)
        mailbox.put(Frame(b""))
        mailbox.close()
        mailbox.rests_until_s = time.monotonic() + 60
        assert not mailbox.is_over


class TestAgent:
    def test_pictures_of_a_folder_wait_and_none_is_passed_over(self, small_model, folder, parrot, tmp_path):
        for number in range(4):
            (folder / f"{number}.jpg").write_bytes(parrot.read_bytes())
        events = []
        source = source_of(str(folder), once=True, rate=20)
        status = ew.Agent(small_model, source, sinks=[events.append], state=tmp_path / "state").run()
        assert status.looked_at == 4

    def test_of_a_video_so_many_of_each_second(self, small_model, tmp_path):
        video = make_video(tmp_path / "clip.mp4", 50)
        events = []
        ew.Agent(small_model, source_of(str(video), rate=5), sinks=[events.append], state=tmp_path / "state").run()
        assert [event["position"]["frame"] for event in events] == list(range(0, 50, 5))


def make_video(path: Path, frames: int) -> Path:
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(frames):
            pixels = np.full((48, 64, 3), 16 + number * 4, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("name", "values"), [("rate", (0, -1, math.inf, math.nan)), ("motion", (0, 1, -0.1, math.nan))]
)
def test_senseless_limits(name, values):
    for value in values:
        with pytest.raises(SettingError, match=name):
            SourceSpec("camera", "0", **{name: value})
