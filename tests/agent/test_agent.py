"""Whole agents with a real model: what goes in comes out, and what breaks heals."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.agent import Agent, Frame, Outbox, Rule, SinkError, source_of
from edgewright.agent.events.event import ENVELOPE
from edgewright.errors import OutputError, UsageError
from edgewright.report import printable
from waiting import wait_for

from ..optimize.networks import dense


class Running:
    """An agent at work in a thread, whose events are collected."""

    def __init__(self, model: Path, source: object, state: Path, **options: object) -> None:
        self.events: list[dict] = []
        self.refuse = False
        self.error: BaseException | None = None
        self.agent = Agent(model, source, sinks=[self._take], state=state, **options)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _take(self, event: dict) -> None:
        if self.refuse:
            raise SinkError("not now")
        self.events.append(event)

    def _run(self) -> None:
        try:
            self.status = self.agent.run()
        except BaseException as error:  # noqa: BLE001 - for the test to look at
            self.error = error

    def wait_for(self, count: int, kind: str = "result") -> None:
        wait_for(lambda: len(self.of(kind)) >= count or not self._thread.is_alive(), told=lambda: self.events)
        assert len(self.of(kind)) >= count, self.error or self.events

    def of(self, kind: str) -> list[dict]:
        return [event for event in self.events if event["kind"] == kind]

    def stop(self) -> None:
        self.agent.stop()
        self.join()

    def join(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error


@pytest.fixture
def start(small_model, tmp_path):
    running: list[Running] = []

    def make(source: object, **options: object) -> Running:
        running.append(Running(small_model, source, tmp_path / "state", **options))
        return running[-1]

    yield make
    for one in running:
        one.agent.stop()
        one._thread.join(60)


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


def pixels(value: int = 0) -> np.ndarray:
    return np.full((48, 64, 3), value % 256, np.uint8)


def put(folder: Path, picture: Path, *names: str) -> None:
    for name in names:
        shutil.copy(picture, folder / f".{name}")
        (folder / f".{name}").rename(folder / name)


class TestIterator:
    def test_every_picture_is_an_event_in_order(self, start):
        one = start(Frame(pixels(i), name=str(i)) for i in range(30))
        one.join()
        assert [event["picture"] for event in one.of("result")] == [str(i) for i in range(30)]
        assert (one.status.captured, one.status.looked_at, one.status.sent) == (30, 30, 30)

    def test_a_picture_without_pixels_is_none(self, start):
        """As a crop beside the picture is."""
        one = start([pixels()[:, 9:9], pixels()])
        one.join()
        assert len(one.of("result")) == 1
        assert [event["error"] for event in one.of("agent")] == [
            f"a picture is uint8 (height, width, 3), got uint8 ({len(pixels())}, 0, 3)"
        ]

    def test_a_name_is_no_line_of_the_log(self, start, caplog):
        one = start([Frame(b"no picture", name="a\x1b[2J\n2026-01-01 00:00:00 INFO all is well.jpg")])
        one.join()
        assert "all is well.jpg: not a picture" in caplog.text
        assert all(message == printable(message) for message in caplog.messages)

    def test_what_is_no_picture_is_reported_and_the_others_go_on(self, start, parrot):
        one = start([pixels(), np.zeros((3, 3), np.float32), b"no picture", "missing.jpg", parrot])
        one.join()
        assert len(one.of("result")) == 2
        errors = [event["error"] for event in one.of("agent")]
        assert len(errors) == 3
        assert "float32" in errors[0]
        assert errors[1].startswith("not a picture"), "which picture it is the event says"
        assert "No such file" in errors[2]
        assert one.of("result")[1]["result"]["top"][0]["label"] == "macaw"


class TestFolder:
    def test_each_picture_is_taken_once_also_across_restarts(self, start, folder, parrot):
        put(folder, parrot, "a.jpg", "b.jpg")
        one = start(folder)
        one.wait_for(2)
        put(folder, parrot, "c.jpg")
        one.wait_for(3)
        one.stop()
        put(folder, parrot, "d.jpg")
        two = start(folder)
        two.wait_for(1)
        time.sleep(1)
        two.stop()
        assert sorted(event["picture"] for event in one.events + two.events) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]

    def test_a_file_still_being_written_is_left_until_it_is_whole(self, start, folder, parrot):
        content = parrot.read_bytes()
        one = start(folder)
        with (folder / "slow.jpg").open("wb") as file:
            for part in range(8):
                file.write(content[part * len(content) // 8 : (part + 1) * len(content) // 8])
                file.flush()
                time.sleep(0.15)
        one.wait_for(1)
        one.stop()
        (event,) = one.events
        assert (event["picture"], event["result"]["top"][0]["label"]) == ("slow.jpg", "macaw")

    def test_a_broken_picture_is_reported_once(self, start, folder, parrot):
        put(folder, parrot, "whole.jpg")
        (folder / "broken.jpg").write_bytes(parrot.read_bytes()[:2000])
        one = start(folder)
        one.wait_for(1)
        one.wait_for(1, "agent")
        one.stop()
        assert [event["picture"] for event in one.of("agent")] == ["broken.jpg"]

    def test_a_folder_that_vanishes_is_waited_for(self, start, folder, parrot):
        put(folder, parrot, "a.jpg")
        one = start(folder)
        one.wait_for(1)
        folder.rename(folder.with_name("away"))
        time.sleep(0.6)
        folder.with_name("away").rename(folder)
        put(folder, parrot, "b.jpg")
        one.wait_for(2)
        one.stop()
        assert [event["picture"] for event in one.events] == ["a.jpg", "b.jpg"]


class TestRules:
    def test_only_what_a_rule_asks_for_is_an_event(self, start, parrot):
        one = start([pixels(), parrot, pixels()], rules=(Rule("bird", ("macaw",)),))
        one.join()
        (event,) = one.events
        assert (event["kind"], event["rule"], event["observation"]["label"]) == ("rule", "bird", "macaw")
        assert event["observation"]["score"] >= 0.5

    def test_an_unknown_label_is_refused_with_the_nearest(self, start, parrot):
        one = start([parrot], rules=(Rule("bird", ("macow",)),))
        with pytest.raises(UsageError, match=r"no label .macow..*Did you mean .macaw."):
            one.join()


class TestPrivacy:
    def test_no_pixels_leave_unless_asked(self, start, parrot, tmp_path):
        one = start([parrot])
        one.join()
        assert set(one.events[0]) == ENVELOPE | {"picture"}
        assert set(one.events[0]["observation"]) == {"label", "score", "index"}
        assert set(one.events[0]["result"]) == {"kind", "meaning", "top"}
        assert not list((tmp_path / "state").rglob("*.jpg"))

    def test_local_snapshots_stay_here_without_metadata(self, start, parrot, tmp_path):
        one = start([parrot], snapshots="local")
        one.join()
        kept = Path(one.events[0]["snapshot"])
        assert kept.read_bytes().startswith(b"\xff\xd8")
        assert b"Exif" not in kept.read_bytes()
        assert kept.is_relative_to(tmp_path / "state")
        assert one.status.bytes_kept == kept.stat().st_size

    def test_sent_snapshots_travel_with_the_event(self, start, parrot):
        import base64

        one = start([parrot], snapshots="send")
        one.join()
        assert base64.b64decode(one.events[0]["snapshot_jpeg"]).startswith(b"\xff\xd8")

    def test_a_model_that_is_bytes_is_called_so(self, small_model, tmp_path):
        status = Agent(small_model.read_bytes(), [pixels()], sinks=[lambda event: None], state=tmp_path / "state").run()
        assert (status.model, status.looked_at) == ("bytes", 1)

    def test_the_ledger_compares_with_a_server(self, start, parrot):
        one = start([parrot] * 5)
        one.join()
        status = one.status
        assert status.bytes_captured == 5 * parrot.stat().st_size
        assert status.bytes_sent < status.jpeg_bytes
        assert status.server_s > status.link.round_trip_s
        assert status.latency_median_s > 0


class TestWorker:
    def test_a_killed_worker_is_replaced_and_no_picture_is_lost(self, start):
        gate = threading.Semaphore(0)

        def pictures():
            for i in range(6):
                gate.acquire()
                yield Frame(pixels(i), name=str(i))

        one = start(pictures())
        gate.release(2)
        one.wait_for(2)
        os.kill(worker_of(one), signal.SIGKILL)
        gate.release(4)
        one.join()
        assert [event["picture"] for event in one.of("result")] == [str(i) for i in range(6)]

    def test_a_hanging_worker_is_replaced(self, start, monkeypatch):
        monkeypatch.setattr("edgewright.agent.inference.worker.HUNG_S", 1.0)
        gate = threading.Semaphore(0)

        def pictures():
            for i in range(3):
                gate.acquire()
                yield Frame(pixels(i), name=str(i))

        one = start(pictures())
        gate.release()
        one.wait_for(1)
        os.kill(worker_of(one), signal.SIGSTOP)
        gate.release(2)
        one.join()
        assert [event["picture"] for event in one.of("result")] == ["0", "1", "2"]

    def test_one_that_does_not_start_is_a_trouble_and_the_agent_lives_on(self, start, monkeypatch, tmp_path):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(str(tmp_path / "manager"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "manager"))
        monkeypatch.setattr("edgewright.agent.running._ALIVE_S", 0.0)
        monkeypatch.setattr("edgewright.agent.inference.supervisor._ALIVE_S", 0.1)
        monkeypatch.setattr("edgewright.agent.inference.supervisor._FIRST_PAUSE_S", 1.0)
        gate = threading.Semaphore(0)

        def pictures():
            for i in range(2):
                gate.acquire()
                yield Frame(pixels(i), name=str(i))

        def heard() -> int:
            count = 0
            with contextlib.suppress(BlockingIOError):
                while manager.recv(100):
                    count += 1
            return count

        one = start(pictures())
        gate.release()
        one.wait_for(1)
        with monkeypatch.context() as broken:
            broken.setattr("edgewright.agent.inference.worker._BOOTSTRAP", "raise SystemExit('no room')")
            os.kill(worker_of(one), signal.SIGKILL)
            gate.release()
            wait_for(lambda: "no room" in one.agent.glance().troubles.get("model", ""))
            one.wait_for(1, "agent")  # it pauses
            heard()
            wait_for(heard)
        one.join()
        manager.close()
        assert len(one.of("result")) == 2
        assert one.status.troubles == {}

    def test_a_worker_ends_with_its_agent(self, start):
        gate = threading.Event()
        one = start(iter(lambda: gate.wait() and pixels(), None))
        one.agent.wait_until_ready(60)
        worker = worker_of(one)
        one.agent.stop()
        gate.set()
        one._thread.join(60)
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


def worker_of(one: Running) -> int:
    """The child of this process that runs the model."""
    assert one.agent.wait_until_ready(60)
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    numbers = [int(number) for path in children for number in path.read_text().split()]
    (found,) = [n for n in numbers if b"worker_main" in Path(f"/proc/{n}/cmdline").read_bytes()]
    return found


class TestTrouble:
    def test_a_sink_that_refuses_gets_all_in_order_later(self, start):
        one = start(Frame(pixels(i), name=str(i)) for i in range(50))
        one.refuse = True
        one.agent.wait_until_ready(60)
        time.sleep(0.5)
        one.refuse = False
        one.join()
        left = Outbox(one.agent.settings.state / "outbox.db")
        stored = [json.loads(event.text) for event in left.after(one.agent.settings.sinks[0].name, 100)]
        left.close()
        names = [event["picture"] for event in one.events + stored]
        assert names == [str(i) for i in range(50)]

    def test_a_signal_may_come_in_the_midst_of_a_wait(self, small_model, tmp_path):
        """Its handler runs in the thread that waits, which holds the event's lock at that moment."""
        agent = Agent(small_model, [pixels()], sinks=["stdout"], state=tmp_path)

        def interrupted() -> None:
            with agent._stopping._cond:
                agent.stop()

        waiting = threading.Thread(target=interrupted, daemon=True)
        waiting.start()
        waiting.join(20)
        assert not waiting.is_alive()
        assert agent._stopping.wait(0)

    def test_two_agents_cannot_share_a_state(self, start):
        gate = threading.Event()
        one = start(iter(lambda: gate.wait() and pixels(), None))
        one.agent.wait_until_ready(60)
        two = start([pixels()])
        with pytest.raises(OutputError, match="another agent"):
            two.join()
        gate.set()

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"snapshots": "cloud"}, "Choose one of"),
            ({"top": 0}, "top"),
            ({"sinks": []}, "sink"),
            ({"sinks": [3]}, "not int"),
            ({"sinks": "fax:12"}, "no kind of sink 'fax'"),
            ({"link": "10Mbit,40ms"}, "expected a Link"),
            ({"rules": ["macaw"]}, "expected edgewright.agent.Rule"),
            ({"health_port": 99_999}, "expected a port"),
            ({"source": source_of(0), "every_frame": True}, "every_frame: does not go with a SourceSpec"),
            ({"source": [source_of(0), source_of(1)], "every_frame": False}, "does not go with a SourceSpec"),
        ],
    )
    def test_senseless_settings(self, small_model, tmp_path, options, words):
        with pytest.raises(UsageError, match=words):
            Agent(small_model, **{"source": [pixels()], "sinks": ["stdout"], "state": tmp_path, **options})

    @pytest.mark.parametrize("options", [{"color": "red"}, {"labels": 5}])
    def test_an_option_that_the_task_does_not_know_is_one_line(self, small_model, tmp_path, options):
        agent = Agent(small_model, [pixels()], sinks=print, state=tmp_path / "other", options=options)
        with pytest.raises(UsageError) as caught:
            agent.run()
        assert "\n" not in str(caught.value)

    def test_a_model_of_another_task_is_one_line(self, start, shared_file: Callable[[str], Path], tmp_path):
        model = shared_file("models/yamnet.tflite")
        agent = Agent(model, [pixels()], sinks=[print], state=tmp_path / "other")
        with pytest.raises((UsageError, OutputError)) as caught:
            agent.run()
        assert "\n" not in str(caught.value)


def test_what_is_said_of_a_row_of_logits_makes_classes_of_it(tmp_path: Path) -> None:
    """Without labels it would be an embedding, in which no rule finds anything."""
    weights = np.eye(2, 3 * 8 * 8, dtype=np.float32)
    logits = dense([(weights, np.zeros(2, np.float32))], shape=[1, 8, 8, 3])
    events: list[dict] = []
    said = {"labels": ["cat", "dog"], "normalization": (0, 255)}
    Agent(
        logits, [np.full((8, 8, 3), 200, np.uint8)], sinks=events.append, state=tmp_path / "state", options=said
    ).run()
    assert [event["result"]["kind"] for event in events if event["kind"] == "result"] == ["classification"]
