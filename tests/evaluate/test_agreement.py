"""Agreement between two models: figures against hand-worked ones, and every way of not agreeing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from edgewright.errors import DataError
from edgewright.evaluate import Runner, agreement, compare
from edgewright.model import ModelFile


def outputs(*samples: list[float]) -> list[list[np.ndarray]]:
    return [[np.array([sample], np.float32)] for sample in samples]


def test_figures_are_those_of_the_definitions():
    (one,) = compare(outputs([1, 2], [3, 0]), outputs([1, 2.5], [3, 0.5])).outputs
    assert one.largest_difference == pytest.approx(0.5)
    assert one.scale == 3
    assert one.relative_difference == pytest.approx(0.5 / 3)
    assert one.snr_db == pytest.approx(10 * math.log10((1 + 4 + 9) / (0.25 + 0.25)))
    assert one.top1 == 1.0


def test_top1_counts_rows():
    (one,) = compare(outputs([1, 2], [3, 0], [0, 1], [5, 6]), outputs([2, 1], [3, 0], [0, 1], [5, 6])).outputs
    assert one.top1 == 0.75


def test_equal_outputs_have_no_noise():
    (one,) = compare(outputs([1, 2], [3, 4]), outputs([1, 2], [3, 4])).outputs
    assert (one.largest_difference, one.snr_db, one.relative_difference) == (0, math.inf, 0)


def test_constant_outputs_are_vacuous():
    assert compare(outputs([1, 2], [1, 2]), outputs([1, 2], [1, 2])).vacuous
    assert not compare(outputs([1, 2], [1, 3]), outputs([1, 2], [1, 3])).vacuous


@pytest.mark.parametrize("wrong", [math.inf, math.nan])
def test_numbers_that_are_not_finite_are_not_sound(wrong: float):
    found = compare(outputs([1, 2], [3, 4]), outputs([1, 2], [3, wrong]))
    assert not found.sound
    assert found.outputs[0].snr_db == -math.inf


def test_another_shape_is_not_sound():
    found = compare([[np.zeros((1, 3))], [np.ones((1, 3))]], [[np.zeros((1, 2))], [np.ones((1, 2))]])
    assert not found.sound


def test_outputs_that_are_empty_in_both_agree_and_prove_nothing():
    empty = [[np.zeros((0, 3))], [np.zeros((0, 3))]]
    found = compare(empty, empty)
    assert found.sound
    assert found.vacuous


def test_outputs_of_several_lengths_agree_where_all_are_of_one_length():
    lengths = [[np.arange(count, dtype=np.float32)] for count in (3, 0, 2)]
    (found,) = compare(lengths, lengths).outputs
    assert (found.same_shape, found.finite, found.varies, found.snr_db) == (True, True, True, math.inf)


def test_an_output_that_is_empty_in_one_of_them_is_not_sound():
    full, empty = [[np.ones((1, 3))], [np.zeros((1, 3))]], [[np.ones((1, 3))], [np.zeros((0, 3))]]
    assert not compare(full, empty).sound
    assert not compare(empty, full).sound


@pytest.mark.parametrize(("a", "b"), [([], []), (outputs([1, 2]), outputs([1, 2], [3, 4]))])
def test_nothing_to_compare_is_an_error(a: list, b: list):
    with pytest.raises(DataError):
        compare(a, b)


def test_a_quantized_model_is_compared_in_real_numbers(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    random = np.random.default_rng(0)
    samples = [random.uniform(-1, 1, (1, 128, 128, 3)).astype(np.float32) for _ in range(3)]
    found = agreement(model, model, samples)
    assert found.sound
    assert not found.vacuous
    assert found.outputs[0].largest_difference == 0
    assert 0 < found.outputs[0].scale <= 1, "probabilities, not bytes"


def test_two_forms_of_the_same_weights_agree(shared_file):
    plain = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    described = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite"))
    random = np.random.default_rng(1)
    found = agreement(plain, described, [random.uniform(-1, 1, (224, 224, 3)).astype(np.float32) for _ in range(2)])
    assert found.outputs[0].largest_difference == 0
    assert found.to_dict()["outputs"][0]["snr_db"] == "inf"


def test_a_sample_of_another_shape_is_named(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    with Runner(model) as run, pytest.raises(DataError, match=r"\[1, 224, 224, 3\], given \[10, 10, 3\]"):
        run(np.zeros((10, 10, 3)))


def test_inputs_are_found_by_name(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    picture = np.zeros((1, 224, 224, 3), np.float32)
    with Runner(model) as run:
        np.testing.assert_array_equal(run({"input": picture})[0], run(picture)[0])
        with pytest.raises(DataError, match="no values for the inputs input; given: image"):
            run({"image": picture})
