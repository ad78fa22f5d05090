"""Runs in MediaPipe's environment: its image classifier on a picture, the best classes as JSON.

Arguments: the picture, the file to write, and the models.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import mediapipe
from mediapipe.tasks.python import BaseOptions, vision


def classify(model: str, picture: mediapipe.Image) -> list[dict[str, Any]]:
    options = vision.ImageClassifierOptions(
        base_options=BaseOptions(model_asset_path=model), max_results=3, display_names_locale="de"
    )
    with vision.ImageClassifier.create_from_options(options) as classifier:
        (head,) = classifier.classify(picture).classifications
    return [
        {"index": one.index, "name": one.category_name, "display": one.display_name, "score": one.score}
        for one in head.categories
    ]


def main(picture: str, target: str, *models: str) -> None:
    image = mediapipe.Image.create_from_file(picture)
    Path(target).write_text(json.dumps([classify(model, image) for model in models]))


if __name__ == "__main__":
    main(*sys.argv[1:])
