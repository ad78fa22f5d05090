"""A folder for each page, as its reader has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib.cbook
import pytest
from PIL import Image

from ..agent.places.panning import pan
from ..conftest import PIP_CACHE
from ..task.tracking.videos import make_video
from ..train.clothes import new_shoe, unpack
from .named_models import PUBLISHED, named_model

ROOT = Path(__file__).parents[2]

# What a page begins with: its name -> {file there: published file, or the name of a model}.
MATERIAL = {
    "my-own-model.md": {
        "person.h5": "sources/vww_96.h5",
        "photos/nobody/cat.bmp": "images/cat.bmp",
        "photos/nobody/owl.jpg": "images/owl.jpg",
        "photos/nobody/parrot.jpg": "images/parrot.jpg",
        "photos/nobody/sunflower.bmp": "images/sunflower.bmp",
        "photos/person/grace_hopper.jpg": "images/grace_hopper.bmp",
        "photos/person/kites.jpg": "images/kite_and_cold.jpg",
        "photos/person/squat.bmp": "images/squat.bmp",
    },
    "labels-and-normalization.md": {
        "mobilenet.tflite": "models/mobilenet_v2_1.0_224_quant.tflite",
        "bare.tflite": "models/mobilenet_v1_0.25_224_float.tflite",
        "labels.txt": "models/imagenet_labels.txt",
        "twice.tflite": "models/mobilenet_v2_0.35_96_embedder.tflite",
    },
    "how-fast.md": {
        "mobilenet.tflite": "models/mobilenet_v1_0.25_128_quant.tflite",
        "other.tflite": "models/mobilenet_v1_0.25_128_quant.tflite",
    },
    "coral.md": {
        "model.tflite": "mobilenet_v1_0_25_128_quant",
        "model_edgetpu.tflite": "models/mobilenet_v1_0.25_128_quant_edgetpu.tflite",
    },
    "engines.md": {"mobilenet.tflite": "mobilenet_v2_1_0_224_quant", "photo.jpg": "images/parrot.jpg"},
    "rewriting.md": {
        "old.tflite": "mobilenet_v1_0_25_128_quant",
        "float.tflite": "mobilenet_v1_0_25_224",
        "photos/cat.bmp": "images/cat.bmp",
        "photos/owl.jpg": "images/owl.jpg",
        "photos/parrot.jpg": "images/parrot.jpg",
        "photos/sunflower.bmp": "images/sunflower.bmp",
    },
    "many-pictures.md": {
        "mobilenet.tflite": "mobilenet_v2_1_0_224_quant",
        "photos/cat.bmp": "images/cat.bmp",
        "photos/parrot.jpg": "images/parrot.jpg",
        "photos/sunflower.bmp": "images/sunflower.bmp",
    },
    "many-machines.md": {
        "mobilenet.tflite": "mobilenet_v2_1_0_224_quant",
        "photos/cat.bmp": "images/cat.bmp",
        "photos/grace_hopper.bmp": "images/grace_hopper.bmp",
        "photos/parrot.jpg": "images/parrot.jpg",
    },
    "browser.md": {"detector.tflite": "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"},
    "tracking.md": {"detector.tflite": "ssd_mobilenet_v1_coco_quant"},
    "tensors.md": {"mobilenet.tflite": "models/mobilenet_v1_0.25_128_quant.tflite"},
    "poses.md": {
        "movenet.tflite": "movenet_lightning_ptq",
        "squat.bmp": "images/squat.bmp",
    },
    "will-it-run.md": {
        "mobilenet.tflite": "models/mobilenet_v1_0.25_224_float.tflite",
        "segment.tflite": "models/deeplabv3_mnv2_pascal_quant.tflite",
        "pose.tflite": "models/movenet_single_pose_lightning_ptq.tflite",
    },
    "exporting.md": {
        "mobilenet.tflite": "mobilenet_v1_0_25_128_quant",
        "detector.tflite": "ssd_mobilenet_v1_coco_quant",
        "pets.jpg": "images/cats_and_dogs.jpg",
        "photo.jpg": "images/parrot.jpg",
    },
    "microcontrollers.md": {
        "person.tflite": "sources/vww_96.published.tflite",
        "old.tflite": "models/mobilenet_v1_0.25_128_quant.tflite",
    },
    "watching.md": {
        "mobilenet.tflite": "mobilenet_v2_1_0_224_quant",
        "detector.tflite": "ssd_mobilenet_v1_coco_quant",
        "coco.txt": "models/coco_labels.txt",
        "in/parrot.jpg": "images/parrot.jpg",
        "in/cat.bmp": "images/cat.bmp",
        "in/sunflower.bmp": "images/sunflower.bmp",
    },
    "zones-and-lines.md": {
        "detector.tflite": "ssd_mobilenet_v1_coco_quant",
        "pets.jpg": "images/cats_and_dogs.jpg",
    },
    "evaluating.md": {
        "small.tflite": "mobilenet_v1_0_25_128_quant",
        "large.tflite": "mobilenet_v2_1_0_224_quant",
        "detector.tflite": "ssd_mobilenet_v1_coco_quant",
        "photos/Egyptian cat/cat.bmp": "images/cat.bmp",
        "photos/dumbbell/squat.bmp": "images/squat.bmp",
        "photos/daisy/sunflower.bmp": "images/sunflower.bmp",
        "photos/macaw/parrot.jpg": "images/parrot.jpg",
        "pets.jpg": "images/cats_and_dogs.jpg",
        "owl.jpg": "images/owl.jpg",
    },
    "privacy.md": {
        "mobilenet.tflite": "mobilenet_v2_1_0_224_quant",
        "faces.tflite": "face_detector",
        "detector.tflite": "ssd_mobilenet_v1_coco_quant",
        "door/visitor.bmp": "images/grace_hopper.bmp",
        "door/bird.jpg": "images/parrot.jpg",
    },
    "hearing.md": {
        "yamnet.tflite": "yamnet",
        "plain.tflite": "models/audio_527_without_metadata.tflite",
        "speech.wav": "images/speech.wav",
    },
    "reading-and-replying.md": {
        "reviews.tflite": "models/nl_classifier_regex.tflite",
        "plain.tflite": "models/movie_review.tflite",
        "vocab.txt": "models/movie_review_vocab.txt",
        "labels.txt": "models/movie_review_labels.txt",
    },
    "detecting.md": {
        "detector.tflite": "ssd_mobilenet_v1_coco_quant",
        "pets.jpg": "images/cats_and_dogs.jpg",
    },
    "chains.md": {
        "detector.tflite": "ssd_mobilenet_v1_coco_quant",
        "classifier.tflite": "mobilenet_v2_1_0_224_quant",
        "parrot.jpg": "images/parrot.jpg",
        "garden/parrot.jpg": "images/parrot.jpg",
        "garden/owl.jpg": "images/owl.jpg",
    },
    "outlining.md": {
        "segment.tflite": "models/deeplabv3_mnv2_pascal_quant.tflite",
        "selfie.tflite": "models/selfie_segmenter_landscape.tflite",
        "labels.txt": "models/pascal_voc_segmentation_labels.txt",
        "bird.bmp": "images/bird_segmentation.bmp",
        "birds/images/one.bmp": "images/bird_segmentation.bmp",
        "birds/masks/one.bmp": "images/bird_segmentation_mask.bmp",
    },
    "faces.md": {"faces.tflite": "face_detector", "owl.jpg": "images/owl.jpg"},
    "teaching.md": {"mobilenet.tflite": "mobilenet_v1_0_25_128_quant"},
    "comparing-pictures.md": {
        "embedder.tflite": "models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite",
        "cat.bmp": "images/cat.bmp",
        "owl.jpg": "images/owl.jpg",
        "other-cat.jpg": "images/cat_1080p.jpg",
    },
}


@pytest.fixture
def grace_hopper() -> Path:
    """The photograph that matplotlib ships (public domain)."""
    return Path(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))


@pytest.fixture
def desk(shared_file, built_by, grace_hopper: Path, tmp_path: Path) -> Callable[[Path], Path]:
    """Make the folder that a page speaks of."""

    def desk(page: Path) -> Path:
        shutil.copy(grace_hopper, tmp_path / "photo.jpg")
        if page == ROOT / "README.md":  # Its reader stands in a clone.
            (tmp_path / "docs/images").mkdir(parents=True)
            shutil.copy(ROOT / "docs/images/portrait.jpg", tmp_path / "docs/images")
            (tmp_path / "photo.jpg").unlink()
        for name, source in MATERIAL.get(page.name, {}).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            if source in PUBLISHED:
                named_model(source, shared_file).save(tmp_path / name)
            else:
                shutil.copyfile(shared_file(source), tmp_path / name)
        if page.name == "labels-and-normalization.md":
            labels = (tmp_path / "labels.txt").read_text().splitlines()
            (tmp_path / "thousand.txt").write_text("\n".join(labels[1:]))
            (tmp_path / "five.txt").write_text("\n".join(labels[:5]))
        if page.name == "evaluating.md":
            (tmp_path / "photos/military uniform").mkdir()
            shutil.move(tmp_path / "photo.jpg", tmp_path / "photos/military uniform/hopper.jpg")
        if page.name == "tracking.md":
            make_video(shared_file("images/cats_and_dogs.jpg"), tmp_path / "pets.mp4")
        if page.name == "teaching.md":
            unpack(shared_file("data/clothing_461.zip"), tmp_path / "photos", count=10)
            new_shoe(shared_file("data/clothing_461.zip"), tmp_path / "new.jpg")
        if page.name == "training.md":
            unpack(shared_file("data/clothing_461.zip"), tmp_path / "photos", count=12)
            unpack(shared_file("data/clothing_461.zip"), tmp_path / "others", count=6, part="test")
            new_shoe(shared_file("data/clothing_461.zip"), tmp_path / "new.jpg")
            shutil.copy(built_by("train/pictures/build_backbones.py") / "tiny.keras", tmp_path)
        if page.name == "zones-and-lines.md":
            pan(tmp_path / "pets.jpg", tmp_path / "pets.mp4")
        if page.name == "outlining.md":
            labels = (tmp_path / "labels.txt").read_text().splitlines()[:21]  # Remarks follow.
            (tmp_path / "labels.txt").write_text("\n".join(labels))
            (tmp_path / "birds/classes.txt").write_text("\n".join(labels))
            mask = Image.open(
                tmp_path / "birds/masks/one.bmp"
            )  # A few pixels at the edge are of classes that are none.
            mask.point([number if number in (0, 3) else 255 for number in range(256)]).save(mask.filename)
        return tmp_path

    return desk


@pytest.fixture
def shell(mirror: None) -> Callable[[str, Path], subprocess.CompletedProcess[str]]:
    """Run a line in a folder, as in a terminal of 80 columns in the project's environment."""

    def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
        ours = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "80",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "",
            "PIP_CACHE_DIR": str(PIP_CACHE),
        }
        return subprocess.run(
            ["bash", "-c", line], cwd=folder, env=os.environ | ours, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    return shell
