"""The agent's benchmarks run, on little: what they count must be right; what they time is not looked at."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest

from ..exploring import count_of

pytestmark = pytest.mark.extras

# From so many frames on the first twentieth is enough to warm up.
SETTLED = 100_000

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def run(monkeypatch, tmp_path):
    def call(name: str, *arguments: object) -> dict:
        written = tmp_path / "result.json"
        monkeypatch.syspath_prepend(BENCHMARKS)
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments), "--json", str(written)])
        runpy.run_path(str(BENCHMARKS / f"{name}.py"), run_name="__main__")
        return json.loads(written.read_text())

    return call


@pytest.mark.parametrize("sink", ["mqtt", "webhook", "file"])
def test_a_backlog_is_delivered_once_and_in_order(run, sink):
    if sink == "mqtt" and not (shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").exists()):
        pytest.skip("Mosquitto is not installed")
    found = run("agent_backlog", "--events", 1000, "--sink", sink)["sinks"][sink]
    assert (found["lost"], found["twice"], found["disorder"]) == (0, 0, 0)
    assert found["memory_bytes"] < 5_000_000


@pytest.mark.parametrize("form", ["mpegts", "mpjpeg"])
def test_a_stream_that_goes_is_watched_again_each_time(run, form):
    pytest.importorskip("av")
    assert len(run("agent_sources", "--times", 3, "--away", 0.5, "--format", form)["back_s"][form]) == 3


@pytest.mark.parametrize("events", [(), ("--events",)], ids=["no events", "each an event"])
def test_threads_and_descriptors_do_not_grow(run, small_model, record_property, events):
    """Nor does memory, once there are enough frames for it to have settled."""
    frames = count_of("FRAMES", 1000)
    found = run("agent_million", small_model, "--frames", frames, *events)
    record_property("frames", f"{found['frames']:,} at {found['frames_per_s']:,.0f}/s")
    record_property("growth", found["growth"])
    assert found["frames"] == frames
    assert {name: count for name, count in found["growth"].items() if "bytes" not in name and count > 0} == {}
    if frames >= SETTLED:
        assert [figure["name"] for figure in found["figures"] if figure["met"] is False] == []


def test_what_looking_on_costs(run, small_model):
    found = run("dashboard", small_model, "--rounds", 2, "--seconds", 1, "--clients", 3)
    assert all(each["read"]["pictures"] > 0 and each["read"]["refused"] == 0 for each in found["rounds"])
    assert len(found["figures"]) == 4


def test_what_the_agent_costs(run, small_model):
    found = run("agent_pipeline", small_model, "--rounds", 2, "--frames", 10, "--seconds", 1)
    assert len(found["rounds"]) == 2
    assert found["latency"]["median_s"] > 0
