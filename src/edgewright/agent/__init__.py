"""From camera to event on the device, losing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.agent.agent import Agent as Agent
    from edgewright.agent.config import read_settings as read_settings
    from edgewright.agent.credentials import Credentials as Credentials
    from edgewright.agent.credentials import has_password as has_password
    from edgewright.agent.credentials import refuse_sharing as refuse_sharing
    from edgewright.agent.event import Event as Event
    from edgewright.agent.event import Stored as Stored
    from edgewright.agent.frame import Frame as Frame
    from edgewright.agent.ledger import Link as Link
    from edgewright.agent.limits import Limits as Limits
    from edgewright.agent.logs import LogFormat as LogFormat
    from edgewright.agent.logs import log_to as log_to
    from edgewright.agent.outbox import Outbox as Outbox
    from edgewright.agent.rules import Hours as Hours
    from edgewright.agent.rules import Rule as Rule
    from edgewright.agent.service import notify as notify
    from edgewright.agent.service import unit as unit
    from edgewright.agent.settings import DEFAULT_STATE as DEFAULT_STATE
    from edgewright.agent.settings import SettingError as SettingError
    from edgewright.agent.settings import Settings as Settings
    from edgewright.agent.settings import SourceSpec as SourceSpec
    from edgewright.agent.sinks import Sink as Sink
    from edgewright.agent.sinks import SinkError as SinkError
    from edgewright.agent.sinks import open_sink as open_sink
    from edgewright.agent.sinks import register_sink as register_sink
    from edgewright.agent.sources import Source as Source
    from edgewright.agent.sources import SourceError as SourceError
    from edgewright.agent.sources import register_source as register_source
    from edgewright.agent.state import read_status as read_status
    from edgewright.agent.status import Status as Status
    from edgewright.agent.status import status_tables as status_tables
    from edgewright.agent.targets import source_of as source_of
    from edgewright.agent.targets import source_of_kind as source_of_kind
    from edgewright.agent.units import parse_bytes as parse_bytes
    from edgewright.agent.units import parse_link as parse_link
    from edgewright.agent.units import parse_seconds as parse_seconds

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "agent": "Agent",
        "config": "read_settings",
        "credentials": "Credentials has_password refuse_sharing",
        "event": "Event Stored",
        "frame": "Frame",
        "ledger": "Link",
        "limits": "Limits",
        "logs": "LogFormat log_to",
        "outbox": "Outbox",
        "rules": "Hours Rule",
        "service": "notify unit",
        "settings": "DEFAULT_STATE SettingError Settings SourceSpec",
        "sinks": "Sink SinkError open_sink register_sink",
        "sources": "Source SourceError register_source",
        "state": "read_status",
        "status": "Status status_tables",
        "targets": "source_of source_of_kind",
        "units": "parse_bytes parse_link parse_seconds",
    },
)
