"""Where events go, one file each."""

from __future__ import annotations

from edgewright.agent.delivery.sinks.protocol import Sink, SinkError, open_sink, register_sink, sink_names

__all__ = ["Sink", "SinkError", "open_sink", "register_sink", "sink_names"]
