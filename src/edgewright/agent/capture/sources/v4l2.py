"""Cameras of Linux by the names that their drivers give them: numbers change when something is plugged in."""

from __future__ import annotations

from pathlib import Path

from edgewright.agent.capture.sources.protocol import SourceError
from edgewright.machine import kernel_text

_SYSFS = Path("/sys/class/video4linux")

# A camera may have several devices; pictures come from the first, and of the others at most what belongs to them.
_FIRST = "0"


def device_named(name: str, sysfs: Path = _SYSFS) -> str:
    """The device, such as /dev/video2, of the camera whose name is `name` or has it in it; upper case is as lower.

    Raises `SourceError` where there is none, or more than one, and says which there are.
    """
    there = _cameras(sysfs)
    wanted = name.casefold()
    matching = [camera for camera in there if camera[1].casefold() == wanted]
    matching = matching or [camera for camera in there if wanted in camera[1].casefold()]
    if len(matching) == 1:
        return matching[0][0]
    if matching:
        raise SourceError(f"{name!r} may be each of {_listed(matching)}. Take its name below /dev/v4l/by-id/")
    others = f"There are: {_listed(there)}" if there else "There is no other"
    raise SourceError(f"there is no camera {name!r} (is it plugged in?). {others}")


def _cameras(sysfs: Path) -> list[tuple[str, str]]:
    """Device and name of each, by number."""
    found = []
    for folder in sysfs.glob("video*"):
        number = folder.name.removeprefix("video")
        if number.isdecimal() and kernel_text(folder / "index") == _FIRST:
            found.append((int(number), kernel_text(folder / "name")))
    return [(f"/dev/video{number}", name) for number, name in sorted(found)]


def _listed(cameras: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name!r} ({device})" for device, name in cameras)
