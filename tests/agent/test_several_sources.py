"""Several sources in one agent: they share one worker in turn, and each event says whose it is."""

from __future__ import annotations

import itertools
import json
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgewright.agent import Agent, Frame, Rule, read_settings, source_of
from edgewright.agent.capture.mailbox import Mailbox
from edgewright.agent.capture.turns import Turns
from edgewright.errors import UsageError


@pytest.fixture
def doors(tmp_path: Path, parrot: Path) -> Path:
    """Two folders, of one picture and of three."""
    for name, count in (("front", 1), ("back", 3)):
        (tmp_path / name).mkdir()
        for number in range(count):
            shutil.copy(parrot, tmp_path / name / f"{number}.jpg")
    return tmp_path


DESCRIBED = """
model = "{model}"

[[source]]
folder = "front"
name = "front door"
once = true

[[source]]
folder = "back"
name = "back door"
once = true

[[sinks]]
send = "file:events.jsonl"
"""


def test_each_event_says_which_source_it_is_of(doors: Path, small_model: Path):
    (doors / "agent.toml").write_text(DESCRIBED.format(model=small_model))
    status = Agent.from_settings(read_settings(doors / "agent.toml")).run()
    events = [json.loads(line) for line in (doors / "events.jsonl").read_text().splitlines()]
    assert Counter(event["source"] for event in events) == {"front door": 1, "back door": 3}
    assert status.source == "front door, back door"
    # What was looked at is known again, of each source by itself.
    assert Agent.from_settings(read_settings(doors / "agent.toml")).run().events == 4


def test_a_rule_may_be_of_one_source_alone(doors: Path, small_model: Path):
    rule = Rule("bird", ("macaw",), sources=("front door",))
    (doors / "agent.toml").write_text(
        DESCRIBED.format(model=small_model) + '[[rules]]\nname="bird"\nlabels=["macaw"]\nsources=["front door"]\n'
    )
    settings = read_settings(doors / "agent.toml")
    assert settings.rules == (rule,)
    Agent.from_settings(settings).run()
    events = [json.loads(line) for line in (doors / "events.jsonl").read_text().splitlines()]
    assert [(event["source"], event["rule"]) for event in events] == [("front door", "bird")]


def test_a_rule_of_a_source_that_there_is_not_is_refused(tmp_path: Path, doors: Path, small_model: Path):
    agent = Agent(
        small_model,
        source_of(doors / "front"),
        rules=(Rule("bird", ("macaw",), sources=("gate",)),),
        state=tmp_path / "s",
    )
    with pytest.raises(UsageError, match=r"rule 'bird': there is no source 'gate', only folder:.*front"):
        agent.run()


def test_two_sources_with_one_name_are_refused(tmp_path: Path, doors: Path, small_model: Path):
    twice = [source_of(doors / "front", once=True)] * 2
    with pytest.raises(UsageError, match=r"source: folder:.*front is there twice\. Give each a name of its own"):
        Agent(small_model, twice, state=tmp_path / "state").run()


def test_a_mistake_in_the_second_source_is_told_with_its_line(doors: Path, small_model: Path):
    text = DESCRIBED.format(model=small_model).replace('folder = "back"', 'folder = "bakc"')
    (doors / "agent.toml").write_text(text)
    with pytest.raises(UsageError, match=r"agent\.toml, line 10: source\.2\.folder: .*bakc: there is no such folder"):
        read_settings(doors / "agent.toml")


def test_a_source_that_floods_takes_no_turn_from_another():
    changed = threading.Condition()
    flooding, slow = (Mailbox(newest=False, room=100, changed=changed) for _ in range(2))
    turns = Turns([flooding, slow], changed)
    for number in range(50):
        flooding.put(Frame(b"", name=f"flood {number}"))
        if number < 10:
            slow.put(Frame(b"", name=f"slow {number}"))
    taken = [turns.take(0) for _ in range(20)]
    assert [place for place, _, _ in filter(None, taken)] == [0, 1] * 10


def test_the_reader_is_woken_by_whichever_comes_first():
    changed = threading.Condition()
    mailboxes = [Mailbox(newest=True, changed=changed) for _ in range(2)]
    turns = Turns(mailboxes, changed)
    threading.Timer(0.05, mailboxes[1].put, [Frame(b"", name="late")]).start()
    place, frame, _ = turns.take(60) or (None, None, ())
    assert (place, frame and frame.name) == (1, "late")
    for mailbox in mailboxes:
        mailbox.close()
    assert turns.take(60) is None
    assert turns.is_over


def test_one_that_is_wrong_for_good_ends_the_agent_however_much_comes_from_another(small_model: Path, tmp_path: Path):
    def wrong() -> Iterator[Frame]:
        raise UsageError("it is no door")

    gave_up = threading.Event()

    def give_up() -> None:
        gave_up.set()
        agent.stop()

    flood = itertools.repeat(np.zeros((8, 8, 3), np.uint8))
    sources = [source_of(flood, name="front"), source_of(wrong, name="back")]
    agent = Agent(small_model, sources, sinks=[len], state=tmp_path / "state")
    patience = threading.Timer(60, give_up)
    patience.start()
    with pytest.raises(UsageError, match="it is no door"):
        agent.run()
    patience.cancel()
    assert not gave_up.is_set()
