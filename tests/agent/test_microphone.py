"""A microphone that is a file: ALSA reads samples from it, PortAudio hears them, and an agent says what it hears."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.agent import SourceError
from edgewright.agent.capture.sources.signals import microphone

from .sensors import RATE, silence
from .test_hearing import GAPS_S, assert_found

pytestmark = [pytest.mark.extras, pytest.mark.skipif(sys.platform != "linux", reason="ALSA is of Linux")]

# What is played goes nowhere, and what is heard comes from a file of floats, as fast as somebody listens; behind its
# end there is silence.
_ALSA = """
</usr/share/alsa/alsa.conf>
pcm.ear { type file slave.pcm "null" file "/dev/null" infile "HEARD" format "raw" }
"""


@pytest.fixture
def listen(yamnet: Path, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Begin to listen to a device of that name."""
    pytest.importorskip("sounddevice")
    (tmp_path / "asound.conf").write_text(_ALSA.replace("HEARD", str(tmp_path / "heard.raw")))

    def listen(*device: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "edgewright", "watch", str(yamnet), "--microphone", *device],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")},
        )

    return listen


def lives_of(events: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """From when to when each was heard, by the spans that are counted from the beginning of listening."""
    begun = {
        event["visit"]["id"]: event["observation"]["span"][0] for event in events if event["visit"]["phase"] == "new"
    }
    ends = [event["visit"] for event in events if event["visit"]["phase"] == "end"]
    return [(begun[visit["id"]], begun[visit["id"]] + visit["seconds"]) for visit in ends]


def test_a_start_of_the_library_that_fails_once_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    library = pytest.importorskip("sounddevice")
    devices = microphone._Devices()
    with monkeypatch.context() as failing:
        failing.setattr(library, "_initialize", lambda: library._check(-9999, "Error initializing PortAudio"))
        with pytest.raises(SourceError, match="another program"), devices.held(library):
            pass
    for _ in range(2):
        with devices.held(library):
            assert library.query_devices() is not None


def test_all_that_is_known_to_be_said_is_heard_once(listen, spoken: np.ndarray, tmp_path: Path) -> None:
    parts, times, at_s = [], [], 0.0
    for gap_s in GAPS_S[:-1]:
        parts += [silence(gap_s), spoken]
        times.append((at_s + gap_s, at_s + gap_s + len(spoken) / RATE))
        at_s = times[-1][1]
    (np.concatenate(parts).astype("<f4") / 32768).astype("<f4").tofile(tmp_path / "heard.raw")
    agent = listen("ear")
    events: list[dict[str, Any]] = []
    while sum(event["visit"]["phase"] == "end" for event in events) < len(times):
        line = agent.stdout.readline()
        assert line, agent.stderr.read()
        events += [event for event in [json.loads(line)] if event["label"] == "Speech"]
    agent.send_signal(signal.SIGTERM)
    agent.communicate(timeout=60)
    found = lives_of(events)
    # It began to listen a moment after it began to work.
    shift_s = found[0][0] - times[0][0]
    assert_found([(begin - shift_s, end - shift_s) for begin, end in found], times)
    assert {event["source"] for event in events} == {"microphone:ear"}


def test_one_that_is_not_there_is_waited_for_until_it_is(listen, spoken: np.ndarray, tmp_path: Path) -> None:
    agent = listen("ear")
    said = [agent.stderr.readline() for _ in range(2)]
    assert "microphone:ear: No input device matching 'ear'. There is none (is it plugged in?); opening" in said[1]
    (spoken.astype("<f4") / 32768).astype("<f4").tofile(tmp_path / "heard.raw")
    assert json.loads(agent.stdout.readline())["source"] == "microphone:ear"
    agent.send_signal(signal.SIGTERM)
    agent.communicate(timeout=60)
