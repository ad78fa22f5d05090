"""What it costs the model that people look on: pictures a second and processor time, with nobody and with 20 clients.

    python benchmarks/dashboard.py MODEL [--clients 20] [--browser] [--json result.json]

An agent looks at frames of 640 x 480 as fast as it can. In turns nobody looks, and so many clients do, each with the
stream of pictures and that of events, read as fast as they come by a process of their own with the lowest priority, for
in earnest they are other machines. Counted are the frames that the model was through with, and the processor time of
the agent and its worker for each; that of the process which serves the page is told apart. The figures are medians of
the rounds' ratios. With `--browser` the page is opened in Chromium as well, and its time to load told. Target: less
than 5%.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from edgewright.agent import Address, Agent
from outcome import Figure, at_least, at_most, finish

# Reads both streams of so many clients until its input ends; then says how many bytes and pictures came.
READER = r"""
import json, os, select, socket, sys
os.nice(19)
port, clients = map(int, sys.argv[1:])
connections = []
for path in ["/live.mjpeg", "/stream"] * clients:
    connections.append(socket.create_connection(("127.0.0.1", port)))
    connections[-1].sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
print("ready", flush=True)
counts = {"bytes": 0, "pictures": 0, "refused": 0}
while True:
    for readable in select.select([sys.stdin, *connections], [], [])[0]:
        if readable is sys.stdin:
            print(json.dumps(counts))
            sys.exit()
        piece = readable.recv(1 << 18)
        counts["bytes"] += len(piece)
        counts["pictures"] += piece.count(b"X-Picture")
        counts["refused"] += piece.startswith(b"HTTP/1.1 503") + (not piece)
        if not piece:
            connections.remove(readable)
"""

TARGET = 0.05
WARM_S = 1.0


def main() -> None:
    options = parse()
    with running(options) as (agent, port):
        rounds = [turn(agent, port, options) for _ in range(options.rounds)]
        load_s = loading(port) if options.browser else None
    details = {"model": options.model.name, "clients": options.clients, "load_s": load_s, "rounds": rounds}
    finish("dashboard", list(figures(rounds, load_s)), options.json, **details)


def figures(rounds: list[dict[str, dict[str, float]]], load_s: float | None) -> Iterator[Figure]:
    ratios = {name: [each["looked_on"][name] / each["alone"][name] for each in rounds] for name in ("rate", "cpu_s")}
    yield Figure.of("frames with nobody", [each["alone"]["rate"] for each in rounds], "a second")
    yield Figure.of("frames with clients, beside that", ratios["rate"], "times", at_least(1 - TARGET))
    yield Figure.of("processor time of a frame, beside that", ratios["cpu_s"], "times", at_most(1 + TARGET))
    yield Figure.of("serving takes", [100 * each["looked_on"]["serving_cpu"] for each in rounds], "% of a core")
    if load_s is not None:
        yield Figure("the page, to its first picture", load_s, "s")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path, help="a detector or classifier, such as ssd_mobilenet_v1_coco_quant.tflite")
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=4, help="of a turn")
    parser.add_argument("--browser", action="store_true", help="measure how long the page takes in Chromium")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    return parser.parse_args()


@contextmanager
def running(options: argparse.Namespace) -> Iterator[tuple[Agent, int]]:
    """An agent at work in a thread, and the port of its page."""
    chance = np.random.default_rng(0)
    # Something to encode that is like a picture: smooth, with some noise.
    ramp = np.linspace(0, 200, 640, dtype=np.float32)[None, :, None] + np.zeros((480, 1, 3), np.float32)
    frames = [(ramp + chance.integers(0, 40, ramp.shape)).astype(np.uint8) for _ in range(8)]
    ended = threading.Event()

    def endless() -> Iterator[np.ndarray]:
        number = 0
        while not ended.is_set():
            number += 1
            yield frames[number % len(frames)]

    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        sinks = [f"file:{folder}/events.jsonl"]
        agent = Agent(options.model, endless(), sinks=sinks, state=Path(folder, "state"), dashboard=Address(port=port))
        thread = threading.Thread(target=agent.run)
        thread.start()
        agent.wait_until_ready(60)
        time.sleep(WARM_S)
        yield agent, port
        ended.set()
        thread.join()


def turn(agent: Agent, port: int, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """One round: without clients and with them."""
    alone = measured(agent, options.seconds)
    command = [sys.executable, "-S", "-c", READER, str(port), str(options.clients)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        clients.stdout.readline()  # type: ignore[union-attr]  # all are connected
        time.sleep(WARM_S)
        looked_on = measured(agent, options.seconds)
        told, _ = clients.communicate("")
    time.sleep(WARM_S)
    return {"alone": alone, "looked_on": looked_on, "read": json.loads(told)}


def measured(agent: Agent, seconds: float) -> dict[str, float]:
    """Frames a second, and processor seconds of a frame; `serving_cpu`: the share of a core that serving takes."""
    work, serving = processes()
    start, cpu, served, seen = time.perf_counter(), cpu_seconds(work), cpu_seconds(serving), looked_at(agent)
    time.sleep(seconds)
    took, count = time.perf_counter() - start, looked_at(agent) - seen
    cpu, served = cpu_seconds(work) - cpu, cpu_seconds(serving) - served
    return {"rate": count / took, "cpu_s": cpu / count, "serving_cpu": served / took}


def looked_at(agent: Agent) -> int:
    return agent.ledger.total("looked_at")


def processes() -> tuple[list[int], list[int]]:
    """The agent with its worker, and the process that serves the page."""
    lists = [path.read_text() for path in Path(f"/proc/{os.getpid()}/task").glob("*/children")]
    children = [int(number) for text in lists for number in text.split()]
    serving = [number for number in children if b"dashboard.serving" in Path(f"/proc/{number}/cmdline").read_bytes()]
    workers = [number for number in children if b"worker_main" in Path(f"/proc/{number}/cmdline").read_bytes()]
    return [os.getpid(), *workers], serving


def cpu_seconds(process_ids: list[int]) -> float:
    """Processor time of processes so far, to the kernel's tick of usually 10 ms."""
    ticks = 0
    for number in process_ids:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def loading(port: int) -> float:
    """Seconds until the page is loaded and shows a picture, in a browser that is open."""
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    from browser import Chromium

    with tempfile.TemporaryDirectory() as profile:
        browser = Chromium(Path(profile))
        try:
            took = []
            for _ in range(5):
                with browser.page() as page:
                    start = time.perf_counter()
                    page.open(f"http://127.0.0.1:{port}/")
                    page.until("document.querySelector('#stage').dataset.picture")
                    took.append(time.perf_counter() - start)
            return statistics.median(took)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
