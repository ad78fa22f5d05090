"""The folder in which the examples of docstrings work: published files under names that read well."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tests.engine.test_delegates import SOURCE
from tests.optimize.networks import dense, fitted
from tests.task.series_models import autoencoder

from edgewright.model import InputMetadata, Metadata, OutputMetadata

FILES = {
    "mobilenet.tflite": "models/mobilenet_v2_1.0_224_quant.tflite",
    "small.tflite": "models/mobilenet_v1_0.25_128_quant.tflite",
    "detector.tflite": "models/ssd_mobilenet_v1_coco_quant_metadata.tflite",
    "faces.tflite": "models/face_detection_short_range.tflite",
    "poses.tflite": "models/movenet_single_pose_lightning_ptq.tflite",
    "segmenter.tflite": "models/deeplabv3_mnv2_dm05_pascal_quant.tflite",
    "embedder.tflite": "models/mobilenet_v2_0.35_96_embedder.tflite",
    "review.tflite": "models/nl_classifier_regex.tflite",
    "sentences.tflite": "models/text_embedder_regex.tflite",
    "sounds.tflite": "models/yamnet.tflite",
    "resnet.h5": "sources/pretrainedResnet.h5",
    "fashion.npz": "data/fashion_mnist_900.npz",
    "speech.wav": "images/speech.wav",
    "photo.jpg": "images/parrot.jpg",
    "cat.bmp": "images/cat.bmp",
    "animals.jpg": "images/cats_and_dogs.jpg",
    "portrait.bmp": "images/grace_hopper.bmp",
    "photos/macaw/1.jpg": "images/parrot.jpg",
    "photos/daisy/1.bmp": "images/sunflower.bmp",
    "pets/bird/1.jpg": "images/parrot.jpg",
    "pets/bird/2.jpg": "images/owl.jpg",
    "pets/cat/1.bmp": "images/cat.bmp",
    "pets/cat/2.jpg": "images/cat_1080p.jpg",
}


def fill(folder: Path, shared_file: Callable[[str], Path]) -> None:
    """Copy and make all that the examples read."""
    for name, published in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared_file(published), folder / name)
    _fashion(folder)
    _vibration(folder)
    _delegate(folder)


def _fashion(folder: Path) -> None:
    """A float classifier of clothes, fitted on the pictures in the folder."""
    with np.load(folder / "fashion.npz") as data:
        x, y = data["x"], data["y"].astype(np.int64)
    layers = fitted(x.reshape(-1, 784).astype(np.float32) / 255, y, depth=3)
    pixels = InputMetadata(mean=(0.0,), std=(255.0,))
    scores = OutputMetadata(labels=tuple(f"class {number}" for number in range(10)))
    metadata = Metadata(task="classification", inputs=(pixels,), outputs=(scores,))
    dense(layers, shape=[1, 28, 28, 1]).with_metadata(metadata).save(folder / "fashion.tflite")


def _vibration(folder: Path) -> None:
    """An autoencoder to which a constant is normal, a series that nearly is one, and one that is shaken for a while."""
    autoencoder(4, 2, columns=("x", "y"), rate=10.0).save(folder / "vibration.tflite")
    random = np.random.default_rng(0)
    normal = random.normal(0, 0.01, (600, 2))
    broken = normal.copy()
    broken[100:140] += np.resize([1.0, -1.0], (40, 1))
    for name, rows in (("normal.csv", normal), ("broken.csv", broken)):
        np.savetxt(folder / name, rows, delimiter=",", header="x,y", comments="")


def _delegate(folder: Path) -> None:
    (folder / "delegate.c").write_text(SOURCE)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", "libdelegate.so", "delegate.c"], cwd=folder, check=True)
