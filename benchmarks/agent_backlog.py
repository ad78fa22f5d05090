"""A sink that is away while events gather, and comes back: what is lost, what memory it takes, how fast it is drained.

    python benchmarks/agent_backlog.py [--events 36000] [--sink mqtt --sink webhook --sink file] [--json result.json]

36,000 events are two hours at five a second; here they come as fast as they can be stored. Real parts: Mosquitto (which
must be installed), a web server, a file in a folder that is not there yet. Targets: nothing lost, nothing twice, order
kept; memory grows by less than 5 MB while events gather; drained at 1,000 events a second.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from edgewright.agent import Event, Outbox, open_sink
from edgewright.agent.delivery.delivery import Delivery
from edgewright.agent.delivery.outbox import Entry
from edgewright.agent.delivery.recorder import Recorder
from edgewright.agent.ledger import Ledger
from outcome import Figure, at_least, at_most, finish

MEMORY, RATE = 5_000_000, 1000
BODY = {"meaning": "probability", "top": [{"label": f"class {n}", "score": 0.2, "index": n} for n in range(5)]}


def main() -> None:
    options = parse()
    if options.serve:
        serve(options.serve)
        return
    sinks = {name: measure(name, options.events) for name in options.sink or ("mqtt", "webhook", "file")}
    finish("agent_backlog", list(figures(sinks)), options.json, events=options.events, sinks=sinks)


def figures(sinks: dict[str, dict[str, Any]]) -> Iterator[Figure]:
    for name, one in sinks.items():
        yield Figure(f"{name}: lost", one["lost"], "events", at_most(0))
        yield Figure(f"{name}: twice", one["twice"], "events", at_most(0))
        yield Figure(f"{name}: out of order", one["disorder"], "events", at_most(0))
        yield Figure(f"{name}: memory while it is away", one["memory_bytes"] / 1e6, "MB", at_most(MEMORY / 1e6))
        yield Figure(f"{name}: stored", one["stored_per_s"], "a second")
        yield Figure(f"{name}: drained", one["drained_per_s"], "a second", at_least(RATE))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=36_000)
    parser.add_argument("--sink", action="append", choices=("mqtt", "webhook", "file"))
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(name: str, count: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        port = free_port()
        target = {
            "mqtt": f"mqtt://127.0.0.1:{port}/site/door",
            "webhook": f"http://127.0.0.1:{port}/events",
            "file": f"file:{folder / 'away' / 'events.jsonl'}",
        }[name]
        (folder / "away").mkdir()
        sink = open_sink(target)
        (folder / "away").rmdir()
        outbox = Outbox(folder / "outbox.db")
        outbox.attach([sink.name])
        delivery = Delivery(sink, outbox)
        if name == "mqtt":
            with receiving(name, port, folder):
                pass  # the broker knows its subscriber from now on, and keeps for it what comes before it is back
        delivery.start()
        before = resident()
        stored_s, most = gather(outbox, delivery, count)
        with receiving(name, port, folder) as received:
            start = time.perf_counter()
            while outbox.pending(sink.name):
                time.sleep(0.01)
            drained_s = time.perf_counter() - start
            delivery.stop(10)
            got = received()
        outbox.close()
    return {
        "stored_per_s": count / stored_s,
        "memory_bytes": most - before,
        "drained_per_s": count / drained_s,
        "lost": count - len(set(got)),
        "twice": len(got) - len(set(got)),
        "disorder": sum(after < before for before, after in pairwise(got)),
    }


def gather(outbox: Outbox, delivery: Delivery, count: int) -> tuple[float, int]:
    """Store events the way the agent does, while the sink is away; the time that it took, and the most memory."""
    recorder = Recorder(outbox, Ledger(), stored=lambda _: delivery.wake(), given_back=lambda _: None)
    recorder.start()
    start, most = time.perf_counter(), 0
    for number in range(count):
        recorder.put(Entry("camera", (Event("camera", "result", time.time(), {}, {"number": number, **BODY}),)))
        while len(recorder._entries) > 400:
            time.sleep(0.001)
        if number % 500 == 0:
            most = max(most, resident())
    recorder.stop(60)
    return time.perf_counter() - start, max(most, resident())


@contextlib.contextmanager
def receiving(name: str, port: int, folder: Path) -> Iterator[Callable[[], list[int]]]:
    """Bring the other side up, in processes of its own; what comes out are the numbers of the events it has."""
    kept, ready = folder / "received.jsonl", folder / "ready"
    ready.unlink(missing_ok=True)
    if name == "file":
        (folder / "away").mkdir()
        yield lambda: numbers(folder / "away" / "events.jsonl")
        return
    with contextlib.ExitStack() as running:
        if name == "mqtt":
            running.enter_context(mosquitto(port, folder))
        program = [sys.executable, __file__, "--serve", f"{name}:{port}", str(kept)]
        running.enter_context(process(program))
        wait_for(ready.exists)
        yield lambda: numbers(kept)


@contextlib.contextmanager
def mosquitto(port: int, folder: Path) -> Iterator[None]:
    settings = folder / "mosquitto.conf"
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", "max_queued_messages 0", "user root",
             "persistence true", f"persistence_location {folder}/"]  # fmt: skip
    settings.write_text("\n".join(lines) + "\n")
    with process([shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", str(settings)]):
        wait_for(lambda: is_open(port))
        yield


@contextlib.contextmanager
def process(program: list[str]) -> Iterator[None]:
    running = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.terminate()
        running.wait()


def serve(what: tuple[str, str]) -> None:
    """The other side: keeps each event that arrives, as a line."""
    (name, _, port), kept = what[0].partition(":"), Path(what[1])
    with kept.open("ab", buffering=0) as file:
        serving = subscribe if name == "mqtt" else take_posts
        serving(int(port), file.write, lambda *_: (kept.parent / "ready").touch())


def subscribe(port: int, keep: Callable[[bytes], Any], ready: Callable[..., None]) -> None:
    import paho.mqtt.client as paho
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    lasting: Any = Properties(PacketTypes.CONNECT)
    lasting.SessionExpiryInterval = 3600
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, "subscriber", protocol=paho.MQTTv5)
    client.on_connect = lambda *_: client.subscribe("site/door", qos=1)
    client.on_subscribe = ready
    client.on_message = lambda _c, _u, message: keep(message.payload + b"\n")
    client.connect("127.0.0.1", port, clean_start=False, properties=lasting)
    client.loop_forever()


def take_posts(port: int, keep: Callable[[bytes], Any], ready: Callable[..., None]) -> None:
    """A web server that does no more than it must: what is measured is the agent."""
    with socket.create_server(("127.0.0.1", port)) as server:
        ready()
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as stream:
                while line := stream.readline():
                    length = 0
                    while line.strip():
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.partition(b":")[2])
                        line = stream.readline()
                    keep(stream.read(length) + b"\n")
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def numbers(path: Path) -> list[int]:
    wait_for(lambda: settled(path))
    return [json.loads(line)["number"] for line in path.read_bytes().splitlines()]


def settled(path: Path) -> bool:
    size = path.stat().st_size
    time.sleep(1.0)
    return path.stat().st_size == size


def wait_for(what: Callable[[], bool], timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not what():
        if time.monotonic() > end:
            raise SystemExit("the other side did not come up")
        time.sleep(0.02)


def is_open(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident() -> int:
    """Bytes of this process in memory, proc(5)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


if __name__ == "__main__":
    main()
