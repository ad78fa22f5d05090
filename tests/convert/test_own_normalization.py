"""Sources that normalize their pixels by themselves, and data of an unsaid or contradicting range."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Outcomes = dict[str, dict[str, Any]]

AS_THEY_ARE = [
    "zero_to_one", "around_zero", "gray", "normalization", "two", "resized", "augmented", "dropped", "nested",
    "branched", "learned", "saved model", "said as it is", "bytes",
]  # fmt: skip

AUGMENTATIONS = [
    "RandomColorDegeneration", "RandomGrayscale", "RandomHue", "RandomPosterization", "RandomSaturation",
    "RandomSharpness",
]  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(built_by: Callable[[str], Path]) -> Outcomes:
    found: Outcomes = json.loads((built_by("convert/normalizing_models.py") / "outcomes.json").read_text())
    return found


@pytest.mark.parametrize("name", AS_THEY_ARE)
def test_a_source_that_normalizes_by_itself_gets_pixels_as_they_are(outcomes: Outcomes, name: str):
    found = outcomes[name]
    assert (found["mean"], found["std"], found["kind"]) == ([0], [1], "image")
    said = [notice for notice in found["notices"] if "so it wants pixel" in notice]
    assert bool(said) is (name != "said as it is")


@pytest.mark.parametrize("name", ["plain", "fresh", "learned_small", "decibels"])
def test_nothing_is_written_of_what_may_be_anything(outcomes: Outcomes, name: str):
    assert outcomes[name]["mean"] == []
    assert outcomes[name]["notices"] == []


def test_first_layers_for_another_range_say_which(outcomes: Outcomes):
    assert (outcomes["doubled"]["mean"], outcomes["doubled"]["std"]) == ([0], [255])


@pytest.mark.parametrize("name", ["said twice", "said twice around zero"])
def test_pixels_that_would_be_normalized_twice_are_refused(outcomes: Outcomes, name: str):
    error = outcomes[name]["error"]
    assert "so it wants pixel (normalization=(0.0, 1.0)); but normalization says" in error
    assert "which takes pixels from" in error


@pytest.mark.parametrize(
    ("name", "span"),
    [
        ("bytes", 255), ("doubled, bytes", 1), ("plain, bytes", 1), ("plain, floats", 1), ("plain, fractions", 1),
        ("plain, -1 to 1", 2), ("telling", 1),
    ],
)  # fmt: skip
def test_int8_is_calibrated_for_what_the_model_takes_in_whatever_form_the_data_are(
    outcomes: Outcomes, name: str, span: float
):
    assert outcomes[name]["scale"] * 255 == pytest.approx(span, rel=0.03)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fractions", "fractions.npz: numbers from 0 to 1, but the model takes pixels from 0 to 255 as they are"),
        ("plain, fractions for -1 to 1", "numbers from 0 to 1, but the model makes -1 to 1 of pixels from 0 to 255"),
        (
            "telling, unsaid",
            "right with pixels as they are, and 100% with normalization=(0.0, 255.0)",
        ),
    ],
)
def test_data_that_contradict_are_refused_with_both_sides(outcomes: Outcomes, name: str, words: str):
    assert words in outcomes[name]["error"]


def test_what_cannot_be_judged_is_converted_and_said(outcomes: Outcomes):
    [notice] = outcomes["plain, bytes, unsaid"]["notices"]
    assert "were taken as they are, for nothing says how the model takes pixels" in notice


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_augmentations_that_draw_outside_of_training_convert(outcomes: Outcomes, name: str):
    assert outcomes[name].get("error") is None
