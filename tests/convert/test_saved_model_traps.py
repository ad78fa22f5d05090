"""SavedModels: each known trap, with a real folder."""

from __future__ import annotations

import pytest

from edgewright.errors import (
    ConversionError,
    ToleranceError,
    UnsupportedOperatorError,
    UntrustedSourceError,
    UsageError,
)
from edgewright.model import ModelFile


def test_lgamma_with_free_batch_returns_nothing_and_is_caught(saved_models):
    error = saved_models["lgamma, free batch"]
    assert isinstance(error, ToleranceError)
    assert "'y' has another shape than in the source" in str(error)


def test_lgamma_with_batch_1_converts(saved_models):
    assert saved_models["lgamma"].agreement.outputs[0].snr_db > 100


def test_select_operators_are_refused_by_name(saved_models):
    error = saved_models["strings"]
    assert isinstance(error, UnsupportedOperatorError)
    assert {operator.name for operator in error.operators} == {"AsString", "StringLength"}
    assert "Select TF" in str(error)
    assert "\n" not in str(error)


def test_fft_converts_with_batch_1(saved_models):
    assert saved_models["fft"].agreement.outputs[0].snr_db > 100


def test_file_of_tensorflow_1_converts(saved_models):
    model = ModelFile.read(saved_models["tf1"].data)
    assert [spec.name for spec in (*model.inputs, *model.outputs)] == ["images", "scores"]


@pytest.mark.parametrize("name", ["several", "several, free batch"])
def test_several_inputs_and_outputs_are_matched_by_name(saved_models, name):
    assert [output.name for output in saved_models[name].agreement.outputs] == ["a", "b", "c"]
    assert all(output.snr_db > 100 for output in saved_models[name].agreement.outputs)


def test_several_signatures_need_a_choice(saved_models):
    assert isinstance(saved_models["two"], UsageError)
    assert "first, second" in str(saved_models["two"])
    assert isinstance(saved_models["two, unknown"], UsageError)
    assert not isinstance(saved_models["two, second"], Exception)


def test_no_signature_says_how_to_save_one(saved_models):
    assert isinstance(saved_models["none"], ConversionError)
    assert "signatures=" in str(saved_models["none"])


def test_text_input_is_refused(saved_models):
    assert "'text' takes values of type string" in str(saved_models["text"])


def test_loop_converts_as_floats_and_is_refused_for_int8(saved_models):
    assert saved_models["loop"].agreement.outputs[0].snr_db > 100
    assert isinstance(saved_models["loop, int8"], UnsupportedOperatorError)
    assert "unroll" in str(saved_models["loop, int8"])


def test_recurrent_layer_that_was_saved_with_a_free_batch_converts(saved_models):
    product = saved_models["free_gru"]
    assert product.agreement.outputs[0].snr_db > 100
    assert product.remedies == ("free batch of a recurrent layer",)


def test_lstm_of_keras2_does_not_remember_the_run_before(saved_models):
    product = saved_models["marked_lstm"]
    assert product.agreement.outputs[0].snr_db > 100
    assert "fused recurrent layer" in product.remedies
    model = ModelFile.read(product.data)
    assert not any(tensor.is_variable for subgraph in model.graph.subgraphs for tensor in subgraph.tensors)


@pytest.mark.parametrize(
    ("name", "operator"),
    [
        ("reads", "ReadFile"),
        ("writes", "WriteFile"),
        ("branch", "WriteFile"),
        ("prints", "PrintV2"),
        ("restores", "RestoreV2"),
        ("python", "PyFunc"),
        ("table", "InitializeTableFromTextFileV2"),
    ],
)
def test_graph_that_leaves_itself_is_refused_by_operator(saved_models, source_models, name, operator):
    assert isinstance(saved_models[name], UntrustedSourceError)
    assert f"operator {operator} " in str(saved_models[name])


def test_nothing_was_run_on_the_way(saved_models, source_models):
    assert saved_models
    assert not (source_models / "touched").exists()


def test_trusted_table_converts(saved_models):
    assert saved_models["table, trusted"].agreement.outputs[0].varies


def test_source_that_fails_by_itself_is_said(saved_models):
    assert "the source itself fails" in str(saved_models["restores, trusted"])
