"""How devices are doing by what they said, whoever wrote it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.deploy import fleet_table, reports_of

NOW = 1_800_000_000.0


def said(age_s: float = 5.0, **others: object) -> dict:
    time = datetime.fromtimestamp(NOW - age_s, UTC).isoformat()
    counters = {"events": 1200, "sent": 1190}
    known = {"name": "door", "state": "online", "healthy": True, "troubles": {}, "version": 7, "label": "7-ab",
             "time": time, "every_s": 60.0, "counters": counters, "waiting": 10}  # fmt: skip
    return known | others


@pytest.mark.parametrize(
    ("report", "state"),
    [
        (said(), "healthy"),
        (said(healthy=False, troubles={"disk": "full"}), "unhealthy"),
        (said(state="offline"), "offline"),
        (said(age_s=200), "healthy"),
        (said(age_s=211), "silent"),
        (said(age_s=-90), "healthy"),
        (said(age_s=211, every_s=3600.0), "healthy"),
        (said(time="yesterday"), "unreadable"),
        (said(time=None), "unreadable"),
        (said(state=7), "unreadable"),
        ({}, "unreadable"),
        (said(healthy="yes"), "unhealthy"),
    ],
)
def test_states(report, state):
    (found,) = reports_of({"door": report}, NOW)
    assert (found.name, found.state) == ("door", state)
    assert found.is_well == (state == "healthy")


def test_one_that_never_reported_is_not_well():
    reports = reports_of({"gate": said()}, NOW, ("door", "gate"))
    assert [(report.name, report.state) for report in reports] == [("door", "unknown"), ("gate", "healthy")]


def test_the_table():
    failed = {"wanted": 8, "state": "failed", "why": "it is signed by nobody"}
    reports = reports_of(
        {
            "door": said(),
            "gate": said(update=failed, version=6),
            "roof": said(state="offline"),
            "attic": said(healthy=False, troubles={"camera:0": "no pictures"}),
        },
        NOW,
        ("cellar",),
    )
    lines = fleet_table(reports).to_text(100).splitlines()
    shown = {line.split()[0]: " ".join(line.split()) for line in lines if line.split()}
    assert shown["door"] == "door 7 healthy 5 s 1,200 1,190 10"
    assert "gate 6 healthy" in shown["gate"]
    assert "update to 8 failed: it is signed by nobody" in " ".join(" ".join(lines).split())
    assert "camera:0: no pictures" in " ".join(" ".join(lines).split())
    assert lines[-1] == "2 of 5 are healthy. Versions: 6, 7."


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(said())) | st.just("update"), anything),
    st.dictionaries(st.sampled_from(("state", "wanted", "why")), anything),
    st.none() | st.sampled_from((10**400, -(10**400), float("nan"), float("inf"), 1e9, True)),
)
def test_whatever_it_says_has_a_row(changes, update, every_s):
    changes |= {"update": update} if update else {}
    changes |= {} if every_s is None else {"every_s": every_s}
    reports = reports_of({"door": said() | changes}, NOW)
    fleet_table(reports).to_text(80)
    json.dumps(reports[0].to_dict())
