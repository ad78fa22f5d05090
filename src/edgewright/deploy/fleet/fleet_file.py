"""fleet.toml: which devices there are, what they get, and how carefully; a mistake in it is reported with its line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from edgewright.agent import Credentials, parse_seconds, parse_share
from edgewright.bundle import check_names
from edgewright.deploy.reaching import Destination
from edgewright.errors import UsageError
from edgewright.toml_document import Document, Table, Where

_TOP = frozenset("config model sign root version canary settle stop_after parallel broker credentials devices".split())
_DEVICE = frozenset("host name groups config model canary".split())
_PLAIN: tuple[tuple[str, Any], ...] = (
    ("sign", str), ("root", str), ("version", int), ("stop_after", int), ("parallel", int), ("broker", str),
)  # fmt: skip
_MOST_PARALLEL = 64

# A share of all of them; 1 would be a count.
_ALL = 1 - 1e-9


@dataclass(frozen=True)
class FleetDevice:
    """One device: where it is reached ("pi@door.local"; "" for one that only pulls), its name and those of its groups.

    `config`, an agent.toml, or `model` is what it gets; `canary`: it is among the first. Raises `ValueError`.
    """

    name: str
    host: str = ""
    groups: tuple[str, ...] = ()
    config: Path | None = None
    model: str | None = None
    canary: bool = False

    def __post_init__(self) -> None:
        try:
            check_names(self.names)
        except UsageError as error:
            raise ValueError(str(error)) from None
        if self.host:
            try:
                Destination.parse(self.host)
            except UsageError as error:
                raise ValueError(f"host: {error}") from None

    @property
    def names(self) -> tuple[str, ...]:
        """Its own and those of its groups, as it is set up with."""
        return (self.name, *self.groups)


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """All devices, and how a version is rolled out to them.

    `canary`: how many get it first, a count, or below 1 a share of them. `settle_s`: how long those are watched before
    the others follow. `stop_after` so many failures nobody else gets it. `parallel`: at once. `broker` is where they
    report, a target like "mqtts://broker/site". `version`: None for the time of the rollout. Raises `ValueError`.
    """

    path: Path
    devices: tuple[FleetDevice, ...]
    sign: str | None = None
    root: str = "~/edgewright"
    version: int | None = None
    canary: float = 1
    settle_s: float = 0.0
    stop_after: int = 1
    parallel: int = 4
    broker: str | None = None
    credentials: Credentials = field(default_factory=Credentials)

    def __post_init__(self) -> None:
        if not self.devices:
            raise ValueError("there is no device. Write each as [[devices]]")
        if self.version is not None and self.version < 1:
            raise ValueError(f"version: {self.version}, expected at least 1")
        if not (0 <= self.canary < 1 or (self.canary == int(self.canary) and self.canary >= 1)):
            raise ValueError(f"canary: {self.canary:g}, expected a share like 10%, or a count")
        if not 0 <= self.settle_s < math.inf:
            raise ValueError(f"settle: {self.settle_s:g} s, expected a time like 2min")
        if self.settle_s and self.broker is None:
            raise ValueError("settle: devices are watched through the broker, which is not named")
        if self.stop_after < 1:
            raise ValueError(f"stop_after: {self.stop_after}, expected at least 1")
        if not 1 <= self.parallel <= _MOST_PARALLEL:
            raise ValueError(f"parallel: {self.parallel}, expected 1 to {_MOST_PARALLEL}")

    @property
    def first(self) -> tuple[FleetDevice, ...]:
        """Those that get a version first: the ones marked `canary`, then in the order of the file."""
        return self._first_of(self.devices)

    @property
    def reached(self) -> tuple[FleetDevice, ...]:
        """Those that the desk reaches, since they have a host."""
        return tuple(device for device in self.devices if device.host)

    @property
    def first_reached(self) -> tuple[FleetDevice, ...]:
        """Those that get a version first among the ones that the desk reaches."""
        return self._first_of(self.reached)

    def _first_of(self, devices: Sequence[FleetDevice]) -> tuple[FleetDevice, ...]:
        count = math.ceil(self.canary * len(devices)) if self.canary < 1 else int(self.canary)
        marked = [device for device in devices if device.canary]
        others = [device for device in devices if not device.canary]
        return tuple([*marked, *others][: max(count, len(marked))])


def read_fleet(path: Path) -> Fleet:
    """Read a file; paths in it are relative to its folder. Raises `UsageError` with the line of what is wrong."""
    return _fleet(*Document.read(path, frozenset({"devices"})))


def _fleet(document: Document, values: Table) -> Fleet:
    document.refuse_strange(values, _TOP, ())
    given: dict[str, Any] = {key: document.need(values, key, kind, ()) for key, kind in _PLAIN if key in values}
    if "canary" in values:
        given["canary"] = document.checked(_canary, values["canary"], ("canary",))
    if "settle" in values:
        given["settle_s"] = document.checked(parse_seconds, values["settle"], ("settle",))
    private = document.take(values, "credentials", str, (), None)
    path = document.folder / private if private else None
    given["credentials"] = document.checked(Credentials.read, path, ("credentials",))
    given["devices"] = tuple(document.each(values, "devices", partial(_device, document, _given(document, values, ()))))
    _check_names(document, given["devices"])
    return document.checked(lambda made: Fleet(path=document.path, **made), given, ())


def _device(document: Document, usual: dict[str, Any], table: Table, where: Where) -> FleetDevice:
    document.refuse_strange(table, _DEVICE, where)
    given = {
        "name": document.need(table, "name", str, where),
        "host": document.take(table, "host", str, where, ""),
        "groups": tuple(document.texts(table, "groups", where)) if "groups" in table else (),
        "canary": document.take(table, "canary", bool, where, False),
        **(_given(document, table, where) or usual),
    }
    return document.checked(lambda made: FleetDevice(**made), given, where)


def _given(document: Document, table: Table, where: Where) -> dict[str, Any]:
    """What a table says that devices get; nothing where it says nothing."""
    if "config" in table and "model" in table:
        document.fail((*where, "model"), "an agent's config names its model; say one of them")
    if "config" in table:
        path = document.folder / document.need(table, "config", str, where)
        if not path.is_file():
            document.fail((*where, "config"), f"{path}: there is no such file")
        return {"config": path}
    return {"model": document.file_or_name(document.need(table, "model", str, where))} if "model" in table else {}


def _canary(value: Any) -> float:
    """A share of the devices, "10%", or a count."""
    if isinstance(value, str) and not value.strip().endswith("%"):
        raise ValueError(f"{value!r}, expected a share like 10%, or a count")
    if not isinstance(value, str):
        return parse_share(value)
    share = parse_share(value)
    if share > 1:
        raise ValueError(f"{value!r}, expected at most 100%")
    return min(share, _ALL)


def _check_names(document: Document, devices: Sequence[FleetDevice]) -> None:
    """Each device has a name of its own, which is no group's; and a host."""
    groups = {group for device in devices for group in device.groups}
    names: dict[str, int] = {}
    hosts: dict[str, int] = {}
    for number, device in enumerate(devices):
        if device.name in names:
            document.fail(("devices", number, "name"), f"{device.name!r} is device {names[device.name] + 1} already")
        if device.name in groups:
            document.fail(("devices", number, "name"), f"{device.name!r} is a group's name too")
        if device.host and device.host in hosts:
            document.fail(("devices", number, "host"), f"{device.host!r} is device {hosts[device.host] + 1} already")
        names[device.name] = hosts[device.host] = number
