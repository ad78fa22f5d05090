"""Agents with one host name and one topic: each is a client of its own to the broker, and none pushes another out."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import shutil
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import edgewright as ew
from edgewright.agent import SinkError, Stored, open_sink
from edgewright.agent.delivery.identity import Identity
from edgewright.agent.delivery.sinks.mqtt import Mqtt

from .servers import Broker, RawServer, Subscriber

pytestmark = pytest.mark.extras

NAME = re.compile(r"as (edgewright-\S+) ")


def stored(number: int) -> list[Stored]:
    return [Stored(number, f"id{number}", json.dumps({"sequence": number}))]


class Namely:
    """A broker as others than Mosquitto are: it says to a client that another one with its name took its place.

    MQTT 5.0, sections 3.1 to 3.4 and 3.14, of single messages with lengths below 128 bytes, or the bytes of one more.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self._there: dict[str, socket.socket] = {}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._talk, args=(self._listening.accept()[0],), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as incoming:
            while head := incoming.read(1):
                length = incoming.read(1)[0]
                if length >= 128:
                    length = length - 128 + 128 * incoming.read(1)[0]
                self._answer(connection, head[0], incoming.read(length))

    def _answer(self, connection: socket.socket, head: int, body: bytes) -> None:
        if head >> 4 == 1:
            begin = 11 + body[10]
            (length,) = struct.unpack_from(">H", body, begin)
            name = body[begin + 2 : begin + 2 + length].decode()
            if name in self._there:
                with contextlib.suppress(OSError):
                    self._there[name].sendall(b"\xe0\x01\x8e")
                    self._there[name].shutdown(socket.SHUT_RDWR)
            self.names.append(name)
            self._there[name] = connection
            connection.sendall(b"\x20\x03\x00\x00\x00")
        elif head >> 4 == 3:
            (length,) = struct.unpack_from(">H", body)
            connection.sendall(b"\x40\x02" + body[2 + length : 4 + length])

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def telling() -> Iterator[Namely]:
    broker = Namely()
    yield broker
    broker.close()


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[tuple[Broker, Callable[[], Counter[str]]]]:
    """Mosquitto, which closes the former connection without a word, and how often it has seen each name."""
    path = tmp_path / "mosquitto.log"
    broker = Broker(tmp_path, f"log_dest file {path}", "log_type all", "user root")
    broker.start()
    yield broker, lambda: Counter(NAME.findall(path.read_text()))
    broker.stop()


def agents(port: int, folders: list[Path], model: Path, picture: Path, rounds: int) -> None:
    """Agents at work at the same time, each with its state; each reports so many events."""

    def work(folder: Path) -> None:
        def pictures() -> Iterator[Path]:
            for _ in range(rounds):
                yield picture
                time.sleep(0.1)

        ew.Agent(model, pictures(), sinks=[f"mqtt://127.0.0.1:{port}/site/door"], state=folder).run()

    working = [threading.Thread(target=work, args=(folder,)) for folder in folders]
    for thread in working:
        thread.start()
    for thread in working:
        thread.join(120)


class TestTwoAgents:
    def test_with_one_topic_each_connects_once_and_all_arrives(self, logged, tmp_path, small_model, parrot, caplog):
        broker, names = logged
        subscriber = Subscriber(broker.port, "site/door")
        agents(broker.port, [tmp_path / "one", tmp_path / "two"], small_model, parrot, 10)
        subscriber.wait_for(20)
        seen = names()
        subscriber.close()
        assert len(subscriber.messages) == 20
        assert len(seen) == 2
        assert set(seen.values()) == {1}
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]

    def test_a_name_is_the_same_at_each_start(self, logged, tmp_path, small_model, parrot):
        broker, names = logged
        for _ in range(2):
            agents(broker.port, [tmp_path / "one"], small_model, parrot, 1)
        assert list(names().values()) == [2]
        assert (tmp_path / "one" / "identity").stat().st_mode & 0o077 == 0

    def test_with_copies_of_one_state_all_arrives_and_they_part(self, logged, tmp_path, small_model, parrot, caplog):
        """As memory cards are copied, one for each camera."""
        broker, names = logged
        agents(broker.port, [tmp_path / "one"], small_model, parrot, 1)
        shutil.copytree(tmp_path / "one", tmp_path / "two")
        agents(broker.port, [tmp_path / "one", tmp_path / "two"], small_model, parrot, 20)
        assert "is its state a copy of another agent's?" in caplog.text
        before = names()
        agents(broker.port, [tmp_path / "one", tmp_path / "two"], small_model, parrot, 10)
        assert sorted((names() - before).values()) == [1, 1]


class TestTakeOver:
    def twins(self, port: int, tmp_path: Path) -> list[Mqtt]:
        Identity(tmp_path / "one")
        shutil.copy(tmp_path / "one", tmp_path / "two")
        sinks = [open_sink(f"mqtt://127.0.0.1:{port}/t") for _ in range(2)]
        for sink, name in zip(sinks, ("one", "two"), strict=True):
            assert isinstance(sink, Mqtt)
            sink.identify(Identity(tmp_path / name))
        return [sink for sink in sinks if isinstance(sink, Mqtt)]

    def send(self, sinks: list[Mqtt], rounds: int) -> None:
        for number in range(rounds):
            for sink in sinks:
                with contextlib.suppress(SinkError):
                    sink.send(stored(number))
                time.sleep(0.2)

    def test_a_broker_that_says_so_is_believed_at_once(self, telling, tmp_path, caplog):
        sinks = self.twins(telling.port, tmp_path)
        self.send(sinks, 4)
        connections = len(telling.names)
        self.send(sinks, 4)
        assert len(telling.names) == connections == 3
        assert len(set(telling.names)) == 2
        said = [message for message in caplog.messages if "another client came as" in message]
        assert len(said) == 1
        assert telling.names[0] in said[0]
        assert "is its state a copy of another agent's? It goes on as" in said[0]
        assert "Unspecified" not in caplog.text

    def test_a_broker_that_says_nothing_is_understood_in_the_end(self, logged, tmp_path, caplog):
        broker, names = logged
        sinks = self.twins(broker.port, tmp_path)
        self.send(sinks, 6)
        before = names()
        self.send(sinks, 6)
        for sink in sinks:
            sink.close()
        assert names() == before
        assert len(before) == 2
        assert caplog.text.count("closes soon, as where another one comes as") == 1

    def test_a_broker_that_is_not_up_yet_costs_no_name(self, tmp_path):
        """As where a proxy stands before it: it takes connections and closes them."""
        down = RawServer(lambda _server, _connection: None)
        sink = self.twins(down.port, tmp_path)[0]
        name = sink._connection.client_name.text
        sink._connection.client_name._welcomed_s = time.monotonic()  # as soon after the machine's start
        self.send([sink], 5)
        assert down.connections == 5
        assert sink._connection.client_name.text == name
        down.close()

    def test_a_connection_that_breaks_off_once_keeps_its_name(self, logged, tmp_path):
        broker, names = logged
        sink = self.twins(broker.port, tmp_path)[0]
        for number in range(6):
            sink.send(stored(number))
            if number % 3 == 0:
                sink._connection.client.socket().shutdown(socket.SHUT_RDWR)
                time.sleep(0.2)
                sink._connection.client_name._welcomed_s -= 61  # as if it had held for a minute
        sink.close()
        assert len(names()) == 1


class TestIdentity:
    @pytest.mark.parametrize(
        "content", [b"", b"short", b"\xff" * 12, b"x" * 10_000, b"GGGGGGGGGGGG\n", b"ab" * 6 + b"\n0"]
    )
    def test_what_is_damaged_is_made_anew(self, tmp_path, content):
        (tmp_path / "identity").write_bytes(content)
        made = Identity(tmp_path / "identity").text
        assert re.fullmatch("[0-9a-f]{12}", made)
        assert Identity(tmp_path / "identity").text == made

    def test_a_link_is_neither_read_nor_written(self, tmp_path):
        (tmp_path / "elsewhere").write_text("0123456789ab\n")
        (tmp_path / "identity").symlink_to("elsewhere")
        assert Identity(tmp_path / "identity").text != "0123456789ab"
        assert (tmp_path / "elsewhere").read_text() == "0123456789ab\n"

    def test_where_it_cannot_be_kept_there_is_one_all_the_same(self, tmp_path):
        assert Identity(tmp_path / "nowhere" / "identity").text
