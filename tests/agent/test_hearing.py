"""Whole agents that listen and measure: what is known to be in a file is found, and nothing of it leaves the device."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.agent import Agent, Rule, Signal, SourceSpec
from edgewright.errors import DataError, UsageError

from .sensors import RATE, SerialPort, pump, recording, shaking, silence

WINDOW_S, HOP_S = 0.975, 0.4875

# The silence before each time that is spoken in the file, and at its end.
GAPS_S = (3.0, 4.0, 2.5, 6.0)


@pytest.fixture(scope="module")
def known(spoken: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[float, float]]]:
    """A file in which is spoken three times, and from when to when."""
    parts: list[np.ndarray] = []
    times, at_s = [], 0.0
    for gap_s in GAPS_S[:-1]:
        parts += [silence(gap_s), spoken]
        times.append((at_s + gap_s, at_s + gap_s + len(spoken) / RATE))
        at_s = times[-1][1]
    path = recording(tmp_path_factory.mktemp("known") / "known.wav", *parts, silence(GAPS_S[-1]))
    return path, times


def run(model: Any, source: Any, state: Path, **options: Any) -> list[dict[str, Any]]:
    """The events of an agent that runs to its end."""
    events: list[dict[str, Any]] = []
    Agent(model, source, sinks=[events.append], state=state, **options).run()
    return events


def lives(events: list[dict[str, Any]], label: str) -> list[tuple[float, float]]:
    """From when to when something was heard, in seconds of the file; each beginning has its one end."""
    begun: dict[str, float] = {}
    found = []
    for event in events:
        if event["label"] != label:
            continue
        visit = event["visit"]
        if visit["phase"] == "new":
            assert visit["id"] not in begun
            begun[visit["id"]] = event["position"]["seconds"]
        elif visit["phase"] == "end":
            found.append((begun[visit["id"]], begun[visit["id"]] + visit["seconds"]))
    assert len(found) == len(begun)
    return found


def assert_found(found: list[tuple[float, float]], times: list[tuple[float, float]]) -> None:
    """Each within one window, and none twice."""
    assert len(found) == len(times)
    for (begin, end), (began, ended) in zip(found, times, strict=True):
        assert abs(begin - began) <= WINDOW_S
        assert abs(end - ended) <= WINDOW_S


class TestSound:
    def test_everything_in_a_file_of_known_sounds_is_found_and_nothing_twice(self, yamnet, known, tmp_path):
        path, times = known
        events = run(yamnet, str(path), tmp_path / "s")
        assert_found(lives(events, "Speech"), times)
        assert {event["rule"] for event in events} == {"heard"}
        assert {event["source"] for event in events} == {f"sound:{path}"}

    @pytest.mark.parametrize("rate", [8_000, 44_100])
    def test_at_another_rate_and_compressed(self, yamnet, known, tmp_path, rate):
        soundfile, soxr = pytest.importorskip("soundfile"), pytest.importorskip("soxr")
        path, times = known
        samples, own = soundfile.read(path)
        soundfile.write(tmp_path / "known.flac", soxr.resample(samples, own, rate), rate)
        events = run(yamnet, str(tmp_path / "known.flac"), tmp_path / "s", rules=[Rule("talk", ("Speech",))])
        assert_found(lives(events, "Speech"), times)

    def test_a_rule_may_ask_for_less_than_the_model_calls_an_event(self, yamnet, spoken, tmp_path):
        path = str(recording(tmp_path / "a.wav", spoken))
        room = ("Inside, small room",)
        assert not run(yamnet, path, tmp_path / "a", rules=[Rule("room", room)])
        assert run(yamnet, path, tmp_path / "b", rules=[Rule("room", room, score=0.05)])

    def test_after_a_restart_it_goes_on_where_it_was(self, yamnet, known, tmp_path):
        path, _ = known
        events: list[dict[str, Any]] = []
        agent = Agent(yamnet, str(path), sinks=[events.append], state=tmp_path / "s", rules=[Rule("r", ("Speech",))])
        whole = agent.run()
        again = Agent(yamnet, str(path), sinks=[events.append], state=tmp_path / "s", rules=[Rule("r", ("Speech",))])
        assert again.run().looked_at == whole.looked_at

    def test_pieces_from_python(self, yamnet, spoken, tmp_path):
        pieces = (Signal(spoken[at : at + 4000].astype(np.float32) / 32768, RATE) for at in range(0, len(spoken), 4000))
        events = run(yamnet, pieces, tmp_path / "s")
        assert_found(lives(events, "Speech"), [(0.0, len(spoken) / RATE)])

    def test_samples_on_standard_input_through_the_command(self, yamnet, known, tmp_path):
        path, times = known
        command = [sys.executable, "-m", "edgewright", "watch", str(yamnet), "--pcm", "s16le@16000", "--state", "s"]
        with path.open("rb") as stream:
            stream.seek(44)
            done = subprocess.run(command, stdin=stream, capture_output=True, text=True, cwd=tmp_path, check=True)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        assert_found(lives(events, "Speech"), times)
        assert {event["source"] for event in events} == {"pcm"}


class TestSeries:
    FAULTS = ((100, 160), (300, 340))

    def assert_found(self, found: list[tuple[float, float]]) -> None:
        """Within one window of ten rows at 50 a second."""
        assert len(found) == len(self.FAULTS)
        for (begin, end), (first, behind) in zip(found, self.FAULTS, strict=True):
            assert abs(begin - first / 50) <= 0.2
            assert abs(end - behind / 50) <= 0.2

    def test_lines_on_standard_input_through_the_command(self, tmp_path):
        pump().save(tmp_path / "pump.tflite")
        command = [sys.executable, "-m", "edgewright", "watch", "pump.tflite", "--lines", "--state", "s"]
        lines = "\n".join(["x,y", *shaking(500, *self.FAULTS)])
        done = subprocess.run(command, input=lines, capture_output=True, text=True, cwd=tmp_path, check=True)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assert_found(lives(events, "anomaly"))
        assert {event["rule"] for event in events} == {"measured"}

    def test_a_serial_port_that_is_unplugged_meanwhile(self, tmp_path):
        port = SerialPort(tmp_path)
        events: list[dict[str, Any]] = []
        agent = Agent(pump(), SourceSpec("serial", str(port.path)), sinks=[events.append], state=tmp_path / "s")
        thread = threading.Thread(target=agent.run)
        thread.start()
        for round_ in range(2):
            captured = agent.ledger.total("captured")
            port.greet(lambda captured=captured: agent.ledger.total("captured") > captured + 2)
            for line in shaking(60, (20, 40)):
                port.write(f"{line}\n")
            while sum(event["kind"] == "rule" for event in events) < 2 * (round_ + 1):
                port.write("1,1\n")
                time.sleep(0.02)
            port.unplug()
            port.plug()
        agent.stop()
        thread.join(60)
        port.close()
        assert [event["visit"]["phase"] for event in events if event["kind"] == "rule"] == ["new", "end"] * 2
        assert {(event["source"], event["label"]) for event in events} == {(f"serial:{port.path}", "anomaly")}

    def test_a_missing_column_is_one_clear_line(self, tmp_path):
        pump().save(tmp_path / "pump.tflite")
        command = [sys.executable, "-m", "edgewright", "watch", "pump.tflite", "--lines", "--state", "s"]
        done = subprocess.run(command, input="x,z\n1,2\n", capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == (
            "edgewright: standard input: the first line: there is no column y; it has x, z"
        )

    def test_without_a_threshold_each_window_is_an_event(self, tmp_path):
        rows = Signal(np.ones((100, 2), np.float32), 50)
        events = run(pump(threshold=None), [rows], tmp_path / "s")
        assert [event["kind"] for event in events] == ["result"] * 19
        assert events[1]["position"] == {"seconds": 0.1}
        assert events[1]["result"]["windows"][0]["start_s"] == pytest.approx(0.1)

    def test_a_rule_without_a_score_holds_from_the_models_threshold_on(self, tmp_path):
        rows = Signal(
            np.array([[float(line) for line in one.split(",")] for one in shaking(100, (50, 60))], np.float32), 50
        )
        low = pump(threshold=0.2)
        assert lives(run(low, [rows], tmp_path / "a", rules=[Rule("shakes", ("anomaly",))]), "anomaly")
        high = Rule("shakes", ("anomaly",), score=5.0)
        assert not run(low, [rows], tmp_path / "b", rules=[high])


class TestNothingLeaves:
    def test_no_sample_is_in_the_state_the_log_or_an_event(self, yamnet, spoken, tmp_path, caplog):
        caplog.set_level("DEBUG")
        rng = np.random.default_rng(1)
        marked = spoken.astype(np.float32) / 32768 + rng.normal(0, 1e-3, len(spoken)).astype(np.float32)
        events = run(yamnet, [Signal(marked, RATE)], tmp_path / "s")
        assert events
        written = b"".join(path.read_bytes() for path in (tmp_path / "s").rglob("*") if path.is_file())
        said = written + json.dumps(events).encode() + caplog.text.encode()
        blocks = [marked[at : at + 8].tobytes() for at in range(0, len(marked) - 8, 997)]
        assert not any(block in said for block in blocks)

    @pytest.mark.parametrize("snapshots", ["local", "send"])
    def test_there_are_no_snapshots_of_it(self, yamnet, tmp_path, snapshots):
        with pytest.raises(UsageError, match=r"snapshots: .*takes no pictures; of a sound no sample is kept or sent"):
            run(yamnet, [Signal(silence(1).astype(np.float32), RATE)], tmp_path / "s", snapshots=snapshots)


class TestWhatDoesNotSuit:
    def test_a_camera_for_a_model_of_sounds(self, yamnet, tmp_path):
        with pytest.raises(
            UsageError, match=r"yamnet.tflite takes sounds, and from a camera come pictures. What suits"
        ):
            run(yamnet, SourceSpec("camera", "0"), tmp_path / "s")

    def test_a_microphone_for_a_model_of_pictures(self, small_model, tmp_path):
        with pytest.raises(UsageError, match="takes pictures, and from a microphone come sounds"):
            run(small_model, SourceSpec("microphone", ""), tmp_path / "s")

    def test_readings_at_another_rate(self, tmp_path):
        rows = Signal(np.ones((100, 2), np.float32), times=np.arange(100) / 10)
        with pytest.raises(DataError, match="by its times it has 10 rows a second, and the model takes 50"):
            run(pump(), [rows], tmp_path / "s")
