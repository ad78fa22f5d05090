"""A million frames through an agent: what grows? Memory, threads and descriptors, of the agent and of its worker.

    python benchmarks/agent_million.py MODEL [--frames 1000000] [--events] [--json result.json]

The model is to be a small one. By default a rule that never holds looks at each result, so that there are no events;
with `--events` each result is one, and goes to a file. Growth is that of the largest resident set after the first
twentieth, which is for warming up. Target: less than 10 MB for the agent, no further thread or descriptor for either.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import edgewright as ew
from edgewright.agent import Agent, Rule
from outcome import Figure, at_most, finish

TARGET = 10_000_000
LOOKS = 200


def main() -> None:
    options = parse()
    started = time.perf_counter()
    looks = watch(options)
    rate, grown = looks[-1]["frame"] / (time.perf_counter() - started), growth(looks)
    details = {
        "model": options.model.name,
        "frames": looks[-1]["frame"],
        "events": options.events,
        "frames_per_s": rate,
    }
    finish("agent_million", list(figures(rate, grown)), options.json, **details, growth=grown, looks=looks)


def figures(rate: float, grown: dict[str, int]) -> Iterator[Figure]:
    yield Figure("frames", rate, "a second")
    for who, goal in (("agent", at_most(TARGET / 1e6)), ("worker", None)):
        yield Figure(f"{who}: memory grows by", grown[f"{who}_bytes"] / 1e6, "MB", goal)
        for what in ("threads", "descriptors"):
            yield Figure(f"{who}: {what} more", grown[f"{who}_{what}"], "", at_most(0))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path, help="a classifier, such as mobilenet_v1_0.25_128_quant.tflite")
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--events", action="store_true", help="each result is an event")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    return parser.parse_args()


def watch(options: argparse.Namespace) -> list[dict[str, int]]:
    looks: list[dict[str, int]] = []
    chance = np.random.default_rng(0)
    pictures = [chance.integers(0, 256, (128, 128, 3), np.uint8) for _ in range(8)]

    def source() -> Iterator[np.ndarray]:
        for number in range(options.frames + 1):
            if number % (options.frames // LOOKS) == 0:
                looks.append({"frame": number, **look()})
                print(json.dumps(looks[-1]), file=sys.stderr, flush=True)
            yield pictures[number % len(pictures)]

    rules = () if options.events else (Rule("never", (ew.load(options.model).labels[0],), score=1.0),)
    with tempfile.TemporaryDirectory() as folder:
        sinks = [f"file:{folder}/events.jsonl"]
        Agent(options.model, source(), sinks=sinks, rules=rules, state=Path(folder, "state")).run()
    return looks


def look() -> dict[str, int]:
    """Both processes now; the worker is the only child."""
    (worker,) = [
        int(number)
        for path in Path(f"/proc/{os.getpid()}/task").glob("*/children")
        for number in path.read_text().split()
    ]
    agent = {f"agent_{name}": value for name, value in facts(os.getpid()).items()}
    return agent | {f"worker_{name}": value for name, value in facts(worker).items()}


def facts(process_id: int) -> dict[str, int]:
    """Bytes in memory that are not shared with the other process, threads and descriptors, proc(5)."""
    folder = Path(f"/proc/{process_id}")
    lines = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    own = sum(int(lines[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))
    return {"bytes": own, "threads": int(lines["Threads"]), "descriptors": len(list((folder / "fd").iterdir()))}


def growth(looks: list[dict[str, int]]) -> dict[str, int]:
    warm, rest = looks[LOOKS // 20], looks[LOOKS // 20 :]
    return {name: max(one[name] for one in rest) - warm[name] for name in warm if name != "frame"}


if __name__ == "__main__":
    main()
