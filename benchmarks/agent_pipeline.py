"""What the agent costs beside the model alone, and how long a frame takes from its capture to the stored event.

    python benchmarks/agent_pipeline.py MODEL [--rule last] [--json result.json]
    python benchmarks/agent_pipeline.py DETECTOR --places cat --photo cats_and_dogs.jpg

Throughput: the same frames (640 x 480 RGB) go through `classify(array)` in a loop, and through an agent whose every
result is an event on disk and in a file; the two take turns, and the figure is the median of the rounds' ratios.
Beside it stands the processor time of one frame, which other loads on the machine disturb less. Latency: an agent whose
source gives 25 frames a second. With `--rule last` a rule looks for the last of the labels in every frame, and only
what it finds is an event. With `--places` things with that label are tracked, in a zone and across a line, on a photo
that moves. Targets: at most 1.10 of the model alone, 1.12 of its processor time with tracks and places; less than one
frame's time plus the model's.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import edgewright as ew
from edgewright import Line, Zone
from edgewright.agent import Agent, Frame, Rule
from outcome import Figure, at_most, finish

TARGET, TARGET_WITH_PLACES = 1.10, 1.12
FRAMES_PER_S = 25
WARM = 5


def main() -> None:
    options = parse()
    model = ew.ModelFile.read(options.model)
    frames = photos(options.photo, options.size) if options.photo else some_frames(options.size)
    classify = ew.load(model)
    rounds = compare(model, classify, frames, options)
    alone_s = statistics.median(one["alone_s"] for one in rounds)
    late = latency(model, frames, options.seconds) | {"target_s": 1 / FRAMES_PER_S + alone_s}
    details = {"model": options.model.name, "rule": options.rule, "places": options.places, "frame": frames[0].shape}
    found = list(figures(rounds, late, bool(options.places)))
    finish("agent_pipeline", found, options.json, **details, latency=late, rounds=rounds)


def figures(rounds: list[dict[str, float]], late: dict[str, float], places: bool) -> Iterator[Figure]:
    goals = (None, at_most(TARGET_WITH_PLACES)) if places else (at_most(TARGET), None)
    yield Figure.of("the model alone", [1e3 * one["alone_s"] for one in rounds], "ms")
    yield Figure.of("the agent beside it", [one["agent_s"] / one["alone_s"] for one in rounds], "times", goals[0])
    ratios = [one["agent_cpu_s"] / one["alone_cpu_s"] for one in rounds]
    yield Figure.of("the agent beside it, processor time", ratios, "times", goals[1])
    yield Figure("picture to stored event", 1e3 * late["median_s"], "ms", at_most(1e3 * late["target_s"]))
    yield Figure("picture to stored event, 95th percentile", 1e3 * late["p95_s"], "ms")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path, help="a classifier, such as mobilenet_v2_1.0_224_quant.tflite")
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--rule", choices=["first", "last"], help="have a rule on this one of the labels")
    parser.add_argument("--places", metavar="LABEL", help="track what has this label, in a zone and across a line")
    parser.add_argument("--photo", type=Path, help="frames are this photo, moving; noise without")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--frames", type=int, default=100, help="of a turn")
    parser.add_argument("--seconds", type=float, default=20, help="of the measurement of latency")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    return parser.parse_args()


def some_frames(size: tuple[int, int]) -> list[np.ndarray]:
    chance = np.random.default_rng(0)
    return [chance.integers(0, 256, (size[1], size[0], 3), np.uint8) for _ in range(8)]


def photos(path: Path, size: tuple[int, int]) -> list[np.ndarray]:
    """A photo that moves 2 pixels a frame to the right, and back."""
    with Image.open(path) as opened:
        pixels = np.asarray(opened.convert("RGB").resize(size))
    there = [np.roll(pixels, 2 * number, axis=1) for number in range(32)]
    return [*there, *there[::-1]]


class Feed:
    """An iterator that gives frames in turns, and tells how long an agent in full swing took for each turn."""

    def __init__(self, frames: list[np.ndarray], count: int, process_ids: Callable[[], list[int]]) -> None:
        self._frames = frames
        self._count = count
        self._process_ids = process_ids
        self._turn = threading.Event()
        self._taken = threading.Event()
        self._over = False
        self.took_s = self.cpu_s = 0.0

    def turn(self) -> None:
        """Let the agent have a turn."""
        self._taken.clear()
        self._turn.set()
        self._taken.wait()

    def end(self) -> None:
        """Give no more frames."""
        self._over = True
        self._turn.set()

    def __iter__(self) -> Iterator[np.ndarray]:
        while True:
            self._turn.wait()
            self._turn.clear()
            if self._over:
                return
            yield from self._some(WARM)
            ids = self._process_ids()
            start, cpu = time.perf_counter(), cpu_seconds(ids)
            yield from self._some(self._count)
            self.took_s, self.cpu_s = time.perf_counter() - start, cpu_seconds(ids) - cpu
            yield from self._some(WARM)
            self._taken.set()

    def _some(self, count: int) -> Iterator[np.ndarray]:
        for number in range(count):
            yield self._frames[number % len(self._frames)]


def compare(model: Any, classify: Any, frames: list[np.ndarray], options: argparse.Namespace) -> list[dict[str, float]]:
    rounds = []
    feed = Feed(frames, options.frames, lambda: [os.getpid(), *children()])
    with running(model, feed, **settings_of(classify, options)):
        feed.turn()
        for _ in range(options.rounds):
            time.sleep(0.1)  # the agent comes to rest
            start, cpu = time.perf_counter(), time.process_time()
            for number in range(options.frames):
                classify(frames[number % len(frames)])
            alone_s, alone_cpu_s = time.perf_counter() - start, time.process_time() - cpu
            feed.turn()
            each = {"alone_s": alone_s, "alone_cpu_s": alone_cpu_s, "agent_s": feed.took_s, "agent_cpu_s": feed.cpu_s}
            rounds.append({name: value / options.frames for name, value in each.items()})
        feed.end()
    return rounds


def latency(model: Any, frames: list[np.ndarray], seconds: float) -> dict[str, float]:
    """Median and 95th percentile from capture to stored event at a steady pace, exact to 5%."""

    def paced() -> Iterator[Frame]:
        start = time.monotonic()
        for number in range(int(seconds * FRAMES_PER_S)):
            time.sleep(max(0.0, start + number / FRAMES_PER_S - time.monotonic()))
            yield Frame(frames[number % len(frames)])

    with running(model, paced()) as agent:
        pass
    return {"median_s": agent.ledger.latency_quantile(0.5), "p95_s": agent.ledger.latency_quantile(0.95)}


@contextmanager
def running(model: Any, source: Any, **settings: Any) -> Iterator[Agent]:
    """An agent in a thread, which works until its source ends."""
    with tempfile.TemporaryDirectory() as folder:
        sinks = [f"file:{folder}/events.jsonl"]
        agent = Agent(model, source, sinks=sinks, state=Path(folder, "state"), **settings)
        thread = threading.Thread(target=agent.run)
        thread.start()
        agent.wait_until_ready(60)
        yield agent
        thread.join()


def settings_of(classify: Any, options: argparse.Namespace) -> dict[str, Any]:
    """A rule on the first or the last label, which holds now and then at most; or rules about places."""
    if options.places:
        labels = (options.places,)
        rules = (Rule("inside", labels, zone="half", stays_s=1.0), Rule("crossed", labels, crosses="middle"))
        zone = Zone("half", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
        return {"rules": rules, "zones": (zone,), "lines": (Line("middle", ((0.5, 0.0), (0.5, 1.0))),)}
    places = {"first": 0, "last": -1}
    return {"rules": (Rule("one label", (classify.labels[places[options.rule]],)),)} if options.rule else {}


def children() -> list[int]:
    lists = [path.read_text() for path in Path(f"/proc/{os.getpid()}/task").glob("*/children")]
    return [int(number) for text in lists for number in text.split()]


def cpu_seconds(process_ids: list[int]) -> float:
    """Processor time of processes so far, to the kernel's tick of usually 10 ms."""
    ticks = 0
    for number in process_ids:
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
