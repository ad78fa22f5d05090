"""What tracking, zones, lines and rules about them cost for each picture, beside the model.

    python benchmarks/agent_places.py [--things 10] [--json result.json]

So many people walk through pictures of 640 x 480; four zones and two lines lie there, with six rules about them, of
which none makes an event for most pictures. What is measured is the processor time of the agent's process: reading what
the worker tells of each thing, following, places and rules; and beside it the same without any of that. What the worker
does for it, decoding once more with a low threshold and telling of each thing, is in `agent_pipeline.py`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.agent import Frame, Line, Rule, Tracking, Zone
from edgewright.agent.capture.frame import Position
from edgewright.agent.events.making import EventMaker
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.inference.following import Follower
from outcome import Figure, finish

ROUNDS, PICTURES = 7, 500

PLACES = (
    Zone("left", [(0, 0.3), (0.3, 0.3), (0.3, 1), (0, 1)]),
    Zone("middle", [(0.3, 0.3), (0.7, 0.3), (0.7, 1), (0.5, 0.8), (0.3, 1)]),
    Zone("right", [(0.7, 0.3), (1, 0.3), (1, 1), (0.7, 1)]),
    Zone("top", [(0, 0), (1, 0), (1, 0.2), (0, 0.2)]),
    Line("gate", [(0.5, 0.2), (0.5, 1)]),
    Line("path", [(0.1, 0.5), (0.5, 0.6), (0.9, 0.5)]),
)
RULES = (
    Rule("in the middle", ("person",), zone="middle", count=99),
    Rule("stays", ("person",), zone="left", stays_s=1e6),
    Rule("comes", ("person",), enters="top", hours=None),
    Rule("goes", ("person",), leaves="top"),
    Rule("gate", ("person",), crosses="gate", direction="in", cooldown_s=1e6),
    Rule("path", ("person",), crosses="path", cooldown_s=1e6),
)


def main() -> None:
    options = parse()
    told = scene(options.things)
    rounds = [{"plain_s": plain(told), "followed_s": followed(told)} for _ in range(ROUNDS)]
    plain_ms, followed_ms = ([1e3 * one[name] for one in rounds] for name in ("plain_s", "followed_s"))
    figures = [
        Figure.of("without tracks and places", plain_ms, "ms"),
        Figure.of(f"{options.things} things, 4 zones, 2 lines, 6 rules", followed_ms, "ms"),
    ]
    finish("agent_places", figures, options.json, things=options.things, rounds=rounds)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--things", type=int, default=10)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def scene(things: int) -> list[str]:
    """What a worker tells of each picture, as it comes out of the pipe."""
    random = np.random.default_rng(0)
    places, speeds = random.uniform([40, 120], [600, 470], (things, 2)), random.uniform(-4, 4, (things, 2))
    pictures = []
    for _ in range(PICTURES):
        places += speeds
        speeds = np.where((places < [40, 120]) | (places > [600, 470]), -speeds, speeds)
        told = [
            {"label": "person", "score": 0.9, "index": 0, "box": [x - 20, y - 100, x + 20, y]}
            for x, y in (places + random.normal(0, 1.5, places.shape)).tolist()
        ]
        pictures.append(json.dumps({"result": {}, "took_s": 0.0, "things": told, "size": [480, 640]}))
    return pictures


def plain(pictures: list[str]) -> float:
    """Processor seconds a picture of a rule that finds nothing, where nothing is tracked."""
    maker = EventMaker("camera", [Rule("none", ("nobody",))])
    bare = [json.dumps({**json.loads(told), "things": []}) for told in pictures]
    return processor_s(bare, lambda frame, seen: maker.events(frame, seen))


def followed(pictures: list[str]) -> float:
    """Processor seconds a picture with all of it."""
    follower, maker = Follower(Tracking(), "camera"), EventMaker("camera", RULES, PLACES)
    return processor_s(pictures, lambda frame, seen: maker.events(frame, follower.follow(seen, frame.time_s)))


def processor_s(pictures: list[str], look: Callable[[Frame, Sighting], Any]) -> float:
    begin = time.process_time()
    for number, told in enumerate(pictures):
        look(Frame(b"", position=Position(number, number / 25)), Sighting.of(json.loads(told)))
    return (time.process_time() - begin) / len(pictures)


if __name__ == "__main__":
    main()
