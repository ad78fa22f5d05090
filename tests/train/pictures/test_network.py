"""Where a network's features are, and where it is cut for training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Facts = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def facts(built_by: Callable[[str], Path]) -> Facts:
    found: Facts = json.loads((built_by("train/pictures/build_backbones.py") / "facts.json").read_text())
    return found


def test_efficientnet_is_cut_where_its_last_third_begins(facts: Facts) -> None:
    assert facts["efficientnet"] == {
        "cut": "block10_add", "between": [14, 14, 112], "width": 1280, "shape": [224, 224, 3], "normalizes": False,
    }  # fmt: skip


def test_no_way_leads_round_a_cut(facts: Facts) -> None:
    assert facts["tiny"]["cut"] == "block0_add"
    assert facts["tiny"]["between"] == [16, 16, 8]


def test_a_network_that_was_never_trained_is_built_by_its_shape(facts: Facts) -> None:
    assert facts["untrained"]["shape"] == [64, 64, 3]
    assert facts["untrained"]["width"] == 1280
    assert facts["untrained"]["cut"].endswith(("_project_BN", "_add"))


def test_a_chain_is_cut_too_and_scales_its_pixels_itself(facts: Facts) -> None:
    assert facts["chain"]["cut"] == "two"
    assert facts["chain"]["normalizes"] is True
    assert facts["chain"]["width"] == 8


def test_a_map_of_features_is_pooled(facts: Facts) -> None:
    assert facts["map"]["width"] == 6


def test_features_of_layers_in_a_row_are_before_the_last_one(facts: Facts) -> None:
    assert facts["dense"]["width"] == 7
    assert facts["dense"]["cut"] == "", "the first layer alone has more than two thirds of the multiply-adds"


@pytest.mark.parametrize("name", ["free", "series"])
def test_what_takes_no_pictures_of_a_fixed_size_is_refused(facts: Facts, name: str) -> None:
    assert "is no picture of a fixed size" in facts[name]["error"]
    assert facts[name]["error"].startswith(f"{name}.keras: ")
