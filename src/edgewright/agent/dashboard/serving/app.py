"""The page, its files, and the streams that it reads."""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from edgewright.agent.dashboard.serving.guard import Guard
from edgewright.agent.dashboard.serving.hub import Hub
from edgewright.agent.dashboard.serving.streams import event_stream, picture_stream
from edgewright.documents import json_text
from edgewright.report import color_themes

_PAGE = {
    "index.html": "text/html",
    "style.css": "text/css",
    "main.js": "text/javascript",
    "live.js": "text/javascript",
    "drawing.js": "text/javascript",
    "events.js": "text/javascript",
    "figures.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}

# How long a status is waited for.
_STATUS_S, _GLANCE_S = 3.0, 0.02


def application(hub: Hub, setup: dict[str, Any]) -> ASGIApp:
    """All that is served, behind the guard; the files are read once, and no path leads to any other."""
    shown = setup["shown"]
    told = json_text(shown).encode("utf-8", "backslashreplace")
    routes = [_file(name, kind) for name, kind in _PAGE.items()]
    routes.append(_fixed("/palette.css", "text/css", color_themes().encode()))
    routes += [
        _fixed("/api/setup", "application/json", told),
        Route("/api/status", _Status(hub)),
        Route("/stream", event_stream(hub, shown["sources"])),
        Route("/live.mjpeg", picture_stream(hub, shown["sources"])),
    ]
    inner = Starlette(routes=routes)
    entrance = _read("enter.html")
    return Guard(inner, names=setup["names"], port=setup["port"], token=setup["token"], entrance=entrance)


def _file(name: str, kind: str) -> Route:
    return _fixed("/" if name == "index.html" else f"/{name}", kind, _read(name))


def _read(name: str) -> bytes:
    return (files("edgewright.agent.dashboard") / "page" / name).read_bytes()


def _fixed(path: str, kind: str, content: bytes) -> Route:
    async def answer(_: Request) -> Response:
        return Response(content, media_type=kind)

    return Route(path, answer)


class _Status:
    """How the agent is doing, for programs."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Ask the agent, and answer with what it says."""
        before = self._hub.status
        self._hub.want_status()
        for _ in range(round(_STATUS_S / _GLANCE_S)):
            if self._hub.status is not before:
                break
            await asyncio.sleep(_GLANCE_S)
        status = self._hub.status
        answer = JSONResponse(status or {"error": "the agent does not answer"}, 200 if status is not before else 503)
        await answer(scope, receive, send)
