"""Models by name, as `edgewright models get` makes them of the published files beside the project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgewright import hub
from edgewright.files import sha256_of
from edgewright.hub.describing import described
from edgewright.model import ModelFile

# Name -> published file.
PUBLISHED = {
    "face_detector": "models/face_detection_short_range.tflite",
    "mobilenet_v1_0_25_128_quant": "models/mobilenet_v1_0.25_128_quant.tflite",
    "mobilenet_v1_0_25_224": "models/mobilenet_v1_0.25_224_float.tflite",
    "mobilenet_v2_1_0_224_quant": "models/mobilenet_v2_1.0_224_quant.tflite",
    "movenet_lightning_ptq": "models/movenet_single_pose_lightning_ptq.tflite",
    "ssd_mobilenet_v1_coco_quant": "models/ssd_mobilenet_v1_coco_quant_metadata.tflite",
    "yamnet": "models/yamnet.tflite",
}


def named_model(name: str, shared_file: Callable[[str], Path]) -> ModelFile:
    """What lies in the cache once the model was fetched: the published file with the words of its entry in it."""
    published = shared_file(PUBLISHED[name])
    return described(ModelFile.read(published), hub.entry(name), sha256_of(published))
