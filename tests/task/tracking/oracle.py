"""Run by a Python that has `trackers`: what its ByteTrack does on the sequences, and what its metrics say.

    python tests/task/tracking/oracle.py > tests/task/tracking/oracle.json

in an environment with `pip install trackers==2.6.1`. It needs nothing of this package.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np
import supervision
from trackers import ByteTrackTracker
from trackers.eval import (
    aggregate_clear_metrics,
    aggregate_hota_metrics,
    aggregate_identity_metrics,
    compute_clear_metrics,
    compute_hota_metrics,
    compute_identity_metrics,
)
from trackers.eval.box import box_iou


def module(name: str) -> ModuleType:
    """One of the files beside this one, which belong to no package that could be imported here."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"beside.{name}", path)
    assert spec
    assert spec.loader
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


sys.modules["beside"] = ModuleType("beside")
module("sequences")
runs = module("runs")


def byte_track(pictures, rate, **settings):
    """Ids and boxes of each picture; by the time where it says more than the rate."""
    tracker = ByteTrackTracker(frame_rate=rate, **settings)
    gaps = np.diff([picture.seconds for picture in pictures])
    for picture in pictures:
        seen = supervision.Detections(
            xyxy=picture.boxes.astype(np.float32), confidence=picture.scores.astype(np.float32)
        )
        found = tracker.update(seen, timestamp=picture.seconds if np.ptp(gaps) > 1e-6 else None)
        confirmed = found.tracker_id >= 0
        yield found.tracker_id[confirmed], found.xyxy[confirmed].astype(float)


def settings(hits):
    """Those that ours has, in its words."""
    return {
        "lost_track_buffer": round(30 * runs.LOST_S),
        "minimum_consecutive_frames": hits,
        "track_activation_threshold": runs.HIGH,
        "high_conf_det_threshold": runs.HIGH,
    }


def quality(sequences):
    """Of (pictures, ids and boxes of each)."""
    clear, hota, identity = [], [], []
    for pictures, said in sequences:
        there = [picture.who for picture in pictures]
        ids = [numbers for numbers, _ in said]
        overlap = [
            box_iou(picture.truth, boxes)
            if len(picture.truth) and len(boxes)
            else np.zeros((len(picture.who), len(boxes)))
            for picture, (_, boxes) in zip(pictures, said, strict=True)
        ]
        clear.append(compute_clear_metrics(there, ids, overlap))
        hota.append(compute_hota_metrics(there, ids, overlap))
        identity.append(compute_identity_metrics(there, ids, overlap))
    sums = aggregate_clear_metrics(clear)
    return {
        "hota": round(aggregate_hota_metrics(hota)["HOTA"], 6),
        "mota": round(sums["MOTA"], 6),
        "idf1": round(aggregate_identity_metrics(identity)["IDF1"], 6),
        "switches": int(sums["IDSW"]),
    }


def main() -> None:
    """Print the figures of the sequences that are named, of all without a name."""
    warnings.simplefilter("ignore")
    ways = {f"{hits} hits": settings(hits) for hits in runs.HITS} | {"its own settings": {}}
    found = {"trackers": version("trackers"), "numpy": np.__version__, "byte_track": {}, "spoiled": {}}
    scenes_of = runs.scenes()
    for name in sys.argv[1:] or scenes_of:
        rate, scenes = scenes_of[name]
        found["spoiled"][name] = quality([(scene, runs.spoiled(scene)) for scene in scenes])
        found["byte_track"][name] = {
            way: quality([(scene, list(byte_track(scene, rate, **given))) for scene in scenes])
            for way, given in ways.items()
        }
    json.dump(found, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
