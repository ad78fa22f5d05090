"""A disk that is full for a while: pictures are looked at all the same, what is dropped is counted, and all heals."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.agent import Agent, Event, Frame, Outbox, SourceSpec, register_source
from edgewright.agent.delivery.database import DiskFullError
from edgewright.agent.delivery.outbox import Entry, StorageError
from edgewright.agent.delivery.recorder import Recorder
from edgewright.agent.ledger import Ledger
from waiting import wait_for

from .test_migrations import WRITTEN

SIZE = 24 << 20


class Disk:
    """A small file system of its own, which can be filled up to the last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def free(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount the small disk that this fills")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Watch:
    """An agent in a thread, with its state on a disk."""

    def __init__(self, model: Path, source: object, state: Path, **options: object) -> None:
        self.events: list[dict] = []
        self.agent = Agent(model, source, sinks=[self.events.append], state=state, **options)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self.agent.wait_until_ready(60)

    def _run(self) -> None:
        self.status = self.agent.run()

    def end(self) -> None:
        self.agent.stop()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def looked_at(self) -> float:
        return self.agent.ledger._counts.get("looked_at", 0)

    def told(self, kind: str) -> list[dict]:
        return [event for event in self.events if event["kind"] == kind]

    def wait_for(self, what: Callable[[], bool]) -> None:
        wait_for(what, told=lambda: self.events[-3:])


class Pictures:
    """Numbered pictures until it is told to stop; `live`: they come whether or not somebody looks."""

    name, can_stall = "test", False

    def __init__(self, *, live: bool) -> None:
        self.live = live
        self.over = threading.Event()
        self.given = 0

    def frames(self) -> Iterator[Frame]:
        while not self.over.wait(0.005):
            self.given += 1
            yield Frame(np.zeros((8, 8, 3), np.uint8), name=str(self.given - 1))

    def give_back(self, marks: Iterable[str]) -> None:
        pass

    def close(self) -> None:
        self.over.set()


register_source("made", lambda source, **_: source)


class TestAgent:
    @pytest.fixture(autouse=True)
    def little_room(self, monkeypatch):
        monkeypatch.setattr("edgewright.agent.running.ROOM", 20)

    def test_where_pictures_do_not_wait_it_goes_on_counts_what_is_dropped_and_heals(self, disk, small_model):
        source = Pictures(live=True)
        watch = Watch(small_model, SourceSpec("made", source), disk.folder / "state")
        watch.wait_for(lambda: len(watch.events) > 10)
        disk.fill()
        looked_at = watch.looked_at()
        watch.wait_for(lambda: watch.looked_at() > looked_at + 100)
        disk.free()
        freed = source.given
        watch.wait_for(lambda: any(int(event["picture"]) > freed for event in watch.told("result")))
        source.over.set()
        watch.wait_for(lambda: not watch._thread.is_alive())
        (report,) = watch.told("agent")
        assert (report["what"], report["reason"]) == ("dropped", "disk")
        assert report["count"] + len(watch.told("result")) == watch.status.looked_at
        assert watch.status.dropped == report["count"]
        names = [int(event["picture"]) for event in watch.told("result")]
        assert names == sorted(set(names))

    def test_where_every_one_counts_its_source_waits_and_nothing_is_lost(self, disk, small_model):
        source = Pictures(live=False)
        watch = Watch(small_model, SourceSpec("made", source, every_frame=True), disk.folder / "state")
        watch.wait_for(lambda: len(watch.events) > 10)
        disk.fill()
        watch.wait_for(lambda: watch.looked_at() >= 20)
        time.sleep(1)
        waiting = source.given
        time.sleep(1)
        assert source.given == waiting
        disk.free()
        watch.wait_for(lambda: source.given > waiting + 50)
        source.over.set()
        watch.wait_for(lambda: not watch._thread.is_alive())
        assert [event["picture"] for event in watch.events] == [str(number) for number in range(source.given)]
        assert watch.status.dropped == 0

    def test_one_whose_source_has_ended_waits_for_the_disk(self, disk, small_model):
        source = Pictures(live=False)
        watch = Watch(small_model, SourceSpec("made", source, every_frame=True), disk.folder / "state")
        watch.wait_for(lambda: len(watch.events) > 0)
        disk.fill()
        source.over.set()
        watch._thread.join(7)
        disk.free()
        watch.wait_for(lambda: not watch._thread.is_alive())
        assert [event["picture"] for event in watch.events] == [str(number) for number in range(source.given)]

    def test_pictures_of_a_folder_wait_in_it_and_are_looked_at_once(self, disk, small_model, tmp_path):
        folder = tmp_path / "in"
        folder.mkdir()
        watch = Watch(small_model, folder, disk.folder / "state")
        disk.fill()
        for number in range(60):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / f".{number}.png")
            (folder / f".{number}.png").rename(folder / f"{number}.png")
        watch.wait_for(lambda: watch.looked_at() >= 20)
        time.sleep(1)
        disk.free()
        watch.wait_for(lambda: len(watch.told("result")) >= 60)
        watch.end()
        names = [event["picture"] for event in watch.events]
        assert sorted(names) == sorted(f"{number}.png" for number in range(60))
        assert watch.status.looked_at == 60


class TestStart:
    @pytest.fixture(params=["new", "used before"])
    def state(self, request, disk, small_model) -> Path:
        """The folder of a state on a full disk."""
        if request.param == "used before":
            Agent(small_model, [b"no picture"], sinks=[lambda _: None], state=disk.folder / "state").run()
        disk.fill()
        return disk.folder / "state"

    @pytest.fixture
    def manager(self, tmp_path, monkeypatch) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.settimeout(30)
            manager.bind(str(tmp_path / "notify"))
            monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
            yield manager

    def test_it_waits_for_room_says_so_and_goes_on(self, state, disk, small_model, manager, caplog):
        events: list[dict] = []
        agent = Agent(small_model, [np.zeros((8, 8, 3), np.uint8)], sinks=[events.append], state=state)
        thread = threading.Thread(target=agent.run, daemon=True)
        thread.start()
        for _ in range(2):
            assert b"EXTEND_TIMEOUT_USEC=" in manager.recv(1000)
        assert thread.is_alive()
        assert not agent.wait_until_ready(0)
        assert caplog.text.count("waiting for room to start") == 1
        disk.free()
        assert agent.wait_until_ready(60)
        thread.join(60)
        assert "result" in [event["kind"] for event in events]

    def test_it_can_be_stopped_meanwhile(self, state, small_model, manager):
        agent = Agent(small_model, [b"no picture"], sinks=[lambda _: None], state=state)
        found = []
        thread = threading.Thread(target=lambda: found.append(agent.run()), daemon=True)
        thread.start()
        counts = []
        for _ in range(5):
            manager.recv(1000)
            counts.append(len(list(Path("/proc/self/fd").iterdir())))
        assert max(counts[1:]) - counts[0] <= 1, "the socket to the manager may be open still"
        agent.stop()
        thread.join(30)
        assert found[0].troubles == {"disk": "there was no room to start"}
        assert found[0].looked_at == 0


def fill(outbox: Outbox, event: Callable[..., Event]) -> None:
    while True:
        outbox.append([Entry("s", (event(0, filling="x" * 10_000),))])


class TestOutbox:
    def test_one_that_has_filled_its_disk_can_be_emptied(self, disk, event):
        """Removing events needs room as well: without some in reserve this would be the end."""
        outbox = Outbox(disk.folder / "outbox.db")
        outbox.attach(["a"])
        with pytest.raises(StorageError, match="the disk is full"):
            fill(outbox, event)
        assert outbox.pending("a") > 1000
        taken = 0
        while batch := outbox.after("a", 200):
            taken += len(batch)
            outbox.advance("a", batch[-1].sequence)
        assert taken > 1000
        outbox.append([Entry("s", (event(0),))])
        assert outbox.pending("a") == 1
        outbox.close()

    def test_none_can_be_opened_on_a_full_disk_but_what_is_there_stays(self, disk, event):
        outbox = Outbox(disk.folder / "outbox.db")
        outbox.attach(["a"])
        outbox.append([Entry("s", (event(1),))])
        outbox.close()
        disk.fill()
        with pytest.raises(StorageError, match="the disk is full"):
            Outbox(disk.folder / "outbox.db")
        disk.free()
        again = Outbox(disk.folder / "outbox.db")
        assert again.pending("a") == 1
        again.close()


class TestRecorder:
    @pytest.fixture
    def recorder(self, outbox: Outbox) -> Iterator[Recorder]:
        outbox.attach(["a"])
        one = Recorder(outbox, Ledger(), stored=lambda _: None, given_back=lambda *_: None)
        one.start()
        yield one
        one.stop(5)

    def test_counters_that_found_no_room_are_no_lasting_trouble(self, outbox, recorder, monkeypatch, caplog):
        failing = [StorageError("full"), None]
        monkeypatch.setattr("edgewright.agent.delivery.recorder._COUNTERS_S", 0.05)
        monkeypatch.setattr("edgewright.agent.delivery.recorder._AGAIN_S", 0.05)
        count = outbox.count

        def refuse_once(counts: dict) -> None:
            if (error := failing.pop(0) if failing else None) is not None:
                raise error
            count(counts)

        monkeypatch.setattr(outbox, "count", refuse_once)
        with caplog.at_level(logging.INFO):
            recorder._ledger.add(captured=1)
            recorder.put(Entry("s"))
            wait_for(lambda: recorder._ledger.add(captured=1) or outbox.counters().get("captured"))
        assert outbox.counters()["captured"] > 0
        assert recorder.failure is None

    def test_values_of_entries_that_are_dropped_are_kept_in_their_order(self, outbox, event, monkeypatch):
        """Whatever is dropped before, while and after a transaction fails, what is kept is what was said last."""
        monkeypatch.setattr("edgewright.agent.delivery.recorder._AGAIN_S", 0.001)
        recorder = Recorder(outbox, Ledger(), stored=lambda _: None, given_back=lambda *_: None, room=3)
        append, chance, said = outbox.append, random.Random(1), {}

        def refuse_mostly(entries: list, counts: dict) -> None:
            time.sleep(0.002)
            if len(said) < 30 or chance.random() < 0.9:
                raise StorageError("full")
            append(entries, counts)

        monkeypatch.setattr(outbox, "append", refuse_mostly)
        outbox.attach(["a"])
        recorder.start()
        for number in range(600):
            name = f"{chance.randrange(40)}"
            value = None if chance.random() < 0.3 else f"{number}"
            said |= {name: value, "last": f"{number}"}
            recorder.put(Entry("s", (event(number),), kept={name: value, "last": f"{number}"}))
            time.sleep(chance.choice((0, 0, 0.001)))
        assert recorder.wait_until_stored(60)
        recorder.stop(5)
        assert outbox.kept("") == {name: value for name, value in said.items() if value is not None}
        told = [json.loads(one.text) for one in outbox.after("a", 1000)]
        dropped = sum(one["count"] for one in told if one["kind"] == "agent")
        assert dropped > 100
        assert dropped + sum(one["kind"] == "result" for one in told) == 600

    def test_what_nothing_heals_is_no_silent_death(self, outbox, recorder):
        recorder.put(Entry("s", (Event("s", "result", float("nan"), {}),)))
        wait_for(lambda: recorder.error is not None)
        assert isinstance(recorder.error, ValueError)

    def test_an_agent_ends_with_the_error(self, small_model, tmp_path):
        frames = (Frame(np.zeros((8, 8, 3), np.uint8), captured_s=float("nan")) for _ in range(1_000_000))
        agent = Agent(small_model, frames, sinks=[lambda _: None], state=tmp_path / "state")
        with pytest.raises(ValueError, match="NaN"):
            agent.run()
        assert json.loads((tmp_path / "state" / "status.json").read_text())["events"] == 0


@pytest.mark.parametrize("left", [0, 2 << 20], ids=["no room at all", "room for a part of the copy"])
def test_an_outbox_of_before_stays_as_it_is_until_there_is_room_for_its_copy(disk, left):
    path = disk.folder / "outbox.db"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(WRITTEN.read_text(encoding="utf-8"))
        database.execute("INSERT INTO counters VALUES (?, 1)", ("x" * (4 << 20),))
        database.commit()
    disk.fill()
    os.truncate(disk.folder / "ballast", (disk.folder / "ballast").stat().st_size - left)
    with pytest.raises(DiskFullError, match="the disk is full"):
        Outbox(path)
    assert not [file for file in disk.folder.rglob("*") if file.is_file() and file.parent != disk.folder]
    disk.free()
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone()[0] == 1
    Outbox(path).close()
    assert (disk.folder / "version-1" / "outbox.db").stat().st_size > 4 << 20
