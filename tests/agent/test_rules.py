"""When rules hold: labels, scores, counts, cool-down, hours."""

from __future__ import annotations

import datetime

import pytest

from edgewright.agent import Hours, Moment, Rule
from edgewright.agent.events.observing import Wanted
from edgewright.agent.events.rules.rule import RuleState
from edgewright.agent.events.sighting import Sighting
from edgewright.errors import UsageError
from edgewright.hub import load
from edgewright.task import Observation


def seen(*labels: tuple[str, float]) -> Sighting:
    """What a worker says where these labels were seen."""
    found = sorted((Observation(label, score, 0) for label, score in labels), key=lambda one: -one.score)
    return Sighting(observations=tuple(found), best=tuple(found[:5]))


def look(state: RuleState, sighting: Sighting, captured_s: float) -> Observation | None:
    """The best of what matches, if there is to be an event."""
    matching = state.look(sighting, Moment((), captured_s))
    return matching[0] if matching and state.fires(captured_s) else None


def fired(rule: Rule, scores: list[float], step_s: float = 1.0) -> list[int]:
    state = RuleState(rule)
    return [i for i, score in enumerate(scores) if look(state, seen(("cat", score)), 1e9 + i * step_s)]


class TestRule:
    def test_a_score_at_the_limit_counts(self):
        assert fired(Rule("r", ("cat",), score=0.5), [0.4, 0.5, 0.6]) == [1, 2]

    def test_three_of_the_last_five(self):
        rule = Rule("r", ("cat",), seen=3, of=5)
        assert fired(rule, [1, 0, 1, 0, 1, 0, 0, 1, 1, 1]) == [4, 8, 9]

    def test_a_result_without_the_label_brings_no_event(self):
        assert fired(Rule("r", ("cat",), seen=1, of=5), [1, 0]) == [0]

    def test_nothing_during_the_cool_down(self):
        assert fired(Rule("r", ("cat",), cooldown_s=2.5), [1] * 7) == [0, 3, 6]

    def test_a_clock_put_back_does_not_prolong_the_cool_down(self):
        state = RuleState(Rule("r", ("cat",), cooldown_s=3600))
        assert look(state, seen(("cat", 1.0)), 2e9)
        assert look(state, seen(("cat", 1.0)), 1e9)

    def test_the_best_label_is_named(self):
        match = look(RuleState(Rule("r", ("cat", "dog"))), seen(("cat", 0.6), ("dog", 0.9)), 1e9)
        assert match is not None
        assert (match.label, match.score) == ("dog", 0.9)

    def test_hours_are_local_time(self):
        noon = datetime.datetime(2026, 5, 1, 12, 0).timestamp()
        state = RuleState(Rule("r", ("cat",), hours=Hours.parse("11:30-12:30")))
        assert look(state, seen(("cat", 1.0)), noon)
        assert not look(state, seen(("cat", 1.0)), noon + 3600)

    def test_so_many_in_one_picture(self):
        state = RuleState(Rule("r", ("cat", "dog"), count=3))
        two, three = [("cat", 0.9), ("cat", 0.6)], [("cat", 0.9), ("cat", 0.6), ("dog", 0.7)]
        assert not look(state, seen(*two, ("cat", 0.4)), 1e9)
        assert not look(state, seen(*two, ("hat", 0.9)), 1e9)
        assert look(state, seen(*three), 1e9)

    def test_a_count_that_pictures_in_a_row_must_reach(self):
        state = RuleState(Rule("r", ("cat",), count=2, seen=2, of=3))
        cats = [seen(*[("cat", 0.9)] * count) for count in (2, 1, 2, 2, 1)]
        assert [bool(look(state, one, 1e9)) for one in cats] == [False, False, True, True, False]

    def test_a_rule_sees_no_labels_of_another_one(self):
        larger = RuleState(Rule("r", ("cat",), predicates={"hours": {"hours": "00:00-24:00"}}))
        assert not look(larger, seen(("dog", 1.0)), 1e9)

    def test_a_rule_without_labels_looks_at_the_best_of_all(self):
        state = RuleState(Rule("r", predicates={"hours": {"hours": "00:00-24:00"}}))
        match = look(state, seen(("cat", 0.6), ("dog", 0.9)), 1e9)
        assert match is not None
        assert match.label == "dog"
        assert not look(state, seen(("cat", 0.4)), 1e9)

    def test_only_what_a_rule_needs_to_know_leaves_the_worker(self, small_model, parrot):
        """By label and by score; without the labels of one nothing of another is hidden."""
        with load(small_model) as task:
            result = task(parrot)
        rules = {
            "bird": Rule("bird", ("macaw",), score=0.3),
            "all": Rule("all", tuple(dict.fromkeys(task.labels)), score=0.3),
            "any": Rule("any", predicates={"hours": {"hours": "00:00-24:00"}}),
        }
        told = {name: Wanted.by([rule], top=3).of(result) for name, rule in rules.items()}
        assert [one["label"] for one in told["bird"]["observations"]] == ["macaw"]
        assert [one["label"] for one in told["all"]["observations"]] == ["macaw"]
        assert ("best" in told["bird"], len(told["any"]["best"]), "observations" in told["any"]) == (False, 3, False)
        together = Wanted.by(list(rules.values()), top=3).of(result)
        assert (len(together["observations"]), len(together["best"])) == (1, 3)
        low = Wanted.by([rules["bird"], Rule("low", ("tench, Tinca tinca",), score=-1)], top=3).of(result)
        assert [one["label"] for one in low["observations"]] == ["macaw", "tench, Tinca tinca"]

    def test_two_runs_of_a_rule_remember_nothing_of_each_other(self):
        rule = Rule("r", ("cat",), seen=2, of=2)
        assert not look(RuleState(rule), seen(("cat", 1.0)), 1e9)
        assert not look(RuleState(rule), seen(("cat", 1.0)), 1e9)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"labels": ()}, {"seen": 3, "of": 2}, {"seen": 0}, {"cooldown_s": -1}, {"score": float("nan")},
            {"count": 0}, {"predicates": {"hours": {"hours": "noon"}}}, {"predicates": {"hours": {"minutes": 3}}},
        ],
    )  # fmt: skip
    def test_senseless_rules_are_refused(self, wrong):
        with pytest.raises(ValueError, match="rule 'r'"):
            Rule(**{"name": "r", "labels": ("cat",), **wrong})

    def test_an_unknown_predicate_is_refused_with_those_there_are(self):
        with pytest.raises(UsageError, match=r"no predicate of rules 'huors'\. Did you mean 'hours'"):
            Rule("r", ("cat",), predicates={"huors": {}})


class TestHours:
    @pytest.mark.parametrize(
        ("text", "time", "inside"),
        [
            ("08:00-18:00", "08:00", True),
            ("08:00-18:00", "18:00", False),
            ("22:00-06:00", "23:30", True),
            ("22:00-06:00", "05:59", True),
            ("22:00-06:00", "12:00", False),
            ("00:00-24:00", "23:59", True),
        ],
    )
    def test_span(self, text, time, inside):
        assert (datetime.time.fromisoformat(time) in Hours.parse(text)) is inside

    @pytest.mark.parametrize(
        "text", ["8", "08:00", "08:00-", "25:00-26:00", "24:30-06:00", "08:00-08:00", "08:61-09:00", "a:b-c:d"]
    )
    def test_nonsense(self, text):
        with pytest.raises(ValueError, match="expected"):
            Hours.parse(text)
