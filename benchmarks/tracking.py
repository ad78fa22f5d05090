"""What following 30 things costs, beside ByteTrack of roboflow's `trackers`.

    python benchmarks/tracking.py [--trackers PYTHON] [--boxes 30] [--json result.json]

Both are given the same boxes of a scene that is made here (`tests/task/tracking/sequences.py`: people cross, stop and
leave at 25 pictures a second; a tenth of the boxes is missing, a twentieth false). `--trackers` is the Python of an
environment with `pip install trackers==2.6.1`; the rounds of the two take turns. Milliseconds of processor time for one
picture, the median of the rounds. Target: under 1 ms for 30 boxes.
"""

from __future__ import annotations

import argparse
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

RATE, PICTURES, TARGET_MS = 25, 500, 1.0

Picture = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], float]


def main() -> None:
    options = parse()
    if options.round:
        print(peer_round(pickle.loads(options.round.read_bytes())))
        return
    from outcome import Figure, at_most, finish

    pictures = scene(options.boxes)
    found: dict[str, list[float]] = {"edgewright": [], "byte_track": []}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "pictures")
        path.write_bytes(pickle.dumps(pictures))
        for _ in range(options.rounds):
            found["edgewright"].append(own_round(pictures))
            if options.trackers:
                command = [options.trackers, __file__, "--round", path]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found["byte_track"].append(float(done.stdout))
    about = {"pictures": len(pictures), "boxes": statistics.mean(len(boxes) for boxes, _, _ in pictures)}
    figures = [Figure.of("one picture", found["edgewright"], "ms", at_most(TARGET_MS))]
    if theirs := found["byte_track"]:
        ratios = [ours / their for ours, their in zip(found["edgewright"], theirs, strict=True)]
        figures += [Figure.of("ByteTrack", theirs, "ms"), Figure.of("beside ByteTrack", ratios, "times")]
    finish("tracking", figures, options.json, **about, rounds=found)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trackers", type=Path, metavar="PYTHON", help="of an environment that has the peer")
    parser.add_argument("--boxes", type=int, default=30, help="in a picture, on average")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    parser.add_argument("--round", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def scene(boxes: int) -> Sequence[Picture]:
    """So many boxes on average, in the midst of a scene."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from task.tracking.sequences import sequence

    people = round(2.9 * boxes)
    pictures = sequence(3, RATE, people=people)[250 : 250 + PICTURES]
    return [(picture.boxes, picture.scores, picture.seconds) for picture in pictures]


def own_round(pictures: Sequence[Picture]) -> float:
    from edgewright import Tracker

    tracker = Tracker()
    start = time.process_time()
    for boxes, scores, seconds in pictures:
        tracker.update(boxes, scores, seconds)
    return (time.process_time() - start) / len(pictures) * 1e3


def peer_round(pictures: Sequence[Picture]) -> float:
    """Run by the other Python: what the peer takes. What wraps the boxes for it is not counted."""
    import supervision
    from trackers import ByteTrackTracker

    tracker = ByteTrackTracker(frame_rate=RATE)
    seen = [
        supervision.Detections(xyxy=boxes.astype(np.float32), confidence=scores.astype(np.float32))
        for boxes, scores, _ in pictures
    ]
    start = time.process_time()
    for detections in seen:
        tracker.update(detections)
    return (time.process_time() - start) / len(pictures) * 1e3


if __name__ == "__main__":
    main()
