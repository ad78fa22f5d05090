"""Class folders of pictures become a file that tells the classes apart and says how."""

from __future__ import annotations

from pathlib import Path

import pytest

import edgewright as ew
from edgewright.model import ModelFile
from edgewright.train import train
from train.pictures.conftest import fill, told


def test_head_alone_tells_what_the_backbone_sees(pictures: Path, tiny_backbone: Path, tmp_path: Path) -> None:
    trained = train(pictures, backbone=str(tiny_backbone), epochs=0, work=tmp_path)
    assert trained.trainer == "pictures"
    assert trained.labels == ("across", "down", "rings")
    assert trained.evaluation.value > 0.7
    assert trained.epochs == ()
    assert any(notice.startswith("Pictures are") for notice in trained.notices)
    assert any(notice.startswith("The backbone does not say how its pixels are scaled") for notice in trained.notices)
    described = trained.model.metadata.inputs[0]
    assert described.resize in ("stretch", "crop")
    assert ew.load(trained.model)(pictures / "down" / "000.png")[0].label == "down"


def test_each_way_of_training_runs_and_says_what_it_was(pictures: Path, tiny_backbone: Path, tmp_path: Path) -> None:
    plan = {"data": str(pictures), "resize": "stretch", "epochs": 1}
    own = {**plan, "backbone": str(tiny_backbone)}
    behind, plain, thorough, untrained = told(
        [
            {**own, "folder": str(tmp_path / "behind")},
            {**own, "folder": str(tmp_path / "plain"), "augment": False, "balanced": False},
            {**own, "folder": str(tmp_path / "thorough"), "thorough": True},
            {**plan, "folder": str(tmp_path / "untrained"), "backbone": "mobilenet_v1_0_25_32:untrained"},
        ]
    )
    assert behind["epochs"] == plain["epochs"] == thorough["epochs"] == untrained["epochs"] == 1
    assert behind["facts"]["cut"] == "block0_add"
    assert behind["facts"]["views"] == 6
    assert "Trained behind layer block0_add." in behind["notices"]
    assert plain["facts"]["views"] == 1
    assert plain["facts"]["mirrored"] is False
    assert "All layers were trained." in thorough["notices"]
    assert "All layers were trained." in untrained["notices"]
    assert untrained["accuracy"] is None
    assert untrained["facts"]["trained"] == "all layers"
    assert not any("did not help" in notice for notice in untrained["notices"])


@pytest.mark.extras
def test_efficientnet_is_trained_behind_block_10(
    fetched_cache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert fetched_cache.fetching.returncode == 0, fetched_cache.fetching.stderr
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(fetched_cache.path))
    trained = train(fill(tmp_path / "kinds", 12), epochs=1, work=tmp_path / "work")
    assert trained.facts["cut"] == "block10_add"
    assert trained.evaluation.value > 0.8
    assert isinstance(trained.model, ModelFile)
    assert trained.model.inputs[0].shape == (1, 224, 224, 3)
    assert trained.model.metadata.inputs[0].mean == (127.0,)
