"""Names of backbones: which there are, and what is said of those that are not here."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.errors import HubError, UsageError
from edgewright.train.pictures.backbone import Shape, find_backbone
from edgewright.train.pictures.trainer import Pictures
from edgewright.train.trainer import Plan


def test_the_usual_backbone_is_fetched_only_when_asked() -> None:
    with pytest.raises(HubError, match="edgewright models get efficientnet_lite0"):
        find_backbone("")


def test_a_file_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"backbone='nowhere.keras': there is no such file"):
        find_backbone("nowhere.keras")
    (tmp_path / "own.keras").touch()
    assert find_backbone(str(tmp_path / "own.keras")).network == tmp_path / "own.keras"


def test_an_unknown_name_is_one_line_with_what_there_is() -> None:
    with pytest.raises(UsageError, match=r"backbone='resnet' is unknown. Expected efficientnet_lite0, .*the path of"):
        find_backbone("resnet")


def test_a_model_without_a_keras_source_is_refused_before_it_is_fetched() -> None:
    said = r"backbone='yamnet' has no Keras source to train on\. Expected efficientnet_lite0, .*the path of"
    with pytest.raises(UsageError, match=said):
        find_backbone("yamnet")


def test_a_network_without_weights_is_asked_for_by_name() -> None:
    found = find_backbone("mobilenet_v2_0_35_96:untrained")
    assert found.untrained
    assert found.network == Shape(2, 0.35, 96)
    assert found.described.mean == (127.5,)
    with pytest.raises(UsageError, match="expected a width up to 2_0 and a side from 32 to 512 pixels"):
        find_backbone("mobilenet_v1_3_0_96:untrained")


def test_a_head_on_what_saw_nothing_is_refused(tmp_path: Path) -> None:
    plan = Plan(folder=tmp_path, backbone="mobilenet_v2_0_35_96:untrained", epochs=0)
    with pytest.raises(UsageError, match="has seen nothing"):
        Pictures().require(plan)


def test_what_belongs_to_series_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="window=20 means nothing for pictures"):
        Pictures().require(Plan(folder=tmp_path, window=20))
