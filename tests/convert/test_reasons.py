"""The reason for which a model is refused is the true one, and what LiteRT could compute after all is converted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from edgewright.check.remedies import by_itself
from edgewright.convert import find_advice
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.registry import find_source
from edgewright.machine import run_in_child

HERE = Path(__file__).parent
POLICIES = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64")


@pytest.fixture(scope="session")
def outcomes(built_by, shared) -> dict[str, Any]:
    """What became of each model of build_reasons.py: the product, or the error."""
    folder = built_by("convert/build_reasons.py")
    return shared.value("reasons", lambda: _all_of(folder))


def _all_of(folder: Path) -> dict[str, Any]:
    sys.path.insert(0, str(HERE))
    try:
        from conversion_batch import convert_all

        # Keras first: a SavedModel hides it from the process.
        paths = sorted(folder.iterdir(), key=lambda path: (path.is_dir(), path.name))
        jobs = {path.name: (find_source(path), path, ConversionOptions.of()) for path in paths}
        plain = {"KERAS_BACKEND": "tensorflow", "TF_ENABLE_ONEDNN_OPTS": "0", "TF_CPP_MIN_LOG_LEVEL": "3"}
        return run_in_child(convert_all, jobs, env=plain)
    finally:
        sys.path.remove(str(HERE))


def snr(outcome: Any) -> float:
    return min(output.snr_db for output in outcome.agreement.outputs)


ARITHMETIC = [
    *(f"{policy}_{kind}.keras" for policy in POLICIES for kind in ("picture", "attention")),
    *(f"{policy}_recurrent.keras" for policy in POLICIES if policy != "bfloat16"),
    *(f"{policy}_picture.h5" for policy in POLICIES if policy != "bfloat16"),  # Keras itself cannot load it
    "float16_one_layer.keras",
]


@pytest.mark.parametrize("name", ARITHMETIC)
def test_other_arithmetic_than_float32_is_replaced_by_it_and_named(outcomes, name):
    outcome = outcomes[name]
    assert not isinstance(outcome, Exception), outcome
    assert snr(outcome) > 100
    policy = name.removesuffix(".h5").removesuffix(".keras").rpartition("_")[0].removesuffix("_one")
    assert f"policy {policy}" in outcome.remedies
    assert policy in by_itself(f"policy {policy}")


@pytest.mark.parametrize(
    "name",
    [f"{kind}_{rate}.keras" for kind in ("LSTM", "GRU", "SimpleRNN") for rate in ("dropout", "recurrent_dropout")]
    + ["Bidirectional_dropout.keras"],
)
def test_dropout_that_is_off_is_no_state(outcomes, name):
    assert snr(outcomes[name]) > 100


REASONS = {
    "product_float16": ("no kernel for float16", "set_dtype_policy('float32')"),
    "product_bfloat16": ("no kernel for bfloat16", "tf.cast(x, tf.float32)"),
    "product_float64": ("no kernel for float64", "tf.cast(x, tf.float32)"),
    "product_int32": ("no kernel for int32", "tf.cast(x, tf.float32)"),
    "picture_int32": ("no kernel for int32", "tf.cast(x, tf.float32)"),
    "double_int8": ("no kernel for int8", "tf.cast(x, tf.float32)"),
    "double_uint8": ("no kernel for uint8", "tf.cast(x, tf.float32)"),
    "double_uint16": ("no kernel for uint16", "tf.cast(x, tf.float32)"),
    "double_uint64": ("no kernel for uint64", "tf.cast(x, tf.float32)"),
    "sum_int16": ("no kernel for int16", "tf.cast(x, tf.float32)"),
    "quantized.keras": ("fully_connected", "as it was before quantize()"),
    "groups_of_volumes.keras": ("Conv3D", "groups=1"),
    "dilated_volumes.keras": ("SpaceToBatchND", "dilation_rate=1"),
    "dilated_back.keras": ("dilation rates", "dilation_rate=1"),
    "padded_back": ("Conv2DBackpropInput", "padding 'same' or 'valid'"),
    "dimensions.keras": ("9 dimensions", "join dimensions"),
    "many_dimensions": ("9 dimensions", "join dimensions"),
    "drawn": ("draws random numbers", "training=False"),
    "dropped": ("draws random numbers", "training=False"),
    "printed": ("PrintV2", "tf.print"),
    "set_sizes.keras": ("must be 1-dimensional", ""),
    "kept": ("keeps a state", "give the state to the model as an input"),
    "training_batch_normalization": ("works as in training", "layer(x, training=False)"),
    "training_batch_normalization_of_rows": ("works as in training", "layer(x, training=False)"),
    "training_spectral_normalization": ("works as in training", "layer(x, training=False)"),
    "training_dropout": ("draws random numbers at each run, as in training", "layer(x, training=False)"),
    "training_spatial_dropout": ("draws random numbers at each run, as in training", "layer(x, training=False)"),
    "training_gaussian_noise": ("draws random numbers at each run, as in training", "layer(x, training=False)"),
    "training_random_flip": ("draws random numbers at each run, as in training", "layer(x, training=False)"),
    "training_dropout_in_steps": ("draws random numbers at each run, as in training", "layer(x, training=False)"),
    "training_stateful": ("keeps a state", "return_state=True"),
}


@pytest.mark.parametrize("name", REASONS)
def test_reason_is_the_true_one_and_so_is_the_remedy(outcomes, name):
    error = outcomes[name]
    assert isinstance(error, Exception)
    reason, remedy = REASONS[name]
    assert reason in str(error)
    assert remedy in error.remedy
    if "return_state" not in remedy and name != "kept":
        assert "return_state" not in str(error)
    if "channels_last" in error.remedy:
        assert name in ("dilated_back.keras", "padded_back")


@pytest.mark.parametrize("name", ["channels_first.keras", "channels_first_back.keras"])
def test_source_in_channels_first_order_says_so_where_no_kernel_takes_it(outcomes, name):
    assert "NHWC" in str(outcomes[name])
    assert "data_format='channels_last'" in outcomes[name].remedy


def test_source_in_channels_first_order_converts_where_another_kernel_takes_it(built_by):
    from edgewright.convert import convert

    model = convert(built_by("convert/build_reasons.py") / "channels_first.keras")
    assert float(model.metadata.provenance.measured["agreement"]["outputs"][0]["snr_db"]) > 100


def test_obstacles_that_are_not_the_operators_own_have_their_own_entry():
    assert find_advice("MatMul") is None
    assert find_advice("MatMul", "type").key == "number_types"
    assert find_advice("Conv2D", "integers").key == "whole_numbers"
    assert find_advice("AssignVariableOp", "statistics").key == "batch_statistics"
    assert find_advice("AssignVariableOp", "chance").key == "random"
    assert find_advice("AssignVariableOp", "state").key == "variables"
