"""Runs in MediaPipe's environment: its text classifier on texts, the scores by their labels as JSON.

Arguments: a JSON file with the texts, the file to write, and the models.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mediapipe.tasks.python import BaseOptions, text


def classify(model: str, texts: list[str]) -> list[dict[str, float]]:
    options = text.TextClassifierOptions(base_options=BaseOptions(model_asset_path=model))
    with text.TextClassifier.create_from_options(options) as classifier:
        heads = [classifier.classify(one).classifications[0] for one in texts]
    return [{one.category_name: one.score for one in head.categories} for head in heads]


def main(texts: str, target: str, *models: str) -> None:
    read = json.loads(Path(texts).read_text(encoding="utf-8"))
    Path(target).write_text(json.dumps([classify(model, read) for model in models]))


if __name__ == "__main__":
    main(*sys.argv[1:])
