"""Names that inputs and outputs get in a signature: each its own, and one that TensorFlow can call."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.tensorflow.exporting import distinct, identifier, input_identifier
from edgewright.convert.sources.tensorflow.keras.model import KerasModel
from edgewright.convert.sources.tensorflow.signature import LoadedSignature, Signature


@pytest.mark.parametrize(
    ("names", "fresh"),
    [
        (("a", "a"), ("a", "a_1")),
        (("a", "a", "a_1"), ("a", "a_2", "a_1")),
        (("lstm", "lstm", "lstm", "lstm_1"), ("lstm", "lstm_2", "lstm_3", "lstm_1")),
        (("a_1", "a", "a", "a_1"), ("a_1", "a", "a_2", "a_1_1")),
        ((), ()),
    ],
)
def test_no_two_are_the_same_and_those_that_differ_stay_as_they_are(names, fresh):
    assert distinct(names) == fresh


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("x", "x"),
        ("net/images:0", "net_images"),
        ("in", "tensor_in"),
        ("self", "tensor_self"),
        ("größe", "gr__e"),
        ("図", "tensor"),
        ("1st", "tensor_1st"),
    ],
)
def test_an_input_has_a_name_that_a_function_can_be_called_by(name, taken):
    assert input_identifier(name) == taken


def test_an_output_need_not():
    assert [identifier(name) for name in ("in", "größe", "a.b")] == ["in", "größe", "a_b"]


def test_a_signature_keeps_all_that_it_has_under_names_alike():
    shape = SimpleNamespace(rank=1, as_list=lambda: [4])
    one = SimpleNamespace(shape=shape, dtype=SimpleNamespace(name="float32"))
    both = {"a.b": one, "a_b": one}
    loaded = LoadedSignature(Signature(lambda **_: both, both, both), "model")
    assert [port.name for port in loaded.inputs] == [port.name for port in loaded.outputs] == ["a_b", "a_b_1"]


@pytest.mark.parametrize("shape", [(8, 3), (1, 8, 3)])
def test_a_keras_model_that_knows_no_shape_is_given_one_with_the_batch_or_without(shape):
    (port,) = KerasModel(object(), "model", ConversionOptions.of(input_shape=shape)).inputs
    assert port.shape == (None, 8, 3)
