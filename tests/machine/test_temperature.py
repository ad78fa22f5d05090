"""How warm the machine is, from what the kernel says."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.machine import temperature_c


@pytest.mark.parametrize(
    ("zones", "warmest"),
    [
        ([], None),
        (["54200\n"], 54.2),
        (["41000", "62500", "50000"], 62.5),
        (["-274000", "48000"], 48.0),
        (["0"], None),
        (["", "47000"], 47.0),
        (["off", "not a number"], None),
        (["255000", "39000"], 39.0),
        (["16777215"], None),
        (["99999"], 99.999),
    ],
)
def test_the_hottest_sensor_that_works(tmp_path: Path, zones: list[str], warmest: float | None):
    for number, text in enumerate(zones):
        zone = tmp_path / f"sys/class/thermal/thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "temp").write_text(text)
    assert temperature_c(tmp_path) == warmest


def test_this_machine_says_nothing_impossible():
    warm = temperature_c()
    assert warm is None or 1 <= warm < 151
