"""The tables of a status: honest about the server, and about how old they are."""

from __future__ import annotations

import pytest

from edgewright.agent import Link, Settings, SourceSpec, open_sink, status_tables
from edgewright.agent.status import status_of

COUNTERS = {
    "captured": 1000.0, "looked_at": 400.0, "events": 20.0, "sent": 15.0, "dropped": 1.0, "bytes_captured": 9.2e8,
    "bytes_sent": 3000.0, "worked_s": 8.0, "jpeg_samples": 10.0, "jpeg_sample_bytes": 1e6,
}  # fmt: skip


def status(counters: dict[str, float] | None = None, **troubles: str) -> dict:
    settings = Settings(
        model="m.tflite", sources=(SourceSpec("camera", "0"),), sinks=(open_sink("stdout"),), link=Link(8e6, 0.05)
    )
    made = status_of(
        settings=settings, sources=["camera:0"], uptime_s=90.0, counters=COUNTERS if counters is None else counters,
        pending={"stdout": 5}, latency=lambda share: 0.1 if counters is None else None, troubles=troubles,
    )  # fmt: skip
    return made.to_dict() | {"written_s": 1000.0}


def text(found: dict, width: int | None = None) -> str:
    return "\n".join(table.to_text(width) for table in status_tables(found, now_s=1012.0))


def test_what_every_frame_as_jpeg_would_have_cost():
    found = status()
    assert found["jpeg_bytes"] == 1000 * 100_000
    assert found["server_s"] == pytest.approx(0.05 + 8 * 100_000 / 8e6)


def test_the_server_is_not_said_to_work_for_nothing():
    shown = " ".join(text(status()).split())
    assert "at least 150 ms" in shown
    assert "its own work is not counted. If the model took as long there as here (20.0 ms): 170 ms." in shown


@pytest.mark.parametrize(
    ("running", "words"),
    [
        ({"running": True}, "The agent is running; it wrote this 12.0 s ago, 1 min 30 s after its start."),
        ({"running": False}, "The agent is not running; it wrote this 12.0 s ago"),
        ({}, "Ran for 1 min 30 s."),
    ],
)
def test_it_says_how_old_it_is_and_whether_somebody_is_there(running, words):
    assert words in text(status() | running)


def test_a_clock_that_was_put_back_is_no_error():
    assert "0 s ago" in "\n".join(table.to_text() for table in status_tables(status() | {"running": True}, now_s=5.0))


def test_troubles_have_a_table_of_their_own():
    assert "what does not work now" not in text(status())
    shown = text(status(source="there is none (is the camera plugged in?)"))
    assert "what does not work now" in shown
    assert "plugged in?" in shown


# What was counted so far -> whether a server instead of this machine is worth a table, and whether it would cost more.
COUNTED = {
    "nothing": ({}, None),
    "frames that nobody looked at yet": ({"captured": 3.0, "bytes_captured": 9e6}, None),
    "pictures that all were broken": ({"captured": 3.0, "looked_at": 0.0, "events": 3.0, "sent": 3.0}, None),
    "events of an earlier run, sent now": ({"events": 3.0, "sent": 3.0, "bytes_sent": 900.0}, None),
    "looked at, none encoded": ({"captured": 3.0, "looked_at": 3.0, "worked_s": 0.1}, None),
    "encoded, nothing looked at": ({"captured": 3.0, "jpeg_samples": 1.0, "jpeg_sample_bytes": 1e5}, None),
    "without events": (COUNTERS | {"events": 0.0, "sent": 0.0, "bytes_sent": 0.0}, True),
    "one picture": (
        COUNTERS
        | {"captured": 1.0, "looked_at": 1.0, "bytes_sent": 500.0, "jpeg_samples": 1.0, "jpeg_sample_bytes": 1e5},
        True,
    ),
    "events that wait": (COUNTERS | {"sent": 0.0, "bytes_sent": 0.0}, True),
    "many": (COUNTERS, True),
    "pictures sent along": (COUNTERS | {"bytes_sent": 2e8}, False),
    "as much as a server": (COUNTERS | {"bytes_sent": 1e8}, False),
}


@pytest.mark.parametrize("counted", COUNTED)
def test_the_comparison_is_there_when_it_says_something(counted):
    counters, saves = COUNTED[counted]
    shown = text(status(counters))
    assert ("works without a network" in shown) == (saves is not None)
    assert ("What running the model here saves" in shown) == bool(saves)
    assert "not measured" not in shown
    assert "None" not in shown


def test_what_a_sink_never_takes_is_counted_where_there_is_any():
    assert "passed over" not in text(status())
    assert "events passed over 3" in " ".join(text(status(COUNTERS | {"passed_over": 3.0})).split())
    of_before = {name: value for name, value in status().items() if name != "passed_over"}
    assert "events stored" in text(of_before)


@pytest.mark.parametrize("width", [80, 120])
def test_it_fits(width):
    found = status(
        **{"mqtts://a-broker-with-a-long-name.example.org:8883/site/building/door": "cannot be reached " * 8}
    )
    assert max(len(line) for line in text(found, width).splitlines()) <= width
