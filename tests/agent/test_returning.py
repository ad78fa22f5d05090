"""Back to the program before, after a later one has changed the file of events: nothing that waits is lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import edgewright
from edgewright.agent import Event, Outbox
from edgewright.agent.delivery import migrations, returning
from edgewright.agent.delivery.outbox import Entry
from edgewright.errors import OutputError, UsageError

SOURCE = Path(edgewright.__file__).parent
SINK = "file:/events.jsonl"

# One more than there is today, of every kind that a step may have.
LATER = """    (
        "ALTER TABLE events ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'",
        "CREATE TABLE moods (mood TEXT PRIMARY KEY, events INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO moods VALUES ('calm', 1)",
        "CREATE INDEX by_mood ON events (mood)",
    ),
)
VERSION = len(MIGRATIONS)
"""


def later_program(folder: Path) -> Path:
    """The program as it is, with a step more: a folder to be found before ours."""
    shutil.copytree(SOURCE, folder / "edgewright", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "edgewright" / "agent" / "delivery" / "migrations.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(")\nVERSION = len(MIGRATIONS)\n", LATER), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != before
    return folder


@pytest.fixture(scope="module")
def later(tmp_path_factory) -> Path:
    return later_program(tmp_path_factory.mktemp("later"))


# Stores events with the numbers that it is told, and delivers so many of all that wait.
_WORKS = """
import sys
from pathlib import Path
from edgewright.agent import Event, Outbox
from edgewright.agent.delivery.outbox import Entry
box = Outbox(Path(sys.argv[1]) / "outbox.db")
box.attach([sys.argv[2]])
for number in sys.argv[4:]:
    box.append([Entry("door", (Event("door", "result", 1.7e9, facts={"number": int(number)}),), (f"{number}.jpg",))])
if int(sys.argv[3]):
    box.advance(sys.argv[2], box.after(sys.argv[2], int(sys.argv[3]))[-1].sequence)
box.close()
"""


def works(program: Path | None, state: Path, delivers: int, *numbers: int, kill: bool = False) -> None:
    """What a program does with the state, in a process of its own; killed, it leaves its log behind."""
    code = _WORKS.replace("box.close()", "import os; os.kill(os.getpid(), 9)") if kill else _WORKS
    words = [sys.executable, "-c", code, state, SINK, delivers, *numbers]
    environment = {**os.environ, **({"PYTHONPATH": str(program)} if program else {})}
    done = subprocess.run([*map(str, words)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == (-9 if kill else 0), done.stderr


def asked(program: Path | None, *words: object) -> dict:
    environment = {**os.environ, **({"PYTHONPATH": str(program)} if program else {})}
    command = [sys.executable, "-m", "edgewright.agent.delivery.returning", *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def waiting(state: Path) -> list[int]:
    """The numbers of the events that this program would deliver."""
    box = Outbox(state / "outbox.db")
    box.attach([SINK])
    found = [json.loads(one.text) for one in box.after(SINK, 1000)]
    box.close()
    assert not [event for event in found if event.get("what") == "storage damaged"], found
    return [event["number"] for event in found]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir()
    works(None, folder, 1, 1, 2, 3)
    return folder


class TestTwoPrograms:
    def test_what_the_later_one_stored_and_what_it_did_not_deliver_is_there(self, state: Path, later: Path):
        works(later, state, 1, 4, 5, kill=True)
        assert asked(None, "needs", state) == {"fits": False, "version": migrations.VERSION}
        with pytest.raises(OutputError, match="later version"):
            waiting(state)
        asked(later, "back", state, migrations.VERSION)
        assert asked(None, "needs", state)["fits"]
        assert waiting(state) == [3, 4, 5]
        works(None, state, 2, 6)
        assert waiting(state) == [5, 6]

    def test_marks_counters_and_numbers_go_back_too(self, state: Path, later: Path):
        works(later, state, 4, 4)
        asked(later, "back", state, migrations.VERSION)
        box = Outbox(state / "outbox.db")
        assert box.taken("door") == {f"{number}.jpg" for number in range(1, 5)}
        assert box.counters()["events"] == 4
        box.attach([SINK])
        box.append([Entry("door", (Event("door", "result", 1.7e9),))])
        assert [one.sequence for one in box.after(SINK, 10)] == [5]
        box.close()

    def test_forward_again_and_back_again(self, state: Path, later: Path):
        for number in (4, 5, 6):
            works(later, state, 0, number)
            asked(later, "back", state, migrations.VERSION)
        assert waiting(state) == [2, 3, 4, 5, 6]

    def test_where_the_later_one_cannot_the_copy_of_before_is_used_and_all_else_is_kept(self, state, later):
        works(later, state, 1, 4, 5, kill=True)
        said = asked(None, "aside", state)
        box = Outbox(state / "outbox.db")
        box.attach([SINK])
        found = [json.loads(one.text) for one in box.after(SINK, 100)]
        box.close()
        # What the later one had delivered comes twice, with its id; and that some are missing is told.
        assert [event.get("number") for event in found] == [2, 3, None]
        assert (found[-1]["what"], found[-1]["first"], found[-1]["last"]) == ("storage damaged", 4, 5)
        kept = Path(said["folder"]) / "outbox.db"
        with closing(sqlite3.connect(kept)) as database:
            texts = [text for (text,) in database.execute("SELECT text FROM events ORDER BY sequence")]
        assert [json.loads(text)["number"] for text in texts] == [3, 4, 5]

    def test_one_that_was_made_by_the_later_one_is_kept_as_well(self, tmp_path: Path, later: Path):
        works(later, tmp_path, 0, 1)
        assert Path(asked(None, "aside", tmp_path)["folder"], "outbox.db").stat().st_size
        Outbox(tmp_path / "outbox.db").close()


class TestRefused:
    def test_somebody_is_at_work_with_it(self, state: Path, later: Path):
        works(later, state, 0, 4)
        with closing(sqlite3.connect(state / "outbox.db")) as database:
            database.execute("SELECT count(*) FROM events").fetchone()
            command = [sys.executable, "-m", "edgewright.agent.delivery.returning", "back", state, "3"]
            environment = {**os.environ, "PYTHONPATH": str(later)}
            done = subprocess.run(
                [*map(str, command)], env=environment, capture_output=True, text=True, timeout=120, check=False
            )
        assert done.returncode == 1
        assert "locked" in done.stderr or "somebody is at work" in done.stderr
        assert "\n" not in done.stderr.strip()
        asked(later, "back", state, migrations.VERSION)
        assert waiting(state) == [2, 3, 4]

    def test_a_version_that_never_was(self, state: Path):
        with pytest.raises(UsageError, match="known are 1 to"):
            returning.back(state / "outbox.db", 99)

    def test_what_fits_is_left_alone(self, state: Path):
        before = (state / "outbox.db").read_bytes()
        returning.back(state / "outbox.db", migrations.VERSION)
        assert (state / "outbox.db").read_bytes() == before

    def test_words_that_make_no_sense(self, capsys):
        assert returning.main(["back"]) == 2


@pytest.fixture(scope="module")
def left(later: Path, tmp_path_factory) -> Path:
    """What a later program left when it was killed."""
    folder = tmp_path_factory.mktemp("left")
    works(None, folder, 1, 1, 2, 3)
    works(later, folder, 1, 4, 5, kill=True)
    return folder


class TestKilledAtEveryWrite:
    @pytest.mark.parametrize("way", ["back", "aside"])
    def test_done_again_it_comes_to_the_same(self, left, later, tmp_path, kill_shim, shim, way):
        program = Path(__file__).with_name("returning_killed.py")
        environment = {**os.environ, "LD_PRELOAD": f"{kill_shim}:{shim}", "PYTHONPATH": str(later)}
        words = [sys.executable, program, way, left, tmp_path, migrations.VERSION]
        done = subprocess.run([*map(str, words)], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        count = int(done.stdout)
        assert count > 10
        for number in range(1, count + 1):
            self._check(tmp_path / f"{number}", later, way)

    def _check(self, state: Path, later: Path, way: str) -> None:
        with closing(sqlite3.connect(state / "outbox.db")) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > migrations.VERSION:
            # The later program, at work again, has all of it; and so has what it gives back.
            if way == "aside":
                returning.aside(state / "outbox.db")
            else:
                asked(later, "back", state, migrations.VERSION)
        numbers = waiting_or_told(state)
        assert numbers == ([3, 4, 5] if way == "back" else [2, 3, None])


def waiting_or_told(state: Path) -> list[int | None]:
    box = Outbox(state / "outbox.db")
    box.attach([SINK])
    found = [json.loads(one.text) for one in box.after(SINK, 100)]
    box.close()
    return [event.get("number") for event in found]
