"""Many inputs through real and small tasks: order, bounds, errors in their place, and an early end."""

from __future__ import annotations

import gc
import itertools
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgewright.engine import open_engine
from edgewright.errors import DataError, InterpreterError, UsageError
from edgewright.model import ModelFile
from edgewright.task import Answer, open_task, stream
from edgewright.task import task as task_module
from edgewright.task.streaming import LOOK_AHEAD
from waiting import wait_for

SMALL = "models/mobilenet_v1_0.25_128_quant.tflite"
PHOTOS = ("parrot.jpg", "cat.bmp", "owl.jpg", "grace_hopper.bmp", "sunflower.bmp", "cats_and_dogs.jpg")


@dataclass
class Echo:
    """A task that answers with what `work` makes of the input; siblings share what is counted."""

    work: Callable[[Any], Any] = lambda value: value
    opened: list[Echo] = field(default_factory=list)
    closed: list[Echo] = field(default_factory=list)

    def __call__(self, inputs: Any) -> Any:
        return self.work(inputs)

    def sibling(self) -> Echo:
        one = Echo(self.work, self.opened, self.closed)
        self.opened.append(one)
        return one

    def close(self) -> None:
        self.closed.append(self)


def workers_alive() -> int:
    return sum(thread.name == "stream" for thread in threading.enumerate())


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    assert workers_alive() == 0
    yield
    assert workers_alive() == 0


def test_the_answers_are_those_of_one_by_one(shared_file):
    pictures = [shared_file(f"images/{name}") for name in PHOTOS] * 4
    with open_task(ModelFile.read(shared_file(SMALL))) as classify:
        expected = [classify(picture).scores for picture in pictures]
        for workers in (1, 2, 3, None):
            answers = list(classify.stream(pictures, workers=workers))
            assert [answer.input for answer in answers] == pictures
            for answer, scores in zip(answers, expected, strict=True):
                np.testing.assert_array_equal(answer.result.scores, scores)


def test_the_task_can_be_used_while_its_stream_runs(shared_file):
    picture = shared_file("images/parrot.jpg")
    with open_task(ModelFile.read(shared_file(SMALL))) as classify:
        alone = classify(picture).scores
        for answer in classify.stream([picture] * 30, workers=2):
            np.testing.assert_array_equal(answer.result.scores, alone)
            np.testing.assert_array_equal(classify(picture).scores, alone)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_broken_picture_is_a_record_and_the_others_go_on(shared_file, tmp_path: Path, workers: int):
    good = shared_file("images/parrot.jpg")
    (tmp_path / "broken.jpg").write_bytes(good.read_bytes()[:300_000])
    Image.new("RGB", (2000, 1500)).save(tmp_path / "large.png")
    pictures = [good, tmp_path / "broken.jpg", tmp_path / "large.png", tmp_path / "missing.jpg", good]
    with open_task(ModelFile.read(shared_file(SMALL)), max_pixels=1_000_000) as classify:
        answers = list(classify.stream(pictures, workers=workers))
    assert [answer.ok for answer in answers] == [True, False, False, False, True]
    for answer, words in zip(answers[1:4], ("cannot be decoded", "over the limit", "no such file"), strict=True):
        assert answer.result is None
        assert words in str(answer.error)
        assert answer.error.__traceback__ is None


@pytest.mark.parametrize("workers", [2, 5])
def test_order_is_kept_however_long_each_takes(workers: int):
    pauses = [0.02 if number % 7 == 0 else 0.001 for number in range(60)]

    def work(number: int) -> int:
        time.sleep(pauses[number])
        return number + 1

    answers = list(stream(Echo(work), range(60), workers=workers))
    assert [(answer.input, answer.result) for answer in answers] == [(number, number + 1) for number in range(60)]


def test_inputs_are_asked_for_only_so_far_ahead():
    """One input takes for ever: the others come no further than the bound, and go on when it is done."""
    gate = threading.Event()
    last = -1

    def inputs() -> Iterator[int]:
        nonlocal last
        while True:
            last += 1
            yield last

    def work(number: int) -> int:
        if number == 0:
            assert gate.wait(30)
        return number

    answers = stream(Echo(work), inputs(), workers=2)
    taker = threading.Thread(target=lambda: next(answers))
    taker.start()
    bound = 2 * LOOK_AHEAD
    wait_for(lambda: last == bound - 1)
    time.sleep(0.1)
    assert last == bound - 1
    gate.set()
    taker.join(30)
    wait_for(lambda: last == bound)
    time.sleep(0.1)
    assert last == bound  # One was taken here, one more was asked for.
    answers.close()


def test_a_slow_taker_holds_the_workers_back():
    pulled: list[int] = []

    def inputs() -> Iterator[int]:
        for number in range(1000):
            pulled.append(number)
            yield number

    for taken, _ in enumerate(itertools.islice(stream(Echo(), inputs(), workers=3), 20), 1):
        time.sleep(0.002)
        assert len(pulled) <= taken + 3 * LOOK_AHEAD


def test_answers_of_a_slow_iterator_come_at_once():
    """A camera gives the next frame when it has one; the last one's answer does not wait for that."""
    arrived = threading.Event()

    def camera() -> Iterator[str]:
        yield "first"
        assert arrived.wait(30)
        yield "second"

    answers = stream(Echo(), camera(), workers=2)
    assert next(answers).result == "first"
    arrived.set()
    assert [answer.result for answer in answers] == ["second"]


def test_leaving_early_frees_threads_and_interpreters():
    task = Echo()
    for answer in stream(task, itertools.count(), workers=4):
        if answer.result == 10:
            break
    wait_for(lambda: workers_alive() == 0)
    assert 1 <= len(task.opened) <= 4
    assert sorted(map(id, task.closed)) == sorted(map(id, task.opened))


def test_a_stream_that_is_dropped_ends_too():
    task = Echo()
    answers: Any = stream(task, itertools.count(), workers=2)
    assert next(answers).result == 0
    loop = [answers]
    loop.append(loop)  # Only the garbage collector finds it.
    gone = weakref.ref(answers)
    del answers, loop
    gc.collect()
    assert gone() is None
    wait_for(lambda: workers_alive() == 0)
    assert len(task.closed) == len(task.opened)


def test_an_iterator_that_never_gives_another_does_not_hold_up_the_end():
    never = threading.Event()

    def inputs() -> Iterator[int]:
        yield 1
        never.wait(60)

    answers = stream(Echo(), inputs(), workers=2)
    assert next(answers).result == 1
    answers.close()
    assert not never.is_set()
    never.set()
    wait_for(lambda: workers_alive() == 0)


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_what_the_iterator_raises_arrives_in_its_place(workers: int):
    def inputs() -> Iterator[int]:
        yield from range(7)
        raise OSError("the camera is gone")

    seen: list[int] = []
    with pytest.raises(OSError, match="the camera is gone"):
        seen.extend(answer.input for answer in stream(Echo(), inputs(), workers=workers))
    assert seen == list(range(7))


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_not_about_the_picture_ends_the_stream_in_its_place(workers: int):
    def work(number: int) -> int:
        if number == 5:
            raise InterpreterError("the runtime gave up")
        return number

    task = Echo(work)
    seen: list[int] = []
    with pytest.raises(InterpreterError, match="gave up"):
        seen.extend(answer.input for answer in stream(task, itertools.count(), workers=workers))
    assert seen == list(range(5))
    assert len(task.closed) == len(task.opened)


def test_an_interpreter_that_cannot_be_opened_is_an_error_not_a_hang():
    class Only(Echo):
        def sibling(self) -> Echo:
            raise InterpreterError("one at a time")

    with pytest.raises(InterpreterError, match="one at a time"):
        list(stream(Only(), range(3), workers=2))


def test_no_more_interpreters_than_inputs():
    task = Echo()
    assert [answer.result for answer in stream(task, [7], workers=8)] == [7]
    assert len(task.opened) == 1
    assert list(stream(task, [], workers=8)) == []
    assert len(task.opened) == 1


def test_with_delegates_one_worker_has_all_to_itself(shared_file, monkeypatch: pytest.MonkeyPatch):
    """An Edge TPU cannot be opened twice; there is none here, so the engine is opened without it."""
    opened = []

    def counting(model: ModelFile, *, delegates: Any, **options: Any) -> Any:
        opened.append(delegates)
        return open_engine(model, **options)

    monkeypatch.setattr(task_module, "open_engine", counting)
    pictures = [shared_file("images/parrot.jpg")] * 6
    with open_task(ModelFile.read(shared_file(SMALL)), delegates=["libedgetpu.so.1"]) as classify:
        assert all(answer.ok for answer in classify.stream(pictures))
        assert opened == [["libedgetpu.so.1"]]
        assert all(answer.ok for answer in classify.stream(pictures, workers=2))
        assert 2 <= len(opened) <= 3


def test_nothing_is_held_of_inputs_that_were_answered():
    """However many there are: alive are only those within the bound."""
    alive: weakref.WeakSet[Any] = weakref.WeakSet()

    class Frame:
        pass

    def camera() -> Iterator[Frame]:
        for _ in range(300):
            frame = Frame()
            alive.add(frame)
            yield frame
            del frame

    most = 0
    for _ in stream(Echo(lambda _: 1), camera(), workers=2):
        most = max(most, len(alive))
    # Within the bound, one that is being asked for, one that the loop holds.
    assert most <= 2 * LOOK_AHEAD + 2


@pytest.mark.parametrize(
    ("inputs", "workers", "words"),
    [
        ([1], 0, "workers is 0; it is 1 to 256"),
        ("photos", 2, r"find_pictures\(\['photos'\]\)"),
        (b"\xff", 1, "several inputs"),
    ],
)
def test_wrong_use_is_said_at_once(inputs: Any, workers: int, words: str):
    with pytest.raises(UsageError, match=words):
        stream(Echo(), inputs, workers=workers)


def test_an_answer_is_one_of_two():
    with pytest.raises(ValueError, match="one of the two"):
        Answer("x")
    with pytest.raises(ValueError, match="one of the two"):
        Answer("x", result=1, error=DataError("no"))
