"""A checkpoint of Ultralytics: a pickle of classes in their package, for which another of the same shape stands in."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import edgewright as ew
from edgewright.convert.notices import notices
from edgewright.errors import ConversionError, UntrustedSourceError
from edgewright.model import ModelFile
from edgewright.task import open_task

from .test_yolo_heads import BORDER, CELLS, PICTURE, TWICE, known, painted
from .yolo_networks import LABELS

HERE = Path(__file__).parent
# Their head returns what it found and, for the loss, what it was found from, unless it is being exported.
TASKS = """
import sys
sys.path.insert(0, {networks!r})
from torch import nn
from yolo_networks import Version8

class Detect(Version8):
    export, dynamic, format = False, False, None

    def forward(self, picture):
        found = super().forward(picture)
        return found if self.export else (found, self.said(picture))

class DetectionModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(Detect())
        self.names = dict(enumerate({labels!r}))
        self.task = "detect"
        self.args = {{"imgsz": 320, "task": "detect"}}
        self.yaml = {{"channels": 3}}

    def forward(self, picture):
        return self.model(picture)
"""


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file as their training writes it, and the package beside it for children too."""
    package = tmp_path / "site" / "ultralytics"
    (package / "nn").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "nn" / "__init__.py").touch()
    (package / "nn" / "tasks.py").write_text(TASKS.format(networks=str(HERE), labels=list(LABELS)))
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    from ultralytics.nn.tasks import DetectionModel

    model = DetectionModel().half()
    torch.save({"epoch": -1, "ema": None, "model": model, "train_args": {"imgsz": 320}}, tmp_path / "yolo.pt")
    yield tmp_path / "yolo.pt"
    for name in set(sys.modules) - before:
        if name.split(".")[0] in ("ultralytics", "yolo_networks"):
            del sys.modules[name]


def test_it_is_refused_without_trust_and_names_what_it_makes(checkpoint: Path) -> None:
    with pytest.raises(UntrustedSourceError, match=r"ultralytics\.nn\.tasks\.Detect.*Nothing was loaded"):
        ew.convert(checkpoint)


def test_with_trust_it_becomes_a_file_that_says_what_it_finds(checkpoint: Path) -> None:
    file = ew.convert(checkpoint, trust=True)
    assert file.inputs[0].shape == (1, 320, 320, 3)
    assert any("license of the model: AGPL-3.0" in notice for notice in notices(file))
    assert file.metadata.license.startswith("AGPL-3.0")
    with open_task(ModelFile.read(file.data)) as detect:
        found = detect(painted(CELLS, PICTURE, TWICE, BORDER))
    assert sorted(one.label for one in found) == sorted(LABELS)
    assert min(one.box.iou(known(one.index, 0.0)) for one in found) >= 0.99


def test_without_their_package_it_says_which_one_and_its_license(checkpoint: Path) -> None:
    shutil.rmtree(checkpoint.parent / "site")
    with pytest.raises(ConversionError, match=r"classes are in their package; its license is AGPL-3\.0") as caught:
        ew.convert(checkpoint, trust=True)
    assert "pip install ultralytics" in caught.value.remedy
