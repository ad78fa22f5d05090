"""Passes: what they promise holds on real files, and what they cannot do comes back unchanged with the reason."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.engine import open_engine
from edgewright.errors import UsageError
from edgewright.evaluate import agreement
from edgewright.model import ModelFile
from edgewright.rewrite import pass_named, pass_names, passes_for, rewrite, short_name

from ..model.builders import model as tables_of
from ..model.builders import operator, subgraph, tensor
from .graphs import ADD, built, constant, named, samples

LEGACY = ("mobilenet_v1_0.25_224_float", "mobilenet_v1_0.25_128_quant", "movie_review")


@pytest.mark.parametrize("name", LEGACY)
def test_old_files_are_put_in_order_and_compute_the_same(shared_file, name: str):
    model = ModelFile.read(shared_file(f"models/{name}.tflite"))
    result = rewrite(model)
    assert result.changes
    assert all(
        code["builtin_code"] or not code["deprecated_builtin_code"] for code in result.model.edit()["operator_codes"]
    )
    (signature,) = result.model.signatures
    assert list(signature.inputs.values()) == list(model.main.inputs)
    assert list(signature.outputs.values()) == list(model.main.outputs)
    found = agreement(model, result.model, samples(model))
    assert found.sound
    assert [one.largest_difference for one in found.outputs] == [0] * len(model.outputs)


def test_metadata_and_labels_survive(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    result = rewrite(model).model
    assert result.metadata.outputs == model.metadata.outputs
    assert result.files["imagenet_labels.txt"] == model.files["imagenet_labels.txt"]


def test_provenance_says_what_was_done(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    origin = rewrite(model).model.metadata.provenance
    assert origin is not None
    assert origin.source_sha256 == model.sha256
    assert origin.steps[0]["changes"] == [
        "builtin-code: 5 operator codes written where tools of today read them",
        "signature: signature 'serving_default' added",
    ]


def test_a_second_time_changes_nothing(shared_file):
    once = rewrite(ModelFile.read(shared_file("models/movie_review.tflite"))).model
    again = rewrite(once)
    assert again.model is once
    assert again.changes == ()


@pytest.mark.parametrize("name", ["pretrainedResnet.published", "vww_96.published", "kws_ref_model.published"])
def test_a_free_batch_is_fixed(shared_file, name: str):
    model = ModelFile.read(shared_file(f"sources/{name}.tflite"))
    assert model.inputs[0].shape_signature[0] == -1
    result = rewrite(model).model
    assert all(-1 not in spec.shape_signature for spec in result.main.tensors)
    found = agreement(model, result, samples(model))
    assert found.outputs[0].largest_difference == 0


def test_other_free_dimensions_are_left_alone_with_the_reason(shared_file):
    model = ModelFile.read(shared_file("sources/pretrainedResnet.published.tflite"))
    tables = model.edit()
    tables["subgraphs"][0]["tensors"][model.inputs[0].index]["shape_signature"] = (-1, -1, 32, 3)
    result = rewrite(ModelFile.build(tables, {}), ["static-batch"])
    assert result.changes == ()
    assert "[-1, -1, 32, 3]" in result.left_alone[0].reason


def counting(*, flipped: bool = False) -> ModelFile:
    """How many entries of a row are true, which is the size of what WHERE finds, behind a free batch."""
    tensors = [
        tensor([1, 4], "bool", shape_signature=(-1, 4)),
        tensor([1, 2], "int64", shape_signature=(-1, 2)),
        *([tensor([1, 2], "int64", shape_signature=(-1, 2)), constant([0], "int32")] if flipped else []),
        tensor([2], "int32"),
        constant([0, 0], "int32"),
        tensor([2], "int32"),
    ]
    found, last = (2, 6) if flipped else (1, 4)
    operators = [
        operator("WHERE", [0], [1]),
        *([operator("REVERSE_V2", [1, 3], [2])] if flipped else []),
        operator("SHAPE", [found], [last - 2], ("ShapeOptions", {"out_type": 2})),
        operator("ADD", [last - 2, last - 1], [last], ADD),
    ]
    return built(subgraph(named(tensors), operators, [0], [last]))


@pytest.mark.parametrize("flipped", [False, True])
def test_a_size_that_depends_on_values_stays_free_where_the_batch_is_fixed(flipped: bool):
    model = counting(flipped=flipped)
    result = rewrite(model)
    assert result.model.inputs[0].shape_signature == (1, 4)
    assert result.model.main.tensors[1].shape_signature == (-1, 2)
    assert "operator 0 (WHERE)" in [one.where for one in result.left_alone]
    with open_engine(result.model) as engine:
        assert engine.run(np.array([[True, True, False, True]]))[0].tolist() == [3, 2]


def test_a_batch_that_goes_by_way_of_a_computed_size_is_fixed():
    tensors = [
        tensor([1, 4], shape_signature=(-1, 4)),
        tensor([2], "int32"),
        constant([1, 1], "int32"),
        tensor([2], "int32"),
        tensor([1, 4], shape_signature=(-1, 4)),
        tensor([1, 4], shape_signature=(-1, 4)),
    ]
    operators = [
        operator("SHAPE", [0], [1], ("ShapeOptions", {"out_type": 2})),
        operator("MUL", [1, 2], [3], ("MulOptions", {"fused_activation_function": 0})),
        operator("RESHAPE", [0, 3], [4]),
        operator("ABS", [4], [5]),
    ]
    result = rewrite(built(subgraph(named(tensors), operators, [0], [5])), ["static-batch"])
    assert all(-1 not in spec.shape_signature for spec in result.model.main.tensors)


def test_names_of_a_signature_are_unique_whatever_tensors_are_called():
    tensors = [tensor([4], name=name) for name in ("one/a", "a_2", "two/a", "sum", "result")]
    operators = [operator("ADD", [0, 1], [3], ADD), operator("ADD", [3, 2], [4], ADD)]
    (signature,) = rewrite(built(subgraph(tensors, operators, [0, 1, 2], [4])), ["signature"]).model.signatures
    assert sorted(signature.inputs.values()) == [0, 1, 2]


def test_an_operator_without_a_table_of_options_has_the_defaults():
    tensors = [
        constant([5, 6, 7], "int32"),
        *(constant([number], "int32") for number in (1, 2, 1)),
        tensor([1], "int32"),
        tensor([1], "int32"),
        tensor([1], "int32"),
    ]
    operators = [operator("STRIDED_SLICE", [0, 1, 2, 3], [4]), operator("ADD", [4, 5], [6], ADD)]
    result = rewrite(built(subgraph(named(tensors), operators, [5], [6])), ["fold-shapes"])
    assert result.changes
    with open_engine(result.model) as engine:
        assert engine.run(np.array([10], np.int32))[0].tolist() == [16]


@pytest.mark.parametrize(
    ("begin", "end", "stride"), [([1], [2], [0]), ([1, 0], [2, 1], [1, 1]), ([1, 0], [2], [1]), ([], [], [])]
)
def test_a_slice_that_the_runtime_refuses_is_left_to_it(begin: list[int], end: list[int], stride: list[int]):
    places = [constant(numbers, "int32") for numbers in (begin, end, stride)]
    tensors = [constant([5, 6, 7], "int32"), *places, *[tensor([1], "int32") for _ in range(3)]]
    operators = [operator("STRIDED_SLICE", [0, 1, 2, 3], [4]), operator("ADD", [4, 5], [6], ADD)]
    model = built(subgraph(named(tensors), operators, [5], [6]))
    assert rewrite(model, ["fold-shapes"]).model is model


@pytest.mark.parametrize("name", pass_names())
def test_a_file_without_operators_goes_through_every_pass(name: str):
    tables = tables_of(subgraph(named([tensor([1, 4])]), [], [0], [0]))
    tables["operator_codes"] = tables["subgraphs"][0]["operators"] = None
    assert rewrite(ModelFile.build(tables, {}), [name]).model.outputs[0].shape == (1, 4)


def test_one_name_is_one_pass(shared_file):
    model = ModelFile.read(shared_file("models/movie_review.tflite"))
    assert rewrite(model, "signature").model.signatures
    assert [one.name for one in passes_for("signature")] == ["signature"]


def test_an_unknown_pass_lists_the_known_ones(shared_file):
    model = ModelFile.read(shared_file("models/movie_review.tflite"))
    with pytest.raises(UsageError, match="there is no pass 'faster'"):
        rewrite(model, ["faster"])


@pytest.mark.parametrize("name", pass_names())
def test_every_pass_states_its_guarantee(name: str):
    assert pass_named(name).guarantee


@pytest.mark.parametrize(
    ("tensor", "name"),
    [
        ("serving_default_image:0", "image"),
        ("StatefulPartitionedCall:1", "StatefulPartitionedCall"),
        ("model/dense/BiasAdd", "BiasAdd"),
        ("x y", "x_y"),
    ],
)
def test_names_for_people(tensor: str, name: str):
    assert short_name(tensor) == name


def test_a_number_that_is_cut_off_by_a_cast_is_left_to_the_runtime():
    tensors = [constant([2**63 - 1, 5], "int64"), tensor([2], "int32"), tensor([2], "int32"), tensor([2], "int32")]
    operators = [operator("CAST", [0], [1]), operator("ADD", [1, 2], [3], ADD)]
    model = built(subgraph(named(tensors), operators, [2], [3]))
    assert rewrite(model, ["fold-shapes"]).model is model
