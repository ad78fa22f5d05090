"""Still pictures are not looked at: what counts as still, and what becomes of those that are."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.agent import Frame, Rule, Tracking, source_of
from edgewright.agent.capture.frame import Position
from edgewright.agent.capture.motion import MotionGate

SHARE, RATE = 0.005, 25
SIZE = (640, 480)


@pytest.fixture(scope="module")
def room(parrot: Path) -> np.ndarray:
    with Image.open(parrot) as photo:
        return np.asarray(photo.convert("RGB").resize(SIZE))


def noisy(picture: np.ndarray, deviation: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def with_thing(picture: np.ndarray, x: int, side: int = 60) -> np.ndarray:
    changed = picture.copy()
    changed[200 : 200 + side, x : x + side] = 255 - changed[200 : 200 + side, x : x + side]
    return changed


def frames(pictures, rate: float = RATE) -> Iterator[Frame]:
    for number, picture in enumerate(pictures):
        yield Frame(picture, started_s=1000 + number / rate)


def looked_at(gate: MotionGate, pictures, *, is_busy: bool = False, rate: float = RATE) -> list[int]:
    return [n for n, frame in enumerate(frames(pictures, rate)) if not gate.is_still(frame, is_busy=is_busy)]


class TestStill:
    @pytest.mark.parametrize("deviation", [0, 2, 5, 10, 15])
    def test_noise_is_no_motion(self, room, deviation):
        pictures = (noisy(room, deviation, seed) for seed in range(30))
        assert looked_at(MotionGate(SHARE), pictures) == [0]

    def test_a_thing_that_comes_moves_and_goes_is(self, room):
        still, there = [noisy(room, 4, seed) for seed in range(10)], range(100, 500, 40)
        moving = [noisy(with_thing(room, x), 4, x) for x in there]
        assert looked_at(MotionGate(SHARE), [*still, *moving, *still]) == [0, *range(10, 21)]

    def test_a_thing_that_creeps_adds_up(self, room):
        """A pixel with each picture: none of them differs from the one before."""
        found = looked_at(MotionGate(SHARE), [with_thing(room, 100 + step, side=200) for step in range(100)])
        assert 5 < len(found) < 40

    def test_a_thing_under_the_share_is_not(self, room):
        pictures = [with_thing(room, x, side=30) for x in range(100, 110)]
        assert looked_at(MotionGate(0.02), [room, *pictures]) == [0]

    def test_a_light_that_is_switched_on_is_motion_once(self, room):
        dark = [noisy((room * 0.2).astype(np.uint8), 3, seed) for seed in range(15)]
        bright = [noisy(room, 3, seed) for seed in range(15)]
        assert looked_at(MotionGate(SHARE), [*dark, *bright]) == [0, 15]

    def test_slow_light_is_looked_at_now_and_then(self, room):
        pictures = (noisy((room * (0.5 + step / 400)).astype(np.uint8), 3, step) for step in range(200))
        assert 2 <= len(looked_at(MotionGate(SHARE), pictures)) <= 10

    def test_a_picture_of_another_size_is_another_picture(self, room):
        assert looked_at(MotionGate(SHARE), [room, room, room[:240], room[:240], room]) == [0, 2, 4]

    @pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2), (161, 3)])
    def test_any_size_will_do(self, size):
        picture = np.full((*size, 3), 100, np.uint8)
        assert looked_at(MotionGate(SHARE), [picture, picture, 255 - picture]) == [0, 2]

    def test_what_moves_behind_a_mask_is_not_seen(self, room):
        left = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
        pictures = [with_thing(room, x) for x in (20, 60, 100, 140, 200)]
        assert looked_at(MotionGate(SHARE, mask=(left,)), pictures) == [0]
        assert looked_at(MotionGate(SHARE, mask=(left,)), [*pictures, with_thing(room, 500)]) == [0, 5]

    def test_files_of_pictures_are_compared_as_well(self, room):
        def jpeg(picture: np.ndarray) -> bytes:
            written = io.BytesIO()
            Image.fromarray(picture).resize((2560, 1920)).save(written, "JPEG", quality=80)
            return written.getvalue()

        pictures = [jpeg(noisy(room, 3, seed)) for seed in range(3)]
        assert looked_at(MotionGate(SHARE), [*pictures, jpeg(with_thing(room, 300))]) == [0, 3]

    @pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut"])
    def test_what_cannot_be_read_is_never_still(self, content):
        assert looked_at(MotionGate(SHARE), [content] * 3) == [0, 1, 2]


class TestHeld:
    def test_behind_motion_all_is_looked_at_for_as_long_as_rules_want(self, room):
        found = looked_at(MotionGate(SHARE, hold_s=0.39), [*[room] * 20, *[with_thing(room, 200)] * 20])
        assert found == [*range(10), *range(20, 30)]

    def test_while_tracks_are_open_still_pictures_are_looked_at_now_and_then(self, room):
        found = looked_at(MotionGate(SHARE, hold_s=1.0), [room] * 100, is_busy=True)
        steps = np.diff(found)
        assert max(steps) <= 0.5 * RATE + 1, "twice in the time after which a track is lost"
        assert len(found) < 40

    def test_without_a_time_it_is_each_second(self, room):
        assert looked_at(MotionGate(SHARE), [room] * 76, is_busy=True) == [0, 25, 50, 75]

    def test_a_clock_that_begins_anew_holds_nothing(self, room):
        """A video that is played again."""
        gate = MotionGate(SHARE, hold_s=2.0)
        for seconds in (50.0, 53.0):
            gate.is_still(Frame(room, position=Position(0, seconds)))
        assert gate.is_still(Frame(room, position=Position(0, 0.0)))


class TestAgent:
    def pictures(self, room, folder: Path) -> None:
        """Five that are the same, one with something in it, five without."""
        shown = [room] * 5 + [with_thing(room, 300)] + [room] * 5
        for number, picture in enumerate(shown):
            Image.fromarray(picture).save(folder / f"{number:02}.png")

    def watch(self, model, folder, state, **options):
        events = []
        source = source_of(str(folder), once=True, motion=SHARE)
        agent = ew.Agent(model, source, sinks=[events.append], state=state, **options)
        return agent.run(), [event["picture"] for event in events]

    def test_still_pictures_are_counted_and_not_looked_at_again(self, room, small_model, folder, tmp_path):
        self.pictures(room, folder)
        status, seen = self.watch(small_model, folder, tmp_path / "state")
        assert seen == ["00.png", "05.png", "06.png"]
        assert (status.captured, status.looked_at, status.still) == (11, 3, 8)
        again, seen = self.watch(small_model, folder, tmp_path / "state")
        assert (again.captured, seen) == (11, []), "what was passed over as still is done with"

    def test_what_is_no_picture_is_reported_all_the_same(self, room, small_model, folder, tmp_path):
        self.pictures(room, folder)
        (folder / "11.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing behind it \xff\xd9")
        status, seen = self.watch(small_model, folder, tmp_path / "state")
        assert "11.jpg" in seen
        assert status.refused == 1

    def test_a_rule_that_wants_several_pictures_gets_them(self, small_model, parrot, tmp_path):
        """A bird that comes and sits still is in one picture that moves, and in those behind it."""
        with Image.open(parrot) as photo:
            bird = np.asarray(photo.convert("RGB").resize(SIZE))
        rule = Rule("bird", ("macaw", "lorikeet"), score=0.1, seen=3, of=3, cooldown_s=60)
        events = []
        pictures = [Frame(picture) for picture in [np.zeros_like(bird)] * 3 + [bird] * 6]
        source = source_of(iter(pictures), motion=SHARE)
        ew.Agent(small_model, source, sinks=[events.append], state=tmp_path / "state", rules=[rule]).run()
        assert [event["rule"] for event in events] == ["bird"]


@pytest.mark.extras
def test_a_track_does_not_end_because_its_thing_stands_still(shared_file, tmp_path):
    """Six seconds of one photo, with tracks that are lost after one."""
    with Image.open(shared_file("images/cats_and_dogs.jpg")) as photo:
        cats = np.asarray(photo.convert("RGB").resize(SIZE))
    pictures = [Frame(cats, position=Position(number, number / 10)) for number in range(60)]
    rule = Rule("stays", ("cat",), stays_s=4.0, life=False, cooldown_s=60)
    events = []
    status = ew.Agent(
        shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"),
        source_of(iter(pictures), motion=SHARE),
        sinks=[events.append],
        state=tmp_path / "state",
        rules=[rule],
        tracking=Tracking(lost_s=1.0),
    ).run()
    assert [event["rule"] for event in events] == ["stays"]
    assert 10 < status.looked_at < 40
    assert status.looked_at + status.still == 60
