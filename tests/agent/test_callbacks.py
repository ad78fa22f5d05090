"""A function as a sink that raises: told with its line, its event passed over after some tries, the others taken."""

from __future__ import annotations

import functools
import json
import logging
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from edgewright.agent import Agent, Call, Outbox, SinkError
from edgewright.agent.delivery.delivery import Delivery, stop_all
from edgewright.agent.delivery.outbox import Entry
from edgewright.errors import UsageError
from waiting import wait_for

BAD = 1


def only(event: dict) -> bool:
    return event["number"] == BAD


def a_key_that_is_not_there(event):
    if only(event):
        event["nothing"]  # mistake


def a_division(event):
    1 / (event["number"] - BAD)  # mistake


def an_attribute(event):
    if only(event):
        event.append(event)  # mistake


def a_type(event):
    if only(event):
        "number " + event["number"]  # mistake


def a_text_of_two_lines(event):
    if only(event):
        raise ValueError("one\n\x1b[31mtwo")  # mistake


def an_assertion(event):
    assert not only(event)  # mistake


def deep_in_a_library(event):
    json.loads("{" if only(event) else "{}")  # mistake


def in_a_library_without_python(event):
    Decimal("ten" if only(event) else "10")  # mistake


def below_another_of_its_file(event):
    a_division_of(event["number"])


def a_division_of(number):
    1 / (number - BAD)  # mistake


def a_generator_that_ended(event):
    next(iter([] if only(event) else [1]))  # mistake


def with_another_argument(event, kind):
    a_type(event)


class AnObject:
    def __call__(self, event):
        a_type(event)

    def method(self, event):
        a_type(event)


@functools.wraps(a_key_that_is_not_there)
def wrapped(event):
    return a_key_that_is_not_there(event)


FUNCTIONS = {
    function.__name__: function
    for function in (
        a_key_that_is_not_there, a_division, an_attribute, a_type, a_text_of_two_lines, an_assertion,
        deep_in_a_library, in_a_library_without_python, below_another_of_its_file, a_generator_that_ended,
    )
} | {
    "partial": functools.partial(with_another_argument, kind="rule"),
    "object": AnObject(),
    "method": AnObject().method,
    "wrapped": wrapped,
}  # fmt: skip
LINES = enumerate(Path(__file__).read_text().splitlines(), 1)
MISTAKES = {f"test_callbacks.py, line {number}" for number, line in LINES if line.endswith("# mistake")}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("edgewright.agent.delivery.delivery._FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("edgewright.agent.delivery.delivery._LONGEST_PAUSE_S", 0.02)


@pytest.fixture
def deliver(outbox: Outbox, event):
    started: list[Delivery] = []

    def deliver(sink: Call, count: int = 5) -> Delivery:
        outbox.attach([sink.name])
        outbox.append([Entry("test", (event(number),)) for number in range(count)])
        started.append(Delivery(sink, outbox))
        started[-1].start()
        return started[-1]

    yield deliver
    for delivery in started:
        delivery.stop(5)


def test_one_that_hangs_leaves_the_others_their_time_at_the_end(deliver, outbox):
    """What hangs comes to its end here once the other one has: they are stopped side by side."""
    ended = threading.Event()

    class Idle:
        name, batch = "idle", 1

        def send(self, events):
            return len(events)

        def close(self):
            ended.set()

    hanging = Call(lambda event: ended.wait(60))
    hanging.name = "hanging"
    deliveries = [deliver(hanging, 1), Delivery(Idle(), outbox)]
    outbox.attach(["hanging", "idle"])
    deliveries[1].start()
    stop_all(deliveries, 30)
    assert ended.is_set()
    assert outbox.pending("hanging") == 0


def told_to(function: Callable) -> tuple[list[int], Callable]:
    """What the function took, and a function that notes it."""
    taken: list[int] = []

    def note(event):
        function(event)
        taken.append(event["number"])

    note.__wrapped__ = function
    return taken, note


class TestAMistake:
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_it_is_told_with_its_line_and_costs_its_event_only(self, deliver, outbox, name, caplog):
        taken, function = told_to(FUNCTIONS[name])
        sink = Call(function, name)
        deliver(sink)
        wait_for(lambda: outbox.pending(name) == 0)
        assert taken == [0, 2, 3, 4]
        wait_for(lambda: outbox.counters().get("passed_over") == 1)
        assert outbox.counters()["sent"] == 4
        first, last = (message for message in caplog.messages if "raised" in message)
        assert first.endswith("; trying again")
        assert "is passed over after 3 tries: raised " in last
        for message in (first, last):
            assert [line for line in MISTAKES if f"({line})" in message], message
            assert not {"\x1b", "\n"} & set(message)

    @pytest.mark.parametrize("tries", [1, 2, 7])
    def test_so_often_and_no_more(self, deliver, outbox, tries):
        asked: list[int] = []

        def refuse(event):
            asked.append(event["number"])
            raise KeyError("x")

        sink = Call(refuse, tries=tries)
        deliver(sink, 3)
        wait_for(lambda: outbox.counters().get("passed_over") == 3)
        assert asked == [number for number in range(3) for _ in range(tries)]
        assert outbox.pending(sink.name) == 0

    @pytest.mark.parametrize("tries", [1, 2, 7])
    def test_the_first_time_counts_also_behind_events_that_were_taken(self, deliver, outbox, tries):
        asked: list[int] = []

        def refuse(event):
            asked.append(event["number"])
            if only(event):
                raise KeyError("x")

        sink = Call(refuse, tries=tries)
        deliver(sink, 3)
        wait_for(lambda: outbox.pending(sink.name) == 0)
        assert asked == [0, *[BAD] * tries, 2]

    def test_one_that_is_mended_by_then_has_lost_nothing(self, deliver, outbox):
        taken: list[int] = []
        faults = [KeyError("a"), ValueError("b")]

        def refuse_twice(event):
            if only(event) and faults:
                raise faults.pop()
            taken.append(event["number"])

        sink = Call(refuse_twice)
        delivery = deliver(sink)
        wait_for(lambda: outbox.pending(sink.name) == 0)
        wait_for(lambda: delivery.failure is None)
        assert taken == list(range(5))
        assert "passed_over" not in outbox.counters()

    def test_a_function_of_another_number_of_arguments(self, deliver, outbox, caplog):
        sink = Call(lambda: None, "call:none")
        deliver(sink, 1)
        wait_for(lambda: outbox.counters().get("passed_over") == 1)
        assert "TypeError" in caplog.text
        assert "takes 0 positional arguments" in caplog.text

    def test_the_trace_is_in_the_log_at_level_debug(self, deliver, outbox, caplog):
        with caplog.at_level(logging.DEBUG, "edgewright"):
            deliver(Call(deep_in_a_library))
            wait_for(lambda: outbox.counters().get("passed_over") == 1)
        assert "json/decoder.py" in caplog.text

    def test_less_than_one_try_makes_no_sense(self):
        with pytest.raises(UsageError, match="tries: 0"):
            Call(print, tries=0)


class TestWhatIsAwayIsWaitedFor:
    @pytest.mark.parametrize(
        "error",
        [
            ConnectionRefusedError("no"),
            TimeoutError("late"),
            BrokenPipeError(),
            OSError(28, "full"),
            SinkError("later"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_nothing_is_lost_however_long_that_lasts(self, deliver, outbox, error, caplog):
        taken: list[int] = []
        away = [error] * 20

        def take(event):
            if event["number"] == 2 and away:
                raise away.pop()
            taken.append(event["number"])

        sink = Call(take)
        deliver(sink)
        wait_for(lambda: outbox.pending(sink.name) == 0)
        assert taken == list(range(5))
        assert "passed over" not in caplog.text
        assert "test_callbacks.py, line" in caplog.text


class TestAWholeAgent:
    def test_its_run_ends_with_the_others_delivered_and_says_what_came_of_it(
        self, small_model, parrot, tmp_path, caplog
    ):
        taken: list[int] = []

        def tell(event):
            if event["sequence"] == 2:
                raise RuntimeError("no")
            taken.append(event["sequence"])

        status = Agent(small_model, [parrot] * 4, sinks=tell, state=tmp_path / "state").run()
        assert taken == [1, 3, 4]
        assert (status.events, status.sent, status.passed_over, sum(status.pending.values())) == (4, 3, 1, 0)
        assert "passed over after 3 tries: raised RuntimeError: no (test_callbacks.py, line" in caplog.text
