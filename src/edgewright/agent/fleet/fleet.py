"""An agent's part in a fleet, put together: it reports, and follows which version is wanted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from edgewright.agent.delivery.identity import Identity
from edgewright.agent.fleet.device import Device
from edgewright.agent.fleet.reporting import Reporting, Status, Troubles
from edgewright.agent.fleet.settings import FleetSettings, UpdateSettings
from edgewright.agent.fleet.updating import Updating
from edgewright.agent.fleet.wishes import Inbox, PolledFile


class Fleet:
    """What an agent does for its fleet, in threads of their own; both may be absent.

    Raises `UsageError` for settings that cannot be followed here, and `MissingExtraError`.
    """

    def __init__(
        self,
        reports: FleetSettings | None,
        updates: UpdateSettings | None,
        identity: Identity,
        status: Status,
        troubles: Troubles,
    ) -> None:
        device = Device.here(reports.name if reports is not None else None)
        at_broker = reports is not None and updates is not None and updates.is_at_broker
        inbox = Inbox(wish_topics(reports, device), device) if reports is not None and at_broker else None
        self._updating = None if updates is None else _updating(updates, device, inbox)
        self._reporting = None if reports is None else Reporting(
            reports, device, identity=identity, status=status, troubles=troubles, inbox=inbox,
            update=None if self._updating is None else self._updating.told,
        )  # fmt: skip

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Report and follow until the block ends."""
        parts = [part for part in (self._updating, self._reporting) if part is not None]
        for part in parts:
            part.start()
        try:
            yield
        finally:
            for part in parts:
                part.stop()


def wish_topics(reports: FleetSettings, device: Device) -> tuple[str, ...]:
    """The topics on which a version is laid down for a device: its own, then those of its groups."""
    base = urlsplit(reports.base).path.removeprefix("/")
    return (f"{base}/devices/{device.name}/desired", *(f"{base}/groups/{one}/desired" for one in device.groups))


def _updating(updates: UpdateSettings, device: Device, inbox: Inbox | None) -> Updating:
    return Updating(updates, device, inbox if inbox is not None else PolledFile(updates, device))
