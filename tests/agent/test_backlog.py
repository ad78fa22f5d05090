"""A sink that is away for long: all is delivered afterwards, in order, and neither memory nor work grows meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from edgewright.agent import Event, Outbox, SinkError, Stored, open_sink
from edgewright.agent.delivery import Delivery
from edgewright.agent.ledger import Ledger
from edgewright.agent.outbox import Entry, StorageError
from edgewright.agent.recorder import Recorder

from .servers import Broker, Subscriber

MEMORY = 5_000_000
TOP = [{"label": f"class {n}", "score": 0.2} for n in range(5)]


def store(outbox: Outbox, event: Callable[..., Event], count: int) -> None:
    for begin in range(0, count, 100):
        numbers = range(begin, min(begin + 100, count))
        outbox.append([Entry("test", (event(number, top=TOP),)) for number in numbers])


def wait_for(what: Callable[[], bool], timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


class Steps:
    """Counts what SQLite does, in steps of its virtual machine: the same at each run, unlike time."""

    def __init__(self, outbox: Outbox) -> None:
        self._connections = (outbox._safe, outbox._fast, outbox._reader)

    def of(self, call: Callable[[], object]) -> int:
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        for connection in self._connections:
            connection.set_progress_handler(step, 1)
        call()
        for connection in self._connections:
            connection.set_progress_handler(None, 1)
        return count


class TestLongBacklog:
    def test_no_call_takes_more_work_with_many_events_than_with_few(self, outbox, event):
        outbox.attach(["a", "b"])
        steps = Steps(outbox)
        calls = {
            "append": lambda: outbox.append([Entry("test", (event(0, top=TOP),))]),
            "after": lambda: outbox.after("a", 10),
            "pending": lambda: outbox.pending("a"),
            "advance": lambda: outbox.advance("a", outbox.after("a", 10)[-1].sequence),
        }
        store(outbox, event, 100)
        few = {name: steps.of(call) for name, call in calls.items()}
        store(outbox, event, 10_000)
        many = {name: steps.of(call) for name, call in calls.items()}
        assert {name: count for name, count in many.items() if count > 2 * few[name]} == {}

    @pytest.mark.extras
    def test_two_hours_of_events_take_no_memory_and_all_come_in_order(self, tmp_path, event):
        (tmp_path / "away").mkdir()
        target = tmp_path / "away" / "events.jsonl"
        sink = open_sink(f"file:{target}")
        (tmp_path / "away").rmdir()
        outbox = Outbox(tmp_path / "outbox.db")
        outbox.attach([sink.name])
        delivery = Delivery(sink, outbox)
        delivery.start()
        recorder = Recorder(outbox, Ledger(), stored=lambda _: None, given_back=lambda _: None)
        recorder.start()
        store(outbox, event, 500)
        before, most = resident(), 0
        for number in range(500, 36_000):
            recorder.put(Entry("test", (event(number, top=TOP),)))
            if number % 100 == 0:
                wait_for(lambda: len(recorder._entries) < 300)
                most = max(most, resident())
        assert recorder.stop(60) == 0
        assert most - before < MEMORY
        assert outbox.pending(sink.name) == 36_000
        (tmp_path / "away").mkdir()
        wait_for(lambda: outbox.pending(sink.name) == 0)
        delivery.stop(10)
        outbox.close()
        assert [json.loads(line)["number"] for line in target.read_text().splitlines()] == list(range(36_000))

    @pytest.mark.extras
    def test_a_broker_that_comes_back_gets_all_in_order(self, tmp_path, outbox, event):
        broker = Broker(tmp_path)
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/door")
        outbox.attach([sink.name])
        store(outbox, event, 3000)
        broker.start()
        subscriber = Subscriber(broker.port, "door")
        delivery = Delivery(sink, outbox)
        delivery.start()
        subscriber.wait_for(1000)
        broker.stop()
        wait_for(lambda: delivery.failure is not None)
        subscriber.close()
        broker.start()
        again = Subscriber(broker.port, "door")
        wait_for(lambda: outbox.pending(sink.name) == 0)
        again.wait_for(1)
        time.sleep(0.5)
        delivery.stop(10)
        first = [json.loads(payload)["number"] for _, payload in subscriber.messages]
        then = [json.loads(payload)["number"] for _, payload in again.messages]
        assert first == list(range(len(first)))
        assert then == list(range(then[0], 3000))
        again.close()
        broker.stop()


class Odd:
    """A sink that does with each batch what it is told to do next; it takes all when it is told nothing."""

    name, batch = "odd", 10

    def __init__(self, *next_: object) -> None:
        self._next = list(next_)
        self.taken: list[int] = []

    def send(self, events: Sequence[Stored]) -> int:
        doing = self._next.pop(0) if self._next else len(events)
        if isinstance(doing, Exception):
            raise doing
        self.taken += [json.loads(event.text)["number"] for event in events[:doing]]
        return doing

    def close(self) -> None:
        raise RuntimeError("cannot even close")


@pytest.fixture
def deliver(outbox, event, monkeypatch):
    monkeypatch.setattr("edgewright.agent.delivery._FIRST_PAUSE_S", 0.01)
    started: list[Delivery] = []

    def make(sink: Odd, count: int = 25) -> Delivery:
        outbox.attach([sink.name])
        store(outbox, event, count)
        started.append(Delivery(sink, outbox))
        started[-1].start()
        return started[-1]

    yield make
    for one in started:
        one.stop(5)


class TestDelivery:
    @pytest.mark.parametrize("mistake", [0, ValueError("a mistake"), KeyError("x"), SinkError("not now")])
    def test_whatever_a_sink_does_nothing_is_lost(self, deliver, outbox, mistake):
        sink = Odd(4, mistake, mistake)
        delivery = deliver(sink)
        wait_for(lambda: outbox.pending("odd") == 0)
        wait_for(lambda: delivery.failure is None)
        assert sink.taken == list(range(25))

    def test_a_mistake_is_told_as_trouble_and_the_thread_lives(self, deliver):
        delivery = deliver(Odd(*[ValueError("a mistake")] * 100))
        wait_for(lambda: delivery.failure is not None)
        assert delivery.failure == "ValueError: a mistake"
        assert delivery._thread.is_alive()

    def test_what_was_delivered_while_the_disk_was_full_is_not_delivered_again(self, deliver, outbox, monkeypatch):
        full, advance = threading.Event(), outbox.advance
        full.set()

        def refuse(*arguments: object) -> None:
            if full.is_set():
                raise StorageError("the disk is full")
            advance(*arguments)

        monkeypatch.setattr(outbox, "advance", refuse)
        sink = Odd()
        delivery = deliver(sink)
        wait_for(lambda: delivery.failure is not None)
        time.sleep(0.3)
        full.clear()
        wait_for(lambda: outbox.pending("odd") == 0)
        assert sink.taken == list(range(25))
        assert outbox.counters()["sent"] == 25
