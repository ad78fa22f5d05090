"""Requests answered one after the other: what the task says of a picture, or the last picture itself."""

from __future__ import annotations

import base64
import json
import time
import traceback
from typing import TYPE_CHECKING, Any

from edgewright.agent.capture.signal import Signal
from edgewright.agent.events.sighting import shortened
from edgewright.agent.inference.exchange import Incoming
from edgewright.agent.inference.inside.masking import Masks
from edgewright.agent.inference.inside.opening import opened_task, plain, unsure_decoder
from edgewright.agent.inference.inside.showing import Showing
from edgewright.agent.inference.inside.signals import as_input, placed
from edgewright.agent.inference.setup import WorkerSetup
from edgewright.errors import DataError
from edgewright.media import DEFAULT_MAX_PIXELS, PictureSource
from edgewright.task import Chain, Result, Task

if TYPE_CHECKING:
    from edgewright.agent.inference.inside.finding import Finder

# What media calls a picture that comes as bytes; which one it is the agent knows, and says.
_NAMELESS = "<bytes>: "


class Answering:
    """The task of a setup, at work. `notices` are what it had to understand. Raises as `opened_task` does."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._task, first = opened_task(setup)
        self._input = first.input.name
        self.notices = self._task.notices
        self._wanted = setup.wanted
        self._unsure = unsure_decoder(setup)
        self._incoming = Incoming()
        hidden, most = setup.hidden, setup.options.get("max_pixels") or DEFAULT_MAX_PIXELS
        self._masks = Masks(hidden.masks, most)
        self._showing = Showing(_finders(setup, first), hidden.labels, hidden.alone, most)

    def __call__(self, request: dict[str, Any]) -> bytes:
        """Answer for a picture, or give the last one as JPEG: a line of JSON.

        What a task raises is an answer too: the process is none the worse for it. The trace goes to standard error.
        """
        try:
            return line(self._answer(request))
        except DataError as error:
            return line({"error": shortened(str(error).removeprefix(_NAMELESS))})
        except Exception as error:  # noqa: BLE001 - somebody's task: whatever it raises
            traceback.print_exc()
            return line({"error": f"the task failed on it: {plain(error)}", "fault": True})

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if "snapshot" in request:
            return self._show(request["snapshot"])
        self._showing.forget()
        source, content = request.get("source", 0), self._incoming.get(request)
        if isinstance(content, Signal):
            return self._listen(content)
        return self._look(self._masks(content, source), source)

    def _look(self, picture: PictureSource, source: int) -> dict[str, Any]:
        start = time.perf_counter()
        result, unsure = self._asked(picture)
        took = time.perf_counter() - start
        self._showing.take(picture, source, result)
        return {**self._wanted.of(result, unsure), "took_s": took}

    def _asked(self, picture: PictureSource) -> tuple[Result, Result | None]:
        """What the task says; and where what is less sure is wanted, the same with that."""
        if self._unsure is None or isinstance(self._task, Chain):
            return self._task(picture), None
        return self._task.with_decoder(picture, self._unsure)

    def _show(self, how: dict[str, Any]) -> dict[str, Any]:
        """The last picture, or why there is none: whatever the detector fails on, nobody sees it then."""
        try:
            return {"jpeg": base64.b64encode(self._showing.jpeg(**how)).decode()}
        except Exception as error:  # noqa: BLE001 - somebody's detector: whatever it raises
            traceback.print_exc()
            self._showing.forget()
            return {"withheld": plain(error)}

    def _listen(self, signal: Signal) -> dict[str, Any]:
        """The same of a window of a sound or series: nothing of it is kept to be shown."""
        start = time.perf_counter()
        result = self._task(as_input(signal, self._input))
        took = time.perf_counter() - start
        return {**self._wanted.of(placed(result, signal)), "took_s": took}


def _finders(setup: WorkerSetup, first: Task[Any]) -> tuple[Finder, ...]:
    """What finds all that is hidden; nothing is imported for it where nothing is."""
    if not setup.hidden.labels:
        return ()
    from edgewright.agent.inference.inside.finding import finders

    return finders(setup, first)


def line(message: dict[str, Any]) -> bytes:
    """A message as one line of JSON."""
    return json.dumps(message).encode() + b"\n"
