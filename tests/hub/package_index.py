"""A package index on the loopback address that serves what a test puts there, and wheels to put there."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """What the index sends; with `length` it claims another number of bytes, with `wait` the body comes after that."""

    body: bytes = b""
    status: int = 200
    length: int | None = None
    kind: str = "application/octet-stream"
    wait: threading.Event | None = None


@dataclass
class Index:
    """A running index: path -> answer; `asked` are the paths that were wanted."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def offer(self, package: str, file: str, answer: Answer) -> None:
        """List a file of a package, and answer so when it is wanted."""
        page = f'<!DOCTYPE html><html><body><a href="/files/{file}">{file}</a></body></html>'
        self.answers[f"/simple/{package}/"] = Answer(page.encode(), kind="text/html")
        self.answers[f"/files/{file}"] = answer

    def environment(self) -> dict[str, str]:
        """Settings with which pip knows this index and nothing else."""
        return only(f"http://127.0.0.1:{self.port}/simple/")


def only(url: str) -> dict[str, str]:
    """Settings with which pip knows the index at `url` and nothing else of the machine's."""
    silenced = dict.fromkeys(("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONSTRAINT", "PIP_NO_INDEX"), "")
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "")
    own = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": url, "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
    return silenced | proxies | own | {"PIP_DEFAULT_TIMEOUT": "5"}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        index: Index = self.server.index  # type: ignore[attr-defined]
        index.asked.append(self.path)
        answer = index.answers.get(self.path, Answer(b"no such page", status=404))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        self.end_headers()
        if answer.wait is not None:
            answer.wait.wait(60)
        self.wfile.write(answer.body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing on the tests' output."""


def serve() -> tuple[ThreadingHTTPServer, Index]:
    """Start an index; the caller shuts the server down."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    index = Index(server.server_address[1])
    server.index = index  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, index


def wheel(package: str, version: str, files: dict[str, bytes]) -> tuple[str, bytes]:
    """Name and bytes of a wheel."""
    stem = f"{package.replace('-', '_')}-{version}"
    about = {
        "METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n",
        "WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "RECORD": "",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        for name, text in about.items():
            archive.writestr(f"{stem}.dist-info/{name}", text)
    return f"{stem}-py3-none-any.whl", packed.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
