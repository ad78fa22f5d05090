"""Edges for a browser: the same numbers as real ones, and sizes for a detector's outputs."""

from __future__ import annotations

import numpy as np

import edgewright as ew
from edgewright.rewrite import passes_for, rewrite
from edgewright.task import dequantize


def test_int8_edges_become_the_real_numbers_that_they_stand_for(shared_file):
    source = ew.ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    model = rewrite(source, passes_for(modernize=True, int8_edges=True)).model
    outcome = rewrite(model, ("browser",))
    assert [spec.dtype for spec in (*outcome.model.inputs, *outcome.model.outputs)] == ["float32", "float32"]
    assert [spec.name for spec in outcome.model.outputs] == [spec.name for spec in model.outputs]
    (taken,), (given,) = model.inputs, model.outputs
    stored = np.random.default_rng(0).integers(-128, 128, taken.shape, np.int8)
    with ew.open_engine(model) as before, ew.open_engine(outcome.model) as after:
        expected = dequantize(before.run({taken.name: stored})[0], given)
        got = after.run({taken.name: dequantize(stored, taken)})[0]
    assert (got == expected).all()


def test_outputs_of_a_detector_get_the_sizes_that_its_options_say(shared_file):
    model = ew.ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
    outcome = rewrite(model, ("browser",))
    assert [spec.shape for spec in outcome.model.outputs] == [(1, 10, 4), (1, 10), (1, 10), (1,)]
    picture = shared_file("images/cats_and_dogs.jpg")
    assert ew.load(outcome.model)(picture).to_dict() == ew.load(model)(picture).to_dict()


def test_what_a_browser_takes_already_stays_and_another_type_is_left_alone(shared_file):
    model = ew.ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    assert rewrite(model, ("browser",)).model is model
    left = rewrite(shared_file("models/deeplabv3_mnv2_dm05_pascal_quant.tflite"), ("browser",)).left_alone
    assert [(one.where, one.reason) for one in left] == [("output 'ArgMax'", "int64, of which a browser has no array")]
