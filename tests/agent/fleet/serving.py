"""A real HTTPS server with files, parts of them and ETags, that can be told to misbehave."""

from __future__ import annotations

import contextlib
import hashlib
import re
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class FileServer:
    """`files` by path. `cuts`: after so many bytes the next answers break off; `moved`: path -> address.

    `asked` has the path, the Range and the status of each answer, `headers` those of each request.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self.certificate = certificate
        self.files: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}
        self.cuts: list[int] = []
        self.asked: list[tuple[str, str, int]] = []
        self.headers: list[dict[str, str]] = []
        self.ranges = True
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.headers.append(dict(self.headers))
                code, body, more = server._answer(self.path, self.headers)
                server.asked.append((self.path, self.headers.get("Range", ""), code))
                self.send_response(code)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                cut = server.cuts.pop(0) if server.cuts and code in (200, 206) else None
                with contextlib.suppress(OSError):
                    self.wfile.write(body[:cut])
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path: str) -> str:
        return f"https://localhost:{self._server.server_port}{path}"

    def _answer(self, path: str, headers: object) -> tuple[int, bytes, dict[str, str]]:
        if path in self.moved:
            return 302, b"", {"Location": self.moved[path]}
        if path not in self.files:
            return 404, b"there is no such file", {}
        data = self.files[path]
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if headers.get("If-None-Match") == tag:  # type: ignore[attr-defined]
            return 304, b"", {"ETag": tag}
        wanted = re.fullmatch(r"bytes=(\d+)-", headers.get("Range", ""))  # type: ignore[attr-defined]
        if wanted and self.ranges:
            begin = int(wanted[1])
            if begin >= len(data):
                return 416, b"", {}
            return 206, data[begin:], {"Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}"}
        return 200, data, {"ETag": tag}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def serving(*files: Path) -> Iterator[FileServer]:
    server = FileServer(*files)
    yield server
    server.close()
