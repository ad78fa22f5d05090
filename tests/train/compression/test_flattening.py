"""A flat network computes what it was made of; where its numbers are rounded follows LiteRT's kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .qat_networks import NETWORKS

PROGRAM = Path(__file__).with_name("qat_program.py")


@pytest.fixture(scope="module")
def told(built_by: Callable[[str], Path]) -> dict[str, Any]:
    folder = built_by("train/compression/qat_networks.py")
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([sys.executable, str(PROGRAM), str(folder)], capture_output=True, text=True, env=quiet)
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("name", NETWORKS)
def test_it_computes_the_same_without_normalization(name: str, told: dict[str, Any]) -> None:
    found = told[name]
    assert found["difference"] < 1e-4
    assert not {"BatchNormalization", "SeparableConv2D", "SeparableConv1D", "Sequential"} & set(found["classes"])
    assert len(set(found["names"])) == len(found["names"])
    assert found["outputs"][0] == found["outputs"][1]


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_settled_as_it_was_trained(name: str, told: dict[str, Any]) -> None:
    """Weights of 4 bits are 15 numbers at most, and what the converter is given computes the same."""
    assert told[name]["settled"] < 0.02
    assert max(told[name]["values"].values()) <= 15


def test_an_activation_is_part_of_the_kernel_before_it(told: dict[str, Any]) -> None:
    grids = told["residual"]["grids"]
    assert grids["sum"] is None
    assert grids["after_sum"] is not None


def test_pooling_keeps_the_range_of_what_it_pools(told: dict[str, Any]) -> None:
    grids = told["residual"]["grids"]
    assert grids["pool"] == grids["re_lu_1"]


def test_what_is_joined_has_one_range(told: dict[str, Any]) -> None:
    grids = told["joined"]["grids"]
    assert grids["together"] == grids["one_relu"] == grids["two_relu6"] == told["joined"]["input"]


def test_scores_have_the_range_that_the_specification_fixes(told: dict[str, Any]) -> None:
    assert told["residual"]["grids"]["scores"] == [0.0, 255 / 256]
    assert [-1.0, 127 / 128] in told["dense"]["grids"].values()


def test_what_has_no_8_bits_is_named(told: dict[str, Any]) -> None:
    assert told["mixed"]["floats"] == ["norm"]
    assert told["conv1d"]["floats"] == ["float_behind_elu"]
    assert [told[name]["floats"] for name in ("residual", "separable", "joined", "dense")] == [[]] * 4


def test_a_layer_that_is_called_twice_has_its_weights_once(told: dict[str, Any]) -> None:
    assert sum(path.startswith("twice/") for path in told["mixed"]["learned"]) == 2
    assert sum(path.startswith("twice_steps/") for path in told["mixed"]["learned"]) == 1
