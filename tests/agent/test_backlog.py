"""A sink that is away for long: all is delivered afterwards, in order, and neither memory nor work grows meanwhile."""

from __future__ import annotations

import io
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from edgewright.agent import Event, Outbox, Sink, SinkError, Stored, open_sink
from edgewright.agent.delivery.delivery import Delivery
from edgewright.agent.delivery.outbox import Entry, StorageError
from edgewright.agent.delivery.recorder import Recorder
from edgewright.agent.ledger import Ledger
from waiting import wait_for

from .servers import Broker, RawServer, Subscriber

MEMORY = 5_000_000
TOP = [{"label": f"class {n}", "score": 0.2} for n in range(5)]


def store(outbox: Outbox, event: Callable[..., Event], count: int) -> None:
    for begin in range(0, count, 100):
        numbers = range(begin, min(begin + 100, count))
        outbox.append([Entry("test", (event(number, top=TOP),)) for number in numbers])


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
        recorder = Recorder(outbox, Ledger(), stored=lambda _: None, given_back=lambda *_: None)
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
    monkeypatch.setattr("edgewright.agent.delivery.delivery._FIRST_PAUSE_S", 0.01)
    started: list[Delivery] = []

    def make(sink: Sink, count: int = 25) -> Delivery:
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

    def test_a_stop_at_any_moment_is_heard(self, outbox, monkeypatch):
        """Also just before the thread forgets what woke it."""

        class Stopping(threading.Event):
            def clear(self) -> None:
                delivery._stopping.set()
                self.set()
                super().clear()

        monkeypatch.setattr("edgewright.agent.delivery.delivery._LOOK_S", 600)
        outbox.attach(["odd"])
        delivery = Delivery(Odd(), outbox)
        delivery._news = Stopping()
        delivery.start()
        delivery._thread.join(30)
        assert not delivery._thread.is_alive()

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


class Choosy:
    """A server that takes, in turn, what `takes` says; it keeps what it took and how often it was asked."""

    name, batch = "choosy", 10

    def __init__(self, takes: Callable[[int], bool], *, of_event: bool = True, again_s: float = 0.0) -> None:
        self._takes = takes
        self._refusal = {"of_event": of_event, "again_s": again_s}
        self.taken: list[int] = []
        self.asked = 0

    def send(self, events: Sequence[Stored]) -> int:
        for done, event in enumerate(events):
            self.asked += 1
            number = json.loads(event.text)["number"]
            if not self._takes(number):
                if done:
                    return done
                raise SinkError("\x1b[31mno\n", **self._refusal)
            self.taken.append(number)
        return len(events)

    def close(self) -> None:
        pass

    @property
    def order(self) -> list[int]:
        """In which they came first."""
        return list(dict.fromkeys(self.taken))


class TestOneThatIsNeverTaken:
    """One event must not stop those behind it, and what stops all of them must not cost one."""

    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch):
        monkeypatch.setattr("edgewright.agent.delivery.delivery._LONGEST_PAUSE_S", 0.02)

    @pytest.mark.parametrize("never", [{12}, {3, 4, 5}, {24}, set(range(1, 25, 2))], ids=str)
    def test_it_is_passed_over_and_logged_and_the_others_come_in_order(self, deliver, outbox, never, caplog):
        sink = Choosy(lambda number: number not in never)
        delivery = deliver(sink)
        wait_for(lambda: outbox.pending("choosy") == 0)
        wait_for(lambda: delivery.failure is None)
        assert sink.order == [number for number in range(25) if number not in never]
        passed_over = [message for message in caplog.messages if "passed over" in message]
        assert len(passed_over) == len(never)
        assert not [message for message in caplog.messages if "\x1b" in message or "\n" in message]
        assert outbox.counters()["sent"] == 25 - len(never)

    def test_also_where_it_is_the_first_since_the_start(self, deliver, outbox):
        sink = Choosy(lambda number: number != 0)
        deliver(sink)
        wait_for(lambda: outbox.pending("choosy") == 0)
        assert set(sink.taken) == set(range(1, 25))

    @pytest.mark.parametrize("of_event", [True, False])
    def test_what_stops_all_costs_none(self, deliver, outbox, of_event):
        sick = threading.Event()
        sick.set()
        sink = Choosy(lambda number: number < 7 or not sick.is_set(), of_event=of_event)
        if of_event:  # even what was taken is not taken again
            sink._takes = lambda number: not sick.is_set() or (number < 7 and len(sink.taken) < 7)
        deliver(sink)
        wait_for(lambda: sink.asked > 60)
        assert outbox.pending("choosy") == 25 - 7
        sick.clear()
        wait_for(lambda: outbox.pending("choosy") == 0)
        assert sink.order == list(range(25))

    def test_a_sink_that_outlasts_the_end_says_nothing_of_the_closed_outbox(self, deliver, outbox, caplog):
        sink, release = Choosy(lambda number: True), threading.Event()
        taking = sink.send

        def send(events: Sequence[Stored]) -> int:
            release.wait(60)
            return taking(events)

        sink.send = send
        delivery = deliver(sink)
        delivery.stop(0.05)
        outbox.close()
        release.set()
        delivery._thread.join(60)
        assert not delivery._thread.is_alive()
        assert caplog.text == ""

    def test_what_is_refused_only_for_a_while_is_waited_for(self, deliver, outbox):
        sink = Choosy(lambda number: number != 9 or sink.asked > 200, of_event=False)
        deliver(sink)
        wait_for(lambda: outbox.pending("choosy") == 0)
        assert sink.taken == list(range(25))

    @pytest.mark.parametrize("share", [0.5, 0.9])
    def test_a_server_that_fails_by_chance_costs_none(self, deliver, outbox, share):
        chance = random.Random(7)
        sink = Choosy(lambda number: chance.random() > share)
        deliver(sink)
        wait_for(lambda: outbox.pending("choosy") == 0)
        assert sink.order == list(range(25))

    def test_a_server_that_wants_to_be_left_alone_is(self, deliver, outbox):
        sink = Choosy(lambda number: False, again_s=3600.0, of_event=False)
        delivery = deliver(sink)
        wait_for(lambda: delivery.failure is not None)
        time.sleep(0.3)
        assert sink.asked == 1

    def test_one_that_was_refused_for_good_proves_nothing(self, deliver, outbox):
        """A server that refuses the one event at once, and fails at all others, does not take others."""
        sick = threading.Event()
        sick.set()
        sink = Choosy(lambda number: number == 0 or not sick.is_set())
        taking = sink.send

        def send(events: Sequence[Stored]) -> int:
            sink.refused = getattr(sink, "refused", 0) + (b'"number":0,' in events[0].data)
            return taking(events)

        sink.send = send
        deliver(sink)
        wait_for(lambda: sink.asked > 60)
        assert outbox.pending("choosy") == 24
        sick.clear()
        wait_for(lambda: outbox.pending("choosy") == 0)
        assert sink.order == list(range(25))

    @pytest.mark.extras
    def test_a_broker_that_hangs_up_without_a_word_at_one_event(self, deliver, outbox, caplog):
        broker = RawServer(hangs_up_at(b'"number":5,'))
        sink = open_sink(f"mqtt://127.0.0.1:{broker.port}/t")
        deliver(sink)
        wait_for(lambda: outbox.pending(sink.name) == 0)
        assert [message for message in caplog.messages if "passed over" in message]
        broker.close()
        assert list(dict.fromkeys(broker.received)) == [number for number in range(25) if number != 5]


def hangs_up_at(what: bytes) -> Callable[[RawServer, socket.socket], None]:
    """A broker that acknowledges each message but those that hold `what`."""

    def answer(server: RawServer, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        while kind := stream.read(1):
            body = stream.read(_remaining(stream))
            if kind[0] >> 4 == 1:
                connection.sendall(bytes([0x20, 3, 0, 0, 0]))
            elif kind[0] >> 4 == 3:
                if what in body:
                    return
                if found := re.search(rb'"number": ?(\d+)', body):
                    server.received.append(int(found[1]))
                number = body[2 + int.from_bytes(body[:2], "big") :][:2]
                connection.sendall(bytes([0x40, 2]) + number)

    return answer


def _remaining(stream: io.BufferedReader) -> int:
    length = shift = 0
    while (byte := stream.read(1)[0]) & 0x80:
        length, shift = length | (byte & 0x7F) << shift, shift + 7
    return length | byte << shift
