"""How warm this machine is."""

from __future__ import annotations

from pathlib import Path

# A sensor that is not there reads as a number that no running machine has.
_POSSIBLE_C = range(1, 151)


def temperature_c(root: Path = Path("/")) -> float | None:
    """The hottest place that the kernel measures, in degrees Celsius; None where it measures none, or is not Linux.

    Source: Linux, Documentation/driver-api/thermal/sysfs-api.rst: `temp` is in thousandths of a degree.
    """
    zones = (root / "sys/class/thermal").glob("thermal_zone*/temp")
    measured = (degrees for zone in zones if (degrees := _degrees(zone)) is not None)
    return max(measured, default=None)


def _degrees(zone: Path) -> float | None:
    try:
        degrees = int(zone.read_text()) / 1000
    except (OSError, ValueError):  # a sensor that is switched off
        return None
    return degrees if int(degrees) in _POSSIBLE_C else None
