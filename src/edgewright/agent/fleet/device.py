"""Who this device is, and what it runs: what the launcher and the installer keep of it."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgewright.bundle import DEVICE_FILE, Platform, is_name, this_platform

log = logging.getLogger(__name__)

ROOT, VERSION = "EDGEWRIGHT_ROOT", "EDGEWRIGHT_VERSION"

_MOST_BYTES = 1 << 16


@dataclass(frozen=True)
class Device:
    """`name` and `groups` of a device; `root` is its folder, None where nothing was deployed.

    `label` is what the launcher says that it runs ("7-3fa9c2d41b07"), "" without one; `version` the number in it.
    """

    name: str
    groups: tuple[str, ...] = ()
    root: Path | None = None
    label: str = ""
    platform: Platform = field(default_factory=this_platform)

    @classmethod
    def here(cls, name: str | None = None, environment: Mapping[str, str] = os.environ) -> Device:
        """The one that this program runs on; `name` comes before the name of its setup, and that before the host's."""
        root = Path(environment[ROOT]) if environment.get(ROOT) else None
        names = () if root is None else _names(root / DEVICE_FILE)
        return cls(
            name or (names[0] if names else _host()), tuple(names[1:]), root, environment.get(VERSION, "")
        )  # the first is its own, those of its groups follow

    @property
    def names(self) -> tuple[str, ...]:
        """All under which it can be meant."""
        return (self.name, *self.groups)

    @property
    def version(self) -> int | None:
        """The number of what it runs."""
        number = self.label.partition("-")[0]
        return int(number) if number.isascii() and number.isdecimal() else None


def read_object(path: Path) -> dict[str, Any]:
    """A small JSON object of the device's folder; an empty one where it is not there or damaged."""
    try:
        with path.open("rb") as file:
            value = json.loads(file.read(_MOST_BYTES))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        log.warning("%s: cannot be read: %s", path, error)
        return {}
    return value if isinstance(value, dict) else {}


def _names(path: Path) -> tuple[str, ...]:
    names = read_object(path).get("names", [])
    good = isinstance(names, list) and all(map(is_name, names))
    return tuple(dict.fromkeys(names)) if good else ()


def _host() -> str:
    name = re.sub(r"[^A-Za-z0-9._@-]+", "-", socket.gethostname().partition(".")[0]).strip("-._@")
    return name[:90] or "device"
