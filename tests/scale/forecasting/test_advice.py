"""What is said beside the figures: where time is cheap to gain, and what may go wrong."""

from __future__ import annotations

import pytest

from edgewright.model import ModelFile
from edgewright.scale.forecasting.advice import warnings, wins
from edgewright.scale.forecasting.figures import STAGES, Spread, Workers
from edgewright.scale.forecasting.stages import StageTimes

from ...model.builders import one_operator, raw, tensor

OLD = "models/mobilenet_v1_0.25_128_quant.tflite"
FLOAT = "models/mobilenet_v1_0.25_224_float.tflite"


def stages(**seconds: float) -> dict[str, Spread]:
    return {name: Spread(*[seconds.get(name, 0.0001)] * 4) for name in STAGES}


def said(name: str, times: StageTimes, shared_file, **seconds: float) -> list[str]:
    return list(wins(ModelFile.read(shared_file(name)), stages(**seconds), times))


def test_what_a_modernized_file_gains_comes_first(shared_file):
    """Half of 10 ms in 20 ms of an input: four thirds as many inputs."""
    found = said(OLD, StageTimes(modern=(0.010, 0.005)), shared_file, preparing=0.0097, model=0.010)
    assert "rewrite --modernize: the model takes 5.00 ms in place of 10.0 ms" in found[0]
    assert "about 1.3 times" in found[0]
    assert "about" not in " ".join(said(OLD, StageTimes(modern=(0.010, 0.0099)), shared_file, model=0.010))


@pytest.mark.parametrize(
    ("stage", "words"),
    [("reading", "tars"), ("decoding", "threshold"), ("writing", "form='parquet'"), ("model", "a smaller one")],
)
def test_each_stage_that_takes_long_has_advice(shared_file, stage, words):
    (found,) = said(OLD, StageTimes(), shared_file, **{stage: 0.1})
    assert words in found


def test_pictures_much_larger_than_the_input_are_named(shared_file):
    (found,) = said(OLD, StageTimes(originals=[(3000, 4000)] * 3), shared_file, preparing=0.1)
    assert "they are 4000×3000, and the model looks at 128×128" in found
    (found,) = said(OLD, StageTimes(originals=[(200, 200)]), shared_file, preparing=0.1)
    assert "hardly larger" in found


@pytest.mark.parametrize(("shape", "said"), [((1, 3, 96, 128), "128×96"), ((1, 96, 128, 3), "128×96")])
def test_the_size_of_the_input_is_that_of_its_pictures_in_either_order_of_channels(shape, said):
    model = ModelFile(raw(one_operator("ABS", [tensor(shape)], [tensor(shape)])), "abs.tflite")
    (found,) = wins(model, stages(preparing=0.1), StageTimes(originals=[(3000, 4000)]))
    assert f"the model looks at {said}" in found


def test_weights_of_floats_can_be_quantized(shared_file):
    (found,) = said(FLOAT, StageTimes(), shared_file, model=0.1)
    assert "edgewright optimize" in found


def warned(times: StageTimes, one: float = 100.0, together: float = 200.0, others: float = 0.0) -> str:
    return "\n".join(warnings(times, Workers(2, one, together, 1.0, 100_000_000), 1_000_000_000, others))


def test_nothing_is_warned_of_without_reason():
    assert warned(StageTimes(taken=10, cold=[True] * 10, row_bytes=300)) == ""


def test_what_may_go_wrong_is_said():
    assert "1 of 10 inputs had no answer. The first: a.jpg: broken" in warned(
        StageTimes(taken=10, errors=["a.jpg: broken"])
    )
    assert "3 of 4 inputs stayed in this machine's memory" in warned(StageTimes(cold=[True, False, False, False]))
    assert "does not tell" in warned(StageTimes(cold=[None]))
    assert "20.0 kB each, 2.00 TB for 100,000,000 inputs" in warned(StageTimes(row_bytes=20_000))
    assert "only 1.2 times what one does" in warned(StageTimes(), together=120.0)
    assert "other work" in warned(StageTimes(), others=3.0)
    (needs,) = warnings(StageTimes(), Workers(4, 1.0, 4.0, 1.0, 400_000_000), 1_000_000_000, 0.0)
    assert "need 1.60 GB together, and the machine has 1.00 GB" in needs
