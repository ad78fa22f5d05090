"""What is said about a machine that was not at its best, and nothing about one that was."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from edgewright.bench import Candidate
from edgewright.bench.notices import notices
from edgewright.bench.surroundings import emulator, on_battery

from .conftest import FAST, timing

ONE, FOUR = Candidate("m.tflite", "litert", 1), Candidate("m.tflite", "litert", 4)


def test_a_quiet_machine_gets_no_notice(machine):
    assert notices(machine, [ONE, FOUR], [FAST, FAST], battery=False) == ()


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"throttled": True}, "slowed down by heat or low voltage"),
        ({"governor": "powersave"}, "governor is powersave"),
        ({"cpu_quota": 1.5}, "A quota leaves 1.5 of 4 cores"),
        ({"usable_cores": 2}, "4 threads share 2 usable cores"),
    ],
)
def test_what_holds_the_processor_back_is_said(machine, changes, word):
    (notice,) = notices(replace(machine, **changes), [ONE, FOUR], [FAST, FAST])
    assert word in notice
    assert notice.endswith(".")


def test_an_emulator_and_a_battery_are_said(machine):
    first, second = notices(machine, [ONE], [FAST], emulator="qemu-aarch64-static", battery=True)
    assert "emulated by qemu-aarch64-static" in first
    assert "on battery" in second


def test_rounds_that_another_load_disturbed_are_said(machine):
    (notice,) = notices(machine, [ONE], [FAST, timing(1, 2, 3, 4, noisy=3, disturbed=4)])
    assert "in 3 of 4 rounds" in notice
    (notice,) = notices(machine, [ONE], [timing(1, 2, 3, 4, disturbed=1)])
    assert notice == "Another load took the processor in 1 round; these were measured again."


def test_too_few_rounds_for_a_verdict_are_said_where_there_is_something_to_compare(machine):
    few = timing(1, 2)
    assert notices(machine, [ONE], [few]) == ()
    assert notices(machine, [ONE, FOUR], [few, few]) == ("With 2 rounds no difference can be called real; it takes 4.",)


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_qemu_is_found_by_the_program_that_a_thread_really_runs(tmp_path: Path):
    thread = tmp_path / "proc/self/task" / str(threading.get_native_id())
    thread.mkdir(parents=True)
    (thread / "exe").symlink_to("/usr/bin/qemu-arm-static")
    assert emulator(tmp_path) == "qemu-arm-static"


def test_an_emulated_system_is_found_by_its_processor(tmp_path: Path):
    assert emulator(tree(tmp_path, {"proc/cpuinfo": "model name\t: QEMU TCG CPU version 2.5+\n"})) == "QEMU (TCG)"
    assert emulator(tree(tmp_path, {"proc/cpuinfo": "model name\t: AMD EPYC\n"})) is None


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"AC/type": "Mains\n", "AC/online": "1\n"}, None),
        ({"BAT0/type": "Battery\n", "BAT0/status": "Discharging\n"}, True),
        ({"BAT0/type": "Battery\n", "BAT0/status": "Full\n"}, False),
        ({"mouse/type": "Battery\n", "mouse/status": "Discharging\n", "mouse/scope": "Device\n"}, None),
    ],
)
def test_batteries(tmp_path: Path, files: dict[str, str], expected: bool | None):
    tree(tmp_path, {f"sys/class/power_supply/{name}": text for name, text in files.items()})
    assert on_battery(tmp_path) is expected
