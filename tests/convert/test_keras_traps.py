"""Keras files: each known trap of the way to TensorFlow Lite, with a real model."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from edgewright.errors import (
    ConversionError,
    ToleranceError,
    UnsupportedOperatorError,
    UntrustedSourceError,
    UsageError,
)
from edgewright.evaluate import Runner
from edgewright.model import ModelFile


def model(product) -> ModelFile:
    assert not isinstance(product, Exception | str), product
    return ModelFile.read(product.data)


def shapes(specs) -> dict:
    return {spec.name: spec.shape_signature or spec.shape for spec in specs}


@pytest.mark.parametrize("name", ["digits.keras", "digits.h5", "convolution.keras", "lstm.keras", "gru.keras"])
def test_float_conversion_agrees_to_float_precision(keras, name):
    product = keras[name]
    assert not isinstance(product, Exception), product
    (output,) = product.agreement.outputs
    assert output.varies
    assert output.snr_db > 100


def test_archive_and_hdf5_of_one_model_give_the_same_file(keras):
    assert keras["digits.keras"].data == keras["digits.h5"].data


def test_batch_is_one_unless_asked(keras):
    assert shapes(model(keras["digits.keras"]).inputs) == {"picture": (1, 8, 8)}
    assert shapes(model(keras["digits, free batch"]).inputs) == {"picture": (-1, 8, 8)}


def test_free_batch_takes_other_batches(keras):
    with Runner(model(keras["digits, free batch"])) as run:
        assert run(np.zeros((5, 8, 8), np.float32))[0].shape == (5, 10)


def test_batch_that_the_model_fixes_is_kept(keras):
    assert shapes(model(keras["batch_of_four.keras"]).inputs) == {"x": (4, 3)}


def test_inputs_and_outputs_keep_the_order_and_names_of_the_source(keras):
    multi = model(keras["multi.keras"])
    assert [spec.name for spec in multi.inputs] == ["zeta", "alpha"]
    assert [spec.name for spec in multi.outputs] == ["z_out", "a_out", "m_out"]


def test_each_output_is_compared_with_its_own(keras):
    assert [output.name for output in keras["multi.keras"].agreement.outputs] == ["z_out", "a_out", "m_out"]
    assert all(output.snr_db > 100 for output in keras["multi.keras"].agreement.outputs)


def test_signature_has_a_sensible_name(keras):
    (signature,) = model(keras["multi.keras"]).signatures
    assert signature.key == "serving_default"
    assert set(signature.inputs) == {"zeta", "alpha"}
    assert set(signature.outputs) == {"z_out", "a_out", "m_out"}


def test_order_survives_int8(keras):
    multi = model(keras["multi, int8"])
    assert [spec.name for spec in multi.outputs] == ["z_out", "a_out", "m_out"]
    assert all(output.snr_db > 30 for output in keras["multi, int8"].agreement.outputs)


def test_dictionary_inputs_and_outputs_are_matched_by_name(keras):
    named = model(keras["named.keras"])
    assert {spec.name for spec in named.inputs} == {"first_input", "second_input"}
    assert {spec.name for spec in named.outputs} == {"sum", "difference"}


def test_lstm_with_free_batch_is_refused_with_the_remedy(keras):
    error = keras["lstm, free batch"]
    assert isinstance(error, UnsupportedOperatorError)
    assert "layer 'lstm'" in str(error)
    assert "dynamic_batch" in str(error)
    assert "unroll=True" in str(error)
    assert [operator.name for operator in error.operators] == ["TensorListReserve"] * len(error.operators)


def test_lstm_is_unrolled_for_int8_which_kills_the_converter_otherwise(keras):
    product = keras["lstm, int8"]
    assert "WHILE" not in {operator.name for operator in model(product).ops}
    assert product.remedies == ("loop of lstm",)


def test_operator_that_exists_nowhere_is_refused_by_name(keras):
    error = keras["svd.keras"]
    assert isinstance(error, UnsupportedOperatorError)
    assert [operator.name for operator in error.operators] == ["Svd"]


def test_indices_stay_within_the_vocabulary(keras):
    assert keras["embedding.keras"].agreement.outputs[0].varies


def test_free_sizes_are_asked_for(keras):
    error = keras["free_size.keras"]
    assert isinstance(error, UsageError)
    assert "input_shape" in str(error)
    assert shapes(model(keras["free_size, shaped"]).inputs) == {"x": (1, 16, 16, 3)}


def test_constant_outputs_are_no_proof(keras):
    error = keras["constant.keras"]
    assert isinstance(error, ToleranceError)
    assert "nothing could be compared" in str(error)


def test_infinities_of_the_source_are_named_as_its_own(keras):
    error = keras["infinite.keras"]
    assert isinstance(error, ToleranceError)
    assert "the source itself returns NaN or infinity" in str(error)


def test_keras2_arguments_without_effect_are_taken_out(keras):
    assert keras["keras2_depthwise.keras"].remedies == ("DepthwiseConv2D.groups",)
    assert keras["keras2_lstm.h5"].remedies == ("LSTM.time_major",)
    assert keras["keras2_depthwise.keras"].data == keras["convolution.keras"].data
    assert keras["keras2_lstm.h5"].data == keras["lstm.h5"].data


def test_what_keras3_does_not_read_is_for_keras2(keras):
    """Without `tf_keras` its extra is named, with it (as in the tests' own environment) what it complains of."""
    error = keras["keras2_unknown.h5"]
    assert isinstance(error, ConversionError)
    installed = importlib.util.find_spec("tf_keras") is not None
    assert ("nor tf_keras can load it" if installed else "edgewright[keras2]") in str(error)


def test_weights_alone_are_no_model(keras):
    assert "weights only" in str(keras["only.weights.h5"])


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_lambda_layer_is_refused_by_name(keras, suffix):
    error = keras[f"lambda.{suffix}"]
    assert isinstance(error, UntrustedSourceError)
    assert "'evil' (Lambda)" in str(error)


def test_lambda_layer_converts_when_trusted(keras):
    assert shapes(model(keras["lambda, trusted"]).outputs) == {"evil": (1, 3)}


@pytest.mark.parametrize("name", ["foreign.keras", "foreign.h5", "foreign, trusted", "function.keras", "function.h5"])
def test_foreign_code_leads_to_the_model_object(keras, name):
    error = keras[name]
    assert isinstance(error, ConversionError)
    assert "pass the model object" in str(error)


@pytest.mark.parametrize("io_dtype", ["float32", "uint8", "int8"])
def test_int8_takes_and_returns_the_wanted_type(keras, io_dtype):
    made = model(keras[f"convolution, {io_dtype}"])
    assert {spec.dtype for spec in (*made.inputs, *made.outputs)} == {io_dtype}
    assert keras[f"convolution, {io_dtype}"].agreement.outputs[0].snr_db > 30


@pytest.mark.parametrize("quantize", ["dynamic", "float16"])
def test_quantized_weights_make_the_file_smaller(keras, quantize):
    assert len(keras[f"digits, {quantize}"].data) < len(keras["digits.keras"].data)


def test_quantization_without_effect_is_said(keras):
    error = keras["tiny, dynamic"]
    assert isinstance(error, ConversionError)
    assert "changed nothing" in str(error)


def test_samples_of_another_shape_are_refused(keras):
    assert isinstance(keras["wrong samples"], UsageError)
    assert "(9, 9)" in str(keras["wrong samples"])
