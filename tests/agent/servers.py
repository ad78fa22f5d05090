"""Real servers on the loopback interface: a web server that can be told how to behave, and Mosquitto."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from waiting import takes_connections, wait_for


class Receiver:
    """Takes posted events; `answers` are the status codes of the next requests, 200 once there are none."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = receiver.answers.pop(0) if receiver.answers else 200
                if code == 0:  # hang up
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if code == 200:
                    receiver.bodies.append(body)
                    receiver.headers.append(dict(self.headers))
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/events"

    def use_tls(self, certificate: Path, key: Path) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        return self.url.replace("http:", "https:").replace("127.0.0.1", "localhost")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class RawServer:
    """Answers each connection by a function of its own, in a thread: for what no proper server would send.

    `connections` counts them; `sent` are the bytes that were taken off our hands; `finished` how many functions got to
    their end without the other side hanging up. `received` is theirs to fill.
    """

    def __init__(self, answer: Callable[[RawServer, socket.socket], None]) -> None:
        self.connections = self.sent = self.finished = 0
        self.received: list[int] = []
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._answer(self, connection)
            self.finished += 1

    def send(self, connection: socket.socket, data: bytes) -> None:
        connection.sendall(data)
        self.sent += len(data)

    def drip(self, connection: socket.socket, piece: bytes, pieces: int = 60) -> None:
        """A piece every fifth of a second."""
        for _ in range(pieces):
            self.send(connection, piece)
            time.sleep(0.2)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def read_request(connection: socket.socket) -> bytes:
    """One HTTP request with its body; nothing where the other side is gone."""
    data = b""
    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < _length(data):
        part = connection.recv(65_536)
        if not part:
            return b""
        data += part
    return data


def _length(request: bytes) -> int:
    said = re.search(rb"(?i)content-length: (\d+)", request)
    return int(said[1]) if said else 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """Mosquitto, which can be stopped and started again on the same port."""

    def __init__(self, folder: Path, *settings: str, port: int = 0) -> None:
        self.port = port or free_port()
        self._config = folder / "mosquitto.conf"
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "max_queued_messages 0", *settings]
        if not any("password_file" in line for line in settings):
            lines.append("allow_anonymous true")
        self._config.write_text("\n".join(lines) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: takes_connections("127.0.0.1", self.port), told=lambda: "Mosquitto did not start")

    @contextlib.contextmanager
    def halted(self) -> Iterator[None]:
        """Takes what the kernel takes for it, and does nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        yield
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class SlowLine:
    """A line to a server of ours that takes so many bytes a second, on a port of its own."""

    def __init__(self, port: int, bytes_s: int) -> None:
        self._to, self._bytes_s = port, bytes_s
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._listening.accept()
                theirs = socket.create_connection(("127.0.0.1", self._to))
                for ends in ((ours, theirs, self._bytes_s), (theirs, ours, None)):
                    threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, to: socket.socket, bytes_s: int | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1000):
                time.sleep(len(data) / bytes_s if bytes_s else 0)
                to.sendall(data)
        for end in (source, to):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


class Subscriber:
    """Keeps what a topic receives, in order."""

    def __init__(self, port: int, topic: str) -> None:
        import paho.mqtt.client as paho

        self.messages: list[tuple[str, bytes]] = []
        subscribed = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.on_message = lambda _c, _u, message: self.messages.append((message.topic, message.payload))
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert subscribed.wait(10)

    def wait_for(self, count: int, timeout_s: float = 120) -> None:
        end = time.monotonic() + timeout_s
        while len(self.messages) < count and time.monotonic() < end:
            time.sleep(0.01)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def certificate(folder: Path, name: str = "localhost") -> Iterator[tuple[Path, Path]]:
    """A self-signed certificate and its key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    yield certificate, key
