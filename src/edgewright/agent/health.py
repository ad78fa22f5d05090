"""/healthz and /metrics on the loopback interface, for those who watch the agent."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from edgewright.agent.config.address import LOOPBACK
from edgewright.agent.status import SOURCE_COUNTS, Status
from edgewright.errors import EdgewrightError, MissingExtraError, UsageError
from edgewright.spelling import argument

# Somebody who connects and asks nothing is not waited for any longer.
_PATIENCE_S = 10.0

_COUNTERS = {
    "captured": "Frames that the source gave.",
    "damaged": "Frames that came broken.",
    "looked_at": "Frames that went through the model.",
    "still": "Frames that were not looked at, as nothing had moved.",
    "refused": "Frames that no answer came of.",
    "events": "Events that were stored.",
    "dropped": "Events that were given up for want of room.",
    "sent": "Events delivered, all sinks together.",
    "passed_over": "Events that a sink never takes, all sinks together.",
    "bytes_captured": "Bytes of frames as they came.",
    "bytes_sent": "Bytes delivered, all sinks together.",
}
_GAUGES = {
    "uptime_s": ("uptime_seconds", "Seconds since the agent was started."),
    "worked_s": ("inference_seconds", "Mean time of the model for one frame."),
    "latency_median_s": ("latency_median_seconds", "Median time from capture to stored event."),
    "latency_p95_s": ("latency_p95_seconds", "95th percentile of the time from capture to stored event."),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Somebody who hangs up is no error, and has no trace in the log."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serve_health(port: int, status: Callable[[], Status]) -> Iterator[None]:
    """Answer at 127.0.0.1:port; raises `UsageError` where the port is taken."""
    metrics = _metrics(status)

    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE_S

        def do_GET(self) -> None:
            try:
                self._answer(self.path.partition("?")[0])
            except EdgewrightError as error:  # the disk does not say how things are
                _answer(self, 503, "application/json", _health({"status": str(error)}))

        def _answer(self, path: str) -> None:
            if path == "/healthz":
                troubles = dict(status().troubles)
                _answer(self, 503 if troubles else 200, "application/json", _health(troubles))
            elif path == "/metrics":
                _answer(self, 200, "text/plain; version=0.0.4; charset=utf-8", metrics())
            else:
                _answer(self, 404, "text/plain", b"there are /healthz and /metrics\n")

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nobody wants a line for each question."""

    try:
        server = _Server((LOOPBACK, port), Handler)
    except OSError as error:
        raise UsageError(f"port {port}: {error.strerror}. Choose another one with {argument('health')}") from None
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _health(troubles: dict[str, str]) -> bytes:
    return json.dumps({"status": "trouble" if troubles else "ok", "troubles": troubles}).encode() + b"\n"


def _answer(handler: BaseHTTPRequestHandler, code: int, kind: str, body: bytes) -> None:
    handler.send_response(code)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _metrics(status: Callable[[], Status]) -> Callable[[], bytes]:
    try:
        from prometheus_client import CollectorRegistry, generate_latest
    except ImportError:
        raise MissingExtraError(f"Serving metrics ({argument('health')})", "agent") from None
    registry = CollectorRegistry()
    registry.register(_Collector(status))
    return lambda: bytes(generate_latest(registry))


def _by_source(status: Status) -> Iterator[Any]:
    from prometheus_client.core import CounterMetricFamily

    for count in SOURCE_COUNTS:
        name = f"edgewright_source_{count}"
        family = CounterMetricFamily(name, f"{_COUNTERS[count]} Of each source.", labels=["source"])
        for source, counts in status.sources.items():
            family.add_metric([source], counts[count])
        yield family


class _Collector:
    """Turns a status into Prometheus's metrics whenever it is asked."""

    def __init__(self, status: Callable[[], Status]) -> None:
        self._status = status

    def describe(self) -> Iterable[Any]:
        """Nothing beforehand: a status costs a look at the disk."""
        return []

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        status = self._status()
        for name, text in _COUNTERS.items():
            yield CounterMetricFamily(f"edgewright_{name}", text, value=getattr(status, name))
        for field, (name, text) in _GAUGES.items():
            if (value := getattr(status, field)) is not None:
                yield GaugeMetricFamily(f"edgewright_{name}", text, value=value)
        yield from _by_source(status)
        waiting = GaugeMetricFamily("edgewright_pending", "Events that a sink has not taken yet.", labels=["sink"])
        for sink, count in status.pending.items():
            waiting.add_metric([sink], count)
        yield waiting
        troubles = GaugeMetricFamily("edgewright_trouble", "1 for each part that does not work now.", labels=["part"])
        for part in status.troubles:
            troubles.add_metric([part], 1)
        yield troubles
