"""The agent's log: lines for people, or JSON for machines that collect it."""

from __future__ import annotations

import datetime
import json
import logging
from typing import Literal, TextIO

LogFormat = Literal["text", "json"]

_TEXT = "%(asctime)s %(levelname)-7s %(message)s"


def log_to(stream: TextIO, form: LogFormat) -> None:
    """Write what the agent logs, from level INFO on, to a stream; other libraries keep their own counsel."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Json() if form == "json" else logging.Formatter(_TEXT))
    ours = logging.getLogger("edgewright")
    ours.handlers[:] = [handler]
    ours.setLevel(logging.INFO)
    ours.propagate = False


class _Json(logging.Formatter):
    """One object a line: time (ISO 8601, UTC), level, part and message."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        part = record.name.rpartition(".")[2]
        told = {"time": time, "level": record.levelname.lower(), "part": part, "message": record.getMessage()}
        return json.dumps(told, ensure_ascii=False)
