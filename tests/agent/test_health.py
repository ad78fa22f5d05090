"""/healthz and /metrics of a running agent, and what it keeps of its status."""

from __future__ import annotations

import json
import socket
import struct
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest

from edgewright.agent import Agent, SinkError, read_status
from edgewright.agent.health import serve_health
from edgewright.errors import OutputError, UsageError

from .servers import free_port


class Held:
    """An agent that has looked at one picture and waits for the next."""

    def __init__(self, model, state, port, sink) -> None:
        self._gate = threading.Event()
        self.port = port
        self.agent = Agent(model, self._pictures(), sinks=[sink], state=state, health_port=port)
        self._thread = threading.Thread(target=self.agent.run)
        self._thread.start()
        assert self.agent.wait_until_ready(60)

    def _pictures(self):
        yield np.zeros((8, 8, 3), np.uint8)
        self._gate.wait()

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def end(self) -> None:
        self._gate.set()
        self._thread.join(60)


@pytest.fixture
def hold(small_model, tmp_path):
    held = []

    def make(sink) -> Held:
        held.append(Held(small_model, tmp_path / "state", free_port(), sink))
        return held[-1]

    yield make
    for one in held:
        one.end()


def test_healthy(hold):
    seen = threading.Event()
    one = hold(lambda event: seen.set())
    assert seen.wait(60)
    code, body = one.get("/healthz")
    assert (code, json.loads(body)["status"]) == (200, "ok")
    assert one.get("/nothing")[0] == 404


def test_a_sink_in_trouble_shows(hold):
    asked = threading.Event()

    def refuse(event):
        asked.set()
        raise SinkError("closed today")

    one = hold(refuse)
    assert asked.wait(60)
    while not one.agent.ledger or one.get("/healthz")[0] == 200:
        pass
    code, body = one.get("/healthz")
    assert code == 503
    assert "closed today" in body


def test_a_disk_that_does_not_answer_is_told_as_trouble():
    def broken():
        raise OutputError("the disk is gone")

    port = free_port()
    with serve_health(port, broken), pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10)
    assert (caught.value.code, "the disk is gone" in caught.value.read().decode()) == (503, True)


def test_somebody_who_hangs_up_leaves_no_trace(capsys):
    port, before = free_port(), {*threading.enumerate()}

    def answering() -> list[threading.Thread]:
        others = {*threading.enumerate()} - before
        return [one for one in others if "process_request_thread" in one.name and one.is_alive()]

    with serve_health(port, lambda: None), socket.create_connection(("127.0.0.1", port)) as caller:
        caller.sendall(b"GET /healthz")
        while not (asked := answering()):
            pass
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # the end comes as a reset
        caller.close()
        for one in asked:
            one.join(60)
    assert capsys.readouterr().err == ""


def test_metrics_are_prometheus_text(hold):
    seen = threading.Event()
    one = hold(lambda event: seen.set())
    assert seen.wait(60)
    code, body = one.get("/metrics")
    assert code == 200
    assert "# TYPE edgewright_events_total counter" in body
    assert 'edgewright_pending{sink="' in body


def test_a_port_in_use_is_one_line(hold, small_model, tmp_path):
    one = hold(lambda event: None)
    two = Agent(small_model, [], sinks=["stdout"], state=tmp_path / "two", health_port=one.port)
    with pytest.raises(UsageError, match=f"port {one.port}.*in use"):
        two.run()


def test_the_status_can_be_read_while_and_after(hold, tmp_path):
    one = hold(lambda event: None)
    assert read_status(tmp_path / "state")["running"]
    one.end()
    status = read_status(tmp_path / "state")
    assert not status["running"]
    assert status["looked_at"] == 1


def test_no_agent_was_there(tmp_path):
    with pytest.raises(UsageError, match="no agent"):
        read_status(tmp_path)
