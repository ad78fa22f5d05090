"""The process that serves the page: standard input brings what it shows, standard output says what it wants."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import threading
from typing import IO, Any

import uvicorn

from edgewright.agent.credentials import leave_no_core
from edgewright.agent.dashboard.framing import read, write
from edgewright.agent.dashboard.serving.app import application
from edgewright.agent.dashboard.serving.connection import MOST_HEADERS, Connection
from edgewright.agent.dashboard.serving.hub import Hub

# The model comes first: this process takes what it leaves of the processor.
_NICE = 10

# What the kernel keeps for a client that does not read, in bytes; a picture or two.
_KERNEL_BYTES = 64 << 10

_WAITING = 128


def main() -> None:
    """Listen where standard input says, and serve until that ends."""
    leave_no_core()
    news, answers = sys.stdin.buffer, _take_stdout()
    first = read(news)
    if first is None:
        return
    setup = first[0]
    try:
        listening = _listen(setup["host"], setup["port"])
    except OSError as error:
        write(answers, {"error": os.strerror(error.errno or 0).lower()})
        return
    with contextlib.suppress(AttributeError, OSError):
        os.nice(_NICE)
    os.chdir(os.path.abspath(os.sep))  # noqa: PTH100 - a str is as good
    asyncio.run(_serve(setup, listening, news, answers))


async def _serve(setup: dict[str, Any], listening: socket.socket, news: IO[bytes], answers: IO[bytes]) -> None:
    hub = Hub(setup["run"], lambda message: write(answers, message))
    port = listening.getsockname()[1]
    config = uvicorn.Config(
        application(hub, {**setup, "port": port}),
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=MOST_HEADERS,
        timeout_graceful_shutdown=1,
    )
    _in_thread(_pass_on, news, hub, asyncio.get_running_loop())
    beating = asyncio.create_task(hub.beat())
    write(answers, {"port": port})
    await uvicorn.Server(config).serve([listening])
    beating.cancel()


def _pass_on(news: IO[bytes], hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
    """Give the hub what the agent tells; without an agent there is nothing to serve."""
    while (message := read(news)) is not None:
        loop.call_soon_threadsafe(hub.take, *message)
    os._exit(0)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=_WAITING)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)  # connections inherit it, socket(7)
    return listening


def _take_stdout() -> IO[bytes]:
    """The former standard output; what libraries print goes to standard error from now on."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _in_thread(run: Any, *arguments: Any) -> None:
    threading.Thread(target=run, args=arguments, daemon=True).start()
