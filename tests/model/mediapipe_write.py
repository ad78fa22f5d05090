"""Runs in MediaPipe's environment: its metadata writers describe a model.

Arguments: what to write ("classifier", "thresholded", "detector" or "raw detector"), the model, the file to write, and
a JSON file with the labels (without a locale, and in German).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from mediapipe.tasks.python.metadata.metadata_writers import (
    image_classifier,
    metadata_info,
    metadata_writer,
    object_detector,
)

CALIBRATION = [(0.5, 2.0, 0.25, None), None, (1.0, -3.0, 0.5, 0.125), None]


def calibration(count: int) -> metadata_writer.ScoreCalibration:
    kinds = [one and metadata_writer.CalibrationParameter(*one) for one in CALIBRATION]
    parameters = [kinds[index % len(kinds)] for index in range(count)]
    return metadata_writer.ScoreCalibration(
        metadata_writer.ScoreCalibration.transformation_types.INVERSE_LOGISTIC, parameters, default_score=0.25
    )


def writer(what: str, model: bytearray, labels: metadata_writer.Labels, count: int) -> Any:
    if what == "detector":
        return object_detector.MetadataWriter.create_for_models_with_nms(model, [127.5], [127.5], labels)
    if what == "raw detector":
        return raw_detector(model, labels, count)
    if what == "classifier":
        means, deviations = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
        return image_classifier.MetadataWriter.create(model, means, deviations, labels, calibration(count))
    made = metadata_writer.MetadataWriter.create(model)
    made.add_general_info("thresholded", "has a score threshold")
    made.add_image_input([0.0], [255.0])
    made.add_classification_output(labels, score_thresholding=metadata_writer.ScoreThresholding(0.375))
    return made


def raw_detector(model: bytearray, labels: metadata_writer.Labels, count: int) -> Any:
    """Its 24 anchors lie on a diagonal and become ever wider."""
    numbers = [(place + 1) / 25 for place in range(24)]
    anchors = [object_detector.FixedAnchor(number, 1 - number, number / 2, 0.25) for number in numbers]
    decoding = object_detector.TensorsDecodingOptions(
        num_classes=count, num_boxes=24, num_coords=4, keypoint_coord_offset=0, num_keypoints=0,
        num_values_per_keypoint=2, x_scale=10.0, y_scale=20.0, w_scale=5.0, h_scale=2.5,
        apply_exponential_on_box_size=True, sigmoid_score=False,
    )  # fmt: skip
    schema = object_detector.SsdAnchorsOptions(object_detector.FixedAnchorsSchema(anchors))
    order = metadata_info.RawDetectionOutputTensorsOrder.SCORE_LOCATION
    writer = object_detector.MetadataWriter
    return writer.create_for_models_without_nms(model, [127.5], [127.5], labels, schema, decoding, order)


def main(what: str, source: str, target: str, names: str) -> None:
    plain, german = json.loads(Path(names).read_text())
    labels = metadata_writer.Labels().add(plain).add(german, "de")
    content, _ = writer(what, bytearray(Path(source).read_bytes()), labels, len(plain)).populate()
    Path(target).write_bytes(content)


if __name__ == "__main__":
    main(*sys.argv[1:])
