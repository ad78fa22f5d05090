"""Outboxes of earlier and later versions: nothing is lost on the way up, at any write, and there is a way back."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edgewright.agent import Event, Outbox
from edgewright.agent.delivery import migrations
from edgewright.agent.delivery.outbox import Entry
from edgewright.agent.events.event import SCHEMA
from edgewright.errors import OutputError

SINKS = ["file:/e.jsonl", "mqtt://broker/door"]
MARKS = {"folder:/in": {f"{number}.jpg:mark" for number in range(2, 9)}, "agent": {"broken.jpg:mark"}}
COUNTED = {"captured": 17, "looked_at": 8, "worked_s": 1.0, "events": 9, "bytes_sent": 1234}


@dataclass(frozen=True)
class Before:
    """What the program of a version left, at some commit, and what it would have delivered to each of its sinks."""

    version: int
    commit: str
    counted: dict[str, float]

    @property
    def folder(self) -> Path:
        return Path(__file__).with_name(f"outbox_version_{self.version}")

    def write(self, path: Path) -> sqlite3.Connection:
        """Make the file; of later versions also the one with the numbers."""
        database = sqlite3.connect(path)
        database.executescript((self.folder / "written.sql").read_text(encoding="utf-8"))
        if sequence := self._told("sequence"):
            path.with_name(f"{path.name}-sequence").write_text(sequence)
        return database

    @property
    def kept(self) -> str:
        """The folder of its copy, in the state."""
        return f"version-{self.version}"

    @property
    def delivers(self) -> dict[str, list[str]]:
        return self._told("delivers")

    def _told(self, what: str) -> Any:
        return json.loads((self.folder / "delivered.json").read_text(encoding="utf-8")).get(what)


VERSIONS = (
    Before(1, "d9f8021", {**COUNTED, "bytes_stored": 2134, "sent": 9}),
    Before(2, "11816e9", {**COUNTED, "bytes_stored": 3220, "sent": 8}),
)
WRITTEN = VERSIONS[0].folder / "written.sql"

FIRST_STATEMENTS = [part for part in WRITTEN.read_text(encoding="utf-8").split(";\n") if "CREATE TABLE" in part]


@pytest.fixture(params=VERSIONS, ids=lambda before: f"version {before.version}", scope="module")
def before(request) -> Before:
    return request.param


@pytest.fixture
def state(tmp_path: Path, before: Before) -> Path:
    """The state of an agent of before, whose last events are in the write-ahead log only, as after a kill."""
    folder, made = tmp_path / "state", tmp_path / "made"
    folder.mkdir()
    made.mkdir()
    database = before.write(made / "outbox.db")
    for path in made.iterdir():
        if not path.name.endswith("-shm"):
            shutil.copy(path, folder)
    database.close()
    shutil.rmtree(made)
    assert (folder / "outbox.db-wal").stat().st_size > 4096
    return folder


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return int(database.execute("PRAGMA user_version").fetchone()[0])


def dumped(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def assert_all_is_there(path: Path, before: Before) -> None:
    """And goes out byte for byte, in order, before anything new."""
    box = Outbox(path)
    box.attach(SINKS)
    last = Event("folder:/in", "result", 1_700_000_000.0, {"kind": "classification"})
    box.append([Entry("folder:/in", (last,), kept={"tracks/folder:/in": "1000"})])
    assert box.kept("tracks/") == {"tracks/folder:/in": "1000"}
    for sink, texts in before.delivers.items():
        found = box.after(sink, 100)
        assert [one.text for one in found[:-1]] == texts
        assert [one.sequence for one in found[:-1]] == [json.loads(text)["sequence"] for text in texts]
        assert [one.id for one in found[:-1]] == [json.loads(text)["id"] for text in texts]
        assert (found[-1].id, json.loads(found[-1].text)["schema"]) == (last.id, SCHEMA)
        assert found[-1].sequence > found[-2].sequence
        assert box.pending(sink) == len(texts) + 1
    assert {source: box.taken(source) for source in MARKS} == MARKS
    counters = box.counters()
    told = {"events": counters["events"] - 1, "bytes_stored": before.counted["bytes_stored"]}
    assert {**counters, **told} == before.counted
    box.close()


class TestUp:
    def test_all_that_an_earlier_program_left_is_kept_and_goes_out_as_it_is(self, state, before, caplog):
        with caplog.at_level(logging.WARNING, "edgewright"):
            assert_all_is_there(state / "outbox.db", before)
        assert version(state / "outbox.db") == migrations.VERSION
        (said,) = caplog.messages
        assert str(state / before.kept) in said

    def test_it_happens_once(self, state, caplog, monkeypatch):
        Outbox(state / "outbox.db").close()
        caplog.clear()
        done: list[object] = []
        monkeypatch.setattr(migrations, "_go", lambda *arguments: done.append(arguments))
        Outbox(state / "outbox.db").close()
        assert (done, caplog.messages) == ([], [])

    def test_each_step_is_a_transaction_of_its_own(self, state, monkeypatch):
        """A step that fails takes nothing with it: neither its own statements nor the steps before it."""
        more = (("CREATE TABLE next (x)",), ("CREATE TABLE after (x)", "CREATE TABLE next (x)"))
        monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, *more))
        monkeypatch.setattr(migrations, "VERSION", len(migrations.MIGRATIONS))
        with pytest.raises(OutputError, match="next already exists"):
            Outbox(state / "outbox.db")
        assert version(state / "outbox.db") == migrations.VERSION - 1
        assert not any("TABLE after" in line for line in dumped(state / "outbox.db"))
        assert any("TABLE next" in line for line in dumped(state / "outbox.db"))

    @pytest.mark.parametrize("made", range(len(FIRST_STATEMENTS) + 1))
    def test_a_file_whose_tables_were_not_all_made_is_a_new_one(self, tmp_path, made):
        """The program of version 1 made them one by one, and wrote the version behind the last."""
        path = tmp_path / "outbox.db"
        with closing(sqlite3.connect(path)) as database:
            database.executescript(";\n".join(["PRAGMA journal_mode=WAL", *FIRST_STATEMENTS[:made], ""]))
        Outbox(path).close()
        assert version(path) == migrations.VERSION
        assert not list(tmp_path.glob("version-*"))


class TestBack:
    def test_the_copy_is_what_the_earlier_program_left(self, state, before):
        lines = dumped(state / "outbox.db")
        assert_all_is_there(state / "outbox.db", before)
        kept = state / before.kept / "outbox.db"
        assert version(kept) == before.version
        assert dumped(kept) == lines
        assert_all_is_there(kept, before)

    def test_it_is_ours_alone(self, state, before):
        Outbox(state / "outbox.db").close()
        kept = state / before.kept
        assert (kept.stat().st_mode & 0o777, (kept / "outbox.db").stat().st_mode & 0o777) == (0o700, 0o600)
        assert [path.name for path in kept.iterdir()] == ["outbox.db"]

    def test_a_copy_with_which_an_agent_was_at_work_is_not_replaced(self, state, before):
        used = state / before.kept
        used.mkdir()
        for name in ("outbox.db", "outbox.db-wal", "lock"):
            (used / name).write_bytes(b"used")
        Outbox(state / "outbox.db").close()
        assert {path.read_bytes() for path in used.iterdir()} == {b"used"}
        assert version(state / f"{before.kept}-2" / "outbox.db") == before.version

    def test_without_a_copy_nothing_is_changed(self, state, before):
        lines = dumped(state / "outbox.db")
        (state / before.kept).write_text("in the way")
        with pytest.raises(OutputError, match="File exists"):
            Outbox(state / "outbox.db")
        assert (version(state / "outbox.db"), dumped(state / "outbox.db")) == (before.version, lines)

    def test_a_link_in_its_place_is_not_followed(self, state, before, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        (state / before.kept).symlink_to(tmp_path / "elsewhere")
        with pytest.raises(OutputError, match="is a link"):
            Outbox(state / "outbox.db")
        assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_one_newer_than_the_program_is_refused_in_one_line_and_left_as_it_is(tmp_path, journal):
    path = tmp_path / "outbox.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"PRAGMA journal_mode={journal}; CREATE TABLE later (x); PRAGMA user_version=99;")
    before = path.read_bytes()
    with pytest.raises(OutputError, match="later version") as caught:
        Outbox(path)
    assert "\n" not in str(caught.value)
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == {"outbox.db": before}


@pytest.fixture(scope="module")
def killed(before, tmp_path_factory, shim, kill_shim) -> list[Path]:
    """States of before that were opened, each killed one write later than the one before."""
    folder = tmp_path_factory.mktemp("killed")
    state = folder / "state"
    state.mkdir()
    before.write(state / "outbox.db").close()
    environment = {**os.environ, "LD_PRELOAD": f"{kill_shim}:{shim}"}
    program = Path(__file__).with_name("migrating.py")
    done = subprocess.run(
        [sys.executable, program, state, folder],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return [folder / f"{number}" for number in range(1, int(done.stdout) + 1)]


class TestKilledAtEveryWrite:
    def test_the_file_is_of_the_version_before_or_of_this_one_and_nothing_is_lost(self, before, killed):
        versions, lines = [], dumped(killed[0].with_name("state") / "outbox.db")
        for state in killed:
            versions.append(version(state / "outbox.db"))
            if versions[-1] == migrations.VERSION:
                kept = state / before.kept / "outbox.db"
                assert (version(kept), dumped(kept)) == (before.version, lines)
            assert_all_is_there(state / "outbox.db", before)
            kept = state / before.kept / "outbox.db"
            assert (version(kept), dumped(kept)) == (before.version, lines)
            assert not list(state.rglob("*.copying*"))
        assert versions == sorted(versions)
        assert set(versions) == set(range(before.version, migrations.VERSION + 1))
        assert len(versions) > 30

    def test_nor_is_it_where_the_power_was_cut_at_that_moment(self, before, killed, tmp_path):
        """Of each file what it was at its last fsync; what was never synchronized is as before."""
        versions, lines = [], dumped(killed[0].with_name("state") / "outbox.db")
        for state in killed:
            cut, synced = tmp_path / state.name, state.with_name(f"{state.name}-synced")
            shutil.copytree(state.with_name("state"), cut)
            for name in ("outbox.db", "outbox.db-wal", "outbox.db-sequence"):
                if (synced / name).exists():
                    shutil.copy(synced / name, cut / name)
            versions.append(version(cut / "outbox.db"))
            if versions[-1] == migrations.VERSION:
                kept = shutil.copy(synced / ".outbox.db.copying", cut / "kept.db")
                assert (version(kept), dumped(kept)) == (before.version, lines)
            assert_all_is_there(cut / "outbox.db", before)
        assert set(versions) == set(range(before.version, migrations.VERSION + 1))
