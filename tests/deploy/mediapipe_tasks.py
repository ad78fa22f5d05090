"""Runs in MediaPipe's environment: what its tasks say of pictures, as JSON.

Arguments: the file to write, then "classifier" or "detector", a model and a picture, as often as wanted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mediapipe
from mediapipe.tasks.python import BaseOptions, vision


def classified(model: str, picture: mediapipe.Image) -> list[Any]:
    options = vision.ImageClassifierOptions(base_options=BaseOptions(model_asset_path=model), max_results=3)
    with vision.ImageClassifier.create_from_options(options) as task:
        (head,) = task.classify(picture).classifications
    return [[one.category_name, one.score, None] for one in head.categories]


def detected(model: str, picture: mediapipe.Image) -> list[Any]:
    options = vision.ObjectDetectorOptions(base_options=BaseOptions(model_asset_path=model), score_threshold=0.3)
    with vision.ObjectDetector.create_from_options(options) as task:
        found = task.detect(picture).detections
    places = [(one.bounding_box.origin_x, one.bounding_box.origin_y, one.bounding_box.width, one.bounding_box.height)
              for one in found]  # fmt: skip
    names = [one.categories[0] for one in found]
    return [
        [name.category_name, name.score, [x, y, x + width, y + height]]
        for name, (x, y, width, height) in zip(names, places, strict=True)
    ]


def main(target: str, *words: str) -> None:
    said = []
    for kind, model, picture in zip(words[::3], words[1::3], words[2::3], strict=True):
        image = mediapipe.Image.create_from_file(picture)
        said.append(classified(model, image) if kind == "classifier" else detected(model, image))
    Path(target).write_text(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
