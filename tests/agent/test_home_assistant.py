"""What Home Assistant is told: the payloads, and the states that follow from events."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.agent import HomeAssistant, open_sink
from edgewright.agent.delivery.sinks.home_assistant.naming import key, shown
from edgewright.agent.delivery.sinks.home_assistant.payloads import Place, components, discovery, topics
from edgewright.agent.delivery.sinks.home_assistant.states import OFF, ON, States
from edgewright.agent.delivery.sinks.home_assistant.watching import Known, WatchedRule, Watching
from edgewright.errors import UsageError

from .homes import GATE, HOUSE, JPEG, YARD, Story, check_payload, with_picture

PLACE = Place("0123456789ab", "site/front_door", "homeassistant", "front door")
IN_YARD = key("rule", YARD.name)

AWKWARD = [
    "Hof/Süd",
    "a+b",
    "#",
    "+",
    "",
    " ",
    "人が庭に",
    "../x",
    "a\nb\0c",
    "x" * 500,
    "\udcff",
    "Rule",
    "rule",
    "{{ 1 }}",
]


class TestNames:
    def test_plain_names_are_kept(self):
        assert key("rule", "person") == "rule_person"
        assert key("rule", "in_yard 2") == "rule_in_yard-2"

    @given(st.text(), st.text())
    def test_every_name_has_a_key_of_its_own_that_topics_and_ids_can_have(self, one, other):
        for name in (one, other):
            assert re.fullmatch(r"[a-z0-9_-]{1,60}", key("rule", name))
            assert len(shown(name)) <= 100
        assert (key("rule", one) == key("rule", other)) == (one == other)

    def test_a_name_that_looks_like_a_made_one_is_not_taken_for_it(self):
        made = key("rule", "Person").removeprefix("rule_")
        assert key("rule", made) != key("rule", "Person")


class TestPayload:
    @pytest.mark.parametrize(
        "house", [HOUSE, Watching(), Watching("m", pictures=True)], ids=["rules", "none", "pictures"]
    )
    def test_home_assistant_accepts_it(self, house):
        check_payload(discovery(PLACE, house, "1.0", {"rule_gone": "binary_sensor"}))

    def test_awkward_names(self):
        rules = tuple(WatchedRule(name, zone=name) for name in AWKWARD)
        payload = discovery(PLACE, Watching("m", rules, lines=tuple(AWKWARD), pictures=True), "1.0", {})
        check_payload(payload)
        assert len(payload["components"]) == 5 * len(AWKWARD) + 2

    def test_a_hundred_rules(self):
        rules = tuple(WatchedRule(f"rule {number}", lasts=number % 2 == 0) for number in range(100))
        payload = discovery(PLACE, Watching("m", rules), "1.0", {})
        check_payload(payload)
        assert len(json.dumps(payload)) < 50_000

    def test_an_instant_switches_itself_off_and_what_lasts_does_not(self):
        found = components(PLACE, HOUSE)
        assert found["rule_gate"]["off_delay"] == 30
        assert "off_delay" not in found[IN_YARD]

    def test_whether_the_agent_runs_is_shown_also_when_it_does_not(self):
        running = components(PLACE, HOUSE)["running"]
        assert running["state_topic"] == "site/front_door/status"
        assert running["availability"] == []

    def test_two_agents_share_nothing_even_with_one_topic(self):
        other = Place("ba9876543210", PLACE.topic, PLACE.prefix, PLACE.name)
        mine, theirs = components(PLACE, HOUSE), components(other, HOUSE)
        assert not set(topics(mine)) & set(topics(theirs))
        assert not {one["unique_id"] for one in mine.values()} & {one["unique_id"] for one in theirs.values()}
        assert PLACE.discovery != other.discovery


class TestOptions:
    @pytest.mark.parametrize("prefix", ["", "a//b", "/a", "a/", "home+", "#"])
    def test_a_prefix_that_is_no_topic(self, prefix):
        with pytest.raises(ValueError, match="expected a topic"):
            HomeAssistant(prefix=prefix)

    def test_only_over_mqtt(self):
        with pytest.raises(UsageError, match="Home Assistant hears of an agent over MQTT"):
            open_sink("stdout", home_assistant=True)

    def test_the_name_is_that_of_the_topic_unless_it_is_said(self):
        assert HomeAssistant().called("site/front_door") == "front door"
        assert HomeAssistant(name="Porch").called("site/front_door") == "Porch"


@pytest.fixture
def story() -> Story:
    return Story()


class TestVisits:
    def test_on_while_anybody_is_there(self, story):
        states = States(HOUSE)
        shown = [states.states[IN_YARD]]
        for phase, visitor in [("new", "a"), ("new", "b"), ("update", "a"), ("end", "a"), ("end", "b")]:
            states.take(story.visit(phase, visitor))
            shown.append(states.states[IN_YARD])
        assert shown == [OFF, ON, ON, ON, ON, OFF]
        assert json.loads(states.attributes[IN_YARD])["visits"] == 0

    def test_an_update_whose_beginning_was_dropped_opens_it(self, story):
        states = States(HOUSE)
        states.take(story.visit("update"))
        assert states.states[IN_YARD] == ON

    def test_what_comes_twice_opens_nothing_again(self, story):
        states = States(HOUSE)
        events = [story.visit("new"), story.visit("end")]
        for event in (*events, *events, events[0]):
            states.take(event)
        assert states.states[IN_YARD] == OFF

    def test_visits_that_were_open_before_a_restart_are(self, story):
        house = Watching("m", (YARD,), known=lambda: Known({YARD.name: ["a", "b"]}))
        states = States(house)
        assert states.states[IN_YARD] == ON
        states.take(story.visit("end", "a"))
        assert states.states[IN_YARD] == ON
        states.take(story.visit("end", "b"))
        assert states.states[IN_YARD] == OFF

    def test_where_events_were_dropped_the_agent_is_asked_how_things_are(self, story):
        now = Known({YARD.name: ["a"]}, {"gate": (3, 4)})
        states = States(Watching("m", (YARD, GATE), ("gate",), known=lambda: now))
        now = Known({}, {"gate": (5, 6)})
        states.take(story.notice("worker restarts", restarts=1))
        assert states.states[IN_YARD] == ON
        states.take(story.notice("dropped", count=9, reason="size"))
        assert states.states[IN_YARD] == OFF
        assert states.states["line_in_gate"] == b"5"

    def test_events_are_believed_of_what_a_rule_is(self, story):
        states = States(Watching("m", (YARD, GATE)))
        states.take(story.visit("new", rule=GATE.name))
        states.take(story.event(YARD.name))
        assert [rule.lasts for rule in states.watching.rules] == [False, True]
        assert (states.states["rule_gate"], states.instants) == (ON, {IN_YARD: ON})
        states.take(story.event(GATE.name))  # of another source
        assert states.watching.rules[1].lasts
        assert states.states["rule_gate"] == ON

    def test_how_many_are_inside(self, story):
        states = States(HOUSE)
        inside = key("inside", YARD.name)
        assert states.states[inside] == b"0"
        states.take(story.visit("new", "a", place={"zone": "yard", "inside": 2}))
        assert states.states[inside] == b"2"
        states.take(story.visit("end", "a"))
        assert states.states[inside] == b"0"


class TestInstants:
    def test_an_instant_is_on_once_and_off_stays_for_whoever_comes_later(self, story):
        states = States(HOUSE)
        assert dict(states.holds())["rule_gate"] == OFF
        states.take(story.crossing(7, 9))
        assert states.instants == {"rule_gate": ON}
        assert "rule_gate" not in dict(states.holds())  # it would switch off what was just switched on
        assert (states.states["line_in_gate"], states.states["line_out_gate"]) == (b"7", b"9")

    def test_one_of_long_ago_counts_and_switches_nothing_on(self, story):
        states = States(HOUSE)
        states.take(story.crossing(7, 9, ago_s=3600))
        assert states.instants == {}
        assert states.states["line_in_gate"] == b"7"

    def test_lines_and_rules_that_are_no_more_change_nothing(self, story):
        states = States(Watching("m", (GATE,)))
        before = dict(states.states)
        states.take(story.crossing(1, 2))
        states.take(story.visit("new", rule="of before"))
        assert states.states == before


class TestResults:
    def test_without_rules_the_last_label_is_shown(self, story):
        states = States(Watching(pictures=True))
        states.take(with_picture(story.event(None, kind="result")))
        assert states.states["seen"] == b"person"
        assert states.pictures == {"picture": JPEG}
        assert json.loads(states.attributes["seen"])["score"] == 0.912

    def test_a_result_without_a_name_is_no_empty_state(self, story):
        states = States(Watching())
        states.take(story.event(None, kind="result", label=None, observation=None))
        assert states.states["seen"] == b"unknown"

    def test_states_are_cut_to_what_home_assistant_takes(self, story):
        states = States(Watching())
        states.take(story.event(None, kind="result", label="x" * 999))
        assert len(states.states["seen"]) == 255

    def test_a_notice(self, story):
        states = States(HOUSE)
        states.take(story.notice("dropped", count=12, reason="size"))
        assert states.states["notice"] == b"dropped"
        assert json.loads(states.attributes["notice"]) | {"time": ""} == {"time": "", "count": 12, "reason": "size"}

    def test_events_of_an_older_form(self):
        states = States(HOUSE)
        states.take({"kind": "rule", "rule": "gate", "label": "person", "score": 0.5})
        assert states.instants == {"rule_gate": ON}

    def test_pictures_that_are_none_are_left_out(self, story):
        states = States(HOUSE)
        states.take({**story.visit("new"), "snapshot_jpeg": "no base64!"})
        assert states.pictures == {}
