"""Requests answered one after the other: what the task says of a picture, or the last picture itself."""

from __future__ import annotations

import base64
import json
import time
import traceback
from typing import Any

from edgewright.agent.events.sighting import shortened
from edgewright.agent.inference.exchange import Incoming
from edgewright.agent.inference.inside.jpeg import as_jpeg
from edgewright.agent.inference.inside.opening import opened_task, plain
from edgewright.agent.inference.setup import WorkerSetup
from edgewright.errors import DataError
from edgewright.media import PictureSource


class Answering:
    """The task of a setup, at work. `notices` are what it had to understand. Raises as `opened_task` does."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._task = opened_task(setup)
        self.notices = self._task.notices
        self._wanted = setup.wanted
        self._incoming = Incoming()
        self._picture: PictureSource = b""

    def __call__(self, request: dict[str, Any]) -> bytes:
        """Answer for a picture, or give the last one as JPEG: a line of JSON.

        What a task raises is an answer too: the process is none the worse for it. The trace goes to standard error.
        """
        try:
            return line(self._answer(request))
        except DataError as error:
            return line({"error": shortened(str(error))})
        except Exception as error:  # noqa: BLE001 - somebody's task: whatever it raises
            traceback.print_exc()
            return line({"error": f"the task failed on it: {plain(error)}", "fault": True})

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if "snapshot" in request:
            return {"jpeg": base64.b64encode(as_jpeg(self._picture)).decode()}
        self._picture = self._incoming.get(request)
        return self._look(self._picture)

    def _look(self, picture: PictureSource) -> dict[str, Any]:
        start = time.perf_counter()
        result = self._task(picture)
        took = time.perf_counter() - start
        return {**self._wanted.of(result), "took_s": took}


def line(message: dict[str, Any]) -> bytes:
    """A message as one line of JSON."""
    return json.dumps(message).encode() + b"\n"
