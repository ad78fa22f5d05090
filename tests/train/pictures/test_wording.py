"""What is said of a training, and that it survives being kept."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from edgewright.model import InputMetadata
from edgewright.train.epochs import Epoch
from edgewright.train.pictures.choosing import Mirroring, Tried
from edgewright.train.pictures.deeper import Deeper
from edgewright.train.pictures.outcome import Outcome, read_outcome, write_outcome
from edgewright.train.pictures.wording import facts, notices
from edgewright.train.trainer import CurvePoint

STRETCH = InputMetadata(mean=(127.0,), std=(128.0,), resize="stretch", interpolation="bicubic")
CROP = dataclasses.replace(STRETCH, resize="crop", crop_fraction=0.875)


def outcome(**changes: object) -> Outcome:
    epochs = (Epoch(1, 1.0, 0.5, 0.8, 2.0), Epoch(2, 0.9, 0.4, 0.9, 2.0))
    whole = Outcome(
        described=CROP,
        tried=(Tried(STRETCH, 0.762, 0.68), Tried(CROP, 0.788, 0.66)),
        regularization=0.01,
        accuracy=0.79,
        cut="block10_add",
        mirroring=Mirroring(273, 0.788, 0.784),
        deeper=Deeper(epochs, 0.6, 0.5),
        views=4,
        curve=(CurvePoint(100, 0.7, 0.6, 0.8), CurvePoint(600, 0.85, 0.8, 0.9, True)),
    )
    return dataclasses.replace(whole, **changes)


def test_both_figures_of_the_choice_are_said() -> None:
    assert notices(outcome()) == (
        "Pictures are cropped: of the pictures that a head was not shown it tells 78.8% cropped, and 76.2% stretched "
        "(the smaller cross entropy decides).",
        "A head tells 78.8% of pictures as they are and 78.4% in a mirror, so half of the other views are mirrored.",
        "Trained behind layer block10_add.",
    )


def test_what_did_not_help_is_said() -> None:
    said = notices(
        outcome(deeper=Deeper(outcome().deeper.epochs, 0.3, 0.5), mirroring=Mirroring(100, 0.9, 0.4), tried=())
    )
    assert said[0] == "A head tells 90.0% of pictures as they are and 40.0% in a mirror, so no view is mirrored."
    assert said[-1].startswith("Training deeper did not help: on the validation part the loss is 0.300 with the head")
    assert facts(outcome(deeper=Deeper((), 0.3, 0.3)))["trained"] == "head"
    assert facts(outcome())["trained"] == "block10_add"
    assert facts(outcome(cut=""))["trained"] == "all layers"
    assert facts(outcome(deeper=None))["trained"] == "head"


def test_what_began_from_nothing_is_kept_however_its_loss_went() -> None:
    begun = outcome(deeper=Deeper(outcome().deeper.epochs, 0.3, 0.5, from_nothing=True), cut="", tried=())
    assert not any("did not help" in said for said in notices(begun))
    assert facts(begun)["trained"] == "all layers"


def test_scales_that_were_tried_are_said() -> None:
    own = dataclasses.replace(CROP, mean=(0.0,), std=(255.0,))
    said = notices(outcome(tried=(Tried(dataclasses.replace(own, resize="stretch"), 0.5, 2.0), *outcome().tried)))
    assert said[0] == (
        "The backbone does not say how its pixels are scaled: they go from -0.992 to 1: of the pictures that a head "
        "was not shown it tells 76.2% -0.992 to 1, and 50.0% 0 to 1 (the smaller cross entropy decides)."
    )


def test_an_outcome_is_kept_as_it_is(tmp_path: Path) -> None:
    assert read_outcome(tmp_path) is None
    write_outcome(tmp_path, outcome())
    assert read_outcome(tmp_path) is None, "there is no network beside it"
    (tmp_path / "network.keras").touch()
    assert read_outcome(tmp_path) == outcome()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"described": 3}'])
def test_what_is_no_outcome_is_worked_out_again(tmp_path: Path, text: str) -> None:
    (tmp_path / "network.keras").touch()
    (tmp_path / "outcome.json").write_text(text)
    assert read_outcome(tmp_path) is None
