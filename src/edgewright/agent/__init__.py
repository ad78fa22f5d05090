"""From camera to event on the device, losing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.agent.agent import Agent as Agent
    from edgewright.agent.capture.frame import Frame as Frame
    from edgewright.agent.capture.signal import Signal as Signal
    from edgewright.agent.capture.sources import FrameSource as FrameSource
    from edgewright.agent.capture.sources import Source as Source
    from edgewright.agent.capture.sources import SourceError as SourceError
    from edgewright.agent.capture.sources import register_source as register_source
    from edgewright.agent.config.address import Address as Address
    from edgewright.agent.config.privacy import Privacy as Privacy
    from edgewright.agent.config.settings import DEFAULT_STATE as DEFAULT_STATE
    from edgewright.agent.config.settings import SettingError as SettingError
    from edgewright.agent.config.settings import Settings as Settings
    from edgewright.agent.config.settings import SourceSpec as SourceSpec
    from edgewright.agent.config.targets import source_of as source_of
    from edgewright.agent.config.targets import source_of_kind as source_of_kind
    from edgewright.agent.config.toml_file import read_settings as read_settings
    from edgewright.agent.config.units import parse_bytes as parse_bytes
    from edgewright.agent.config.units import parse_link as parse_link
    from edgewright.agent.config.units import parse_seconds as parse_seconds
    from edgewright.agent.config.units import parse_share as parse_share
    from edgewright.agent.credentials import Credentials as Credentials
    from edgewright.agent.credentials import has_password as has_password
    from edgewright.agent.credentials import leave_no_core as leave_no_core
    from edgewright.agent.credentials import refuse_sharing as refuse_sharing
    from edgewright.agent.delivery.limits import Limits as Limits
    from edgewright.agent.delivery.outbox import Outbox as Outbox
    from edgewright.agent.delivery.sinks import Sink as Sink
    from edgewright.agent.delivery.sinks import SinkError as SinkError
    from edgewright.agent.delivery.sinks import open_sink as open_sink
    from edgewright.agent.delivery.sinks import register_sink as register_sink
    from edgewright.agent.delivery.sinks.call import Call as Call
    from edgewright.agent.delivery.sinks.home_assistant.options import HomeAssistant as HomeAssistant
    from edgewright.agent.events.event import Event as Event
    from edgewright.agent.events.event import Stored as Stored
    from edgewright.agent.events.places.drawing import draw_places as draw_places
    from edgewright.agent.events.places.place import Line as Line
    from edgewright.agent.events.places.place import PlaceError as PlaceError
    from edgewright.agent.events.places.place import Zone as Zone
    from edgewright.agent.events.rules.hours import Hours as Hours
    from edgewright.agent.events.rules.predicate import Moment as Moment
    from edgewright.agent.events.rules.predicate import Predicate as Predicate
    from edgewright.agent.events.rules.predicate import register_predicate as register_predicate
    from edgewright.agent.events.rules.rule import Rule as Rule
    from edgewright.agent.fleet.asking import lay_down as lay_down
    from edgewright.agent.fleet.asking import read_reports as read_reports
    from edgewright.agent.glance import Glance as Glance
    from edgewright.agent.inference.following import Tracking as Tracking
    from edgewright.agent.ledger import Link as Link
    from edgewright.agent.logs import LogFormat as LogFormat
    from edgewright.agent.logs import log_to as log_to
    from edgewright.agent.service import notify as notify
    from edgewright.agent.service import unit as unit
    from edgewright.agent.state import read_status as read_status
    from edgewright.agent.status import Status as Status
    from edgewright.agent.status import status_tables as status_tables
    from edgewright.agent.terminal import at_terminal as at_terminal

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "agent": "Agent",
        "terminal": "at_terminal",
        "config.toml_file": "read_settings",
        "credentials": "Credentials has_password leave_no_core refuse_sharing",
        "delivery.sinks.call": "Call",
        "events.event": "Event Stored",
        "capture.frame": "Frame",
        "capture.signal": "Signal",
        "fleet.asking": "lay_down read_reports",
        "glance": "Glance",
        "inference.following": "Tracking",
        "ledger": "Link",
        "delivery.limits": "Limits",
        "logs": "LogFormat log_to",
        "delivery.outbox": "Outbox",
        "events.places.drawing": "draw_places",
        "events.places.place": "Line PlaceError Zone",
        "events.rules.hours": "Hours",
        "events.rules.predicate": "Moment Predicate register_predicate",
        "events.rules.rule": "Rule",
        "service": "notify unit",
        "config.address": "Address",
        "config.privacy": "Privacy",
        "config.settings": "DEFAULT_STATE SettingError Settings SourceSpec",
        "delivery.sinks.home_assistant.options": "HomeAssistant",
        "delivery.sinks": "Sink SinkError open_sink register_sink",
        "capture.sources": "FrameSource Source SourceError register_source",
        "state": "read_status",
        "status": "Status status_tables",
        "config.targets": "source_of source_of_kind",
        "config.units": "parse_bytes parse_link parse_seconds parse_share",
    },
)
