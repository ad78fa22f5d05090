"""A real S3 server (moto's), and a proxy in front of it that goes wrong as it is told."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from moto.server import ThreadedMotoServer

BUCKET = "photos"


class Fault(NamedTuple):
    """How answers about a key go wrong, so many times: a status, a body cut short, or silence of so many seconds."""

    times: int
    status: int = 0
    cut: bool = False
    silent_s: float = 0.0


class Proxy(ThreadingHTTPServer):
    """Passes requests on; `faults` are by the end of the path, `asked` counts requests by path."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = port
        self.faults: dict[str, Fault] = {}
        self.asked: Counter[str] = Counter()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def fault(self, path: str) -> Fault | None:
        name = next((name for name in self.faults if path.partition("?")[0].endswith(name)), None)
        if name is None or self.asked[path] > self.faults[name].times:
            return None
        return self.faults[name]


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        fault = self.server.fault(self.path)
        if fault is not None and fault.silent_s:
            time.sleep(fault.silent_s)
            self.close_connection = True
            return
        if fault is not None and fault.status:
            self._answer(fault.status, {"Content-Type": "application/xml"}, _error(fault.status))
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=10)
        connection.request(self.command, self.path, headers=dict(self.headers))
        answer = connection.getresponse()
        body = answer.read()
        headers = {name: value for name, value in answer.getheaders() if name.lower() not in ("date", "server")}
        self._answer(answer.status, headers, body, cut=fault is not None and fault.cut)

    do_HEAD = do_GET  # noqa: N815

    def _answer(self, status: int, headers: dict[str, str], body: bytes, cut: bool = False) -> None:
        self.send_response(status)
        kept = {name: value for name, value in headers.items() if name.lower() not in ("content-length", "connection")}
        length = headers.get("Content-Length") or headers.get("content-length") or str(len(body))
        for name, value in (*kept.items(), ("Content-Length", length), ("Connection", "close")):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = True

    def log_message(self, *arguments: Any) -> None:
        pass


def _error(status: int) -> bytes:
    code = {500: "InternalError", 503: "SlowDown", 403: "AccessDenied"}.get(status, "Error")
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>".encode()


class ObjectStore(NamedTuple):
    """A server with the bucket `photos`, by boto3's client, and the proxy before it."""

    client: Any
    proxy: Proxy

    def put(self, key: str, body: bytes) -> None:
        self.client.put_object(Bucket=BUCKET, Key=key, Body=body)


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    import boto3

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    proxy = Proxy(port)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **keys)
    client.create_bucket(Bucket=BUCKET)
    yield ObjectStore(client, proxy)
    proxy.shutdown()
    proxy.server_close()
    server.stop()
