"""Passes: what they promise holds on real files, and what they cannot do comes back unchanged with the reason."""

from __future__ import annotations

import pytest

from edgewright.errors import UsageError
from edgewright.evaluate import agreement
from edgewright.model import ModelFile
from edgewright.rewrite import pass_named, pass_names, rewrite, short_name

from .graphs import samples

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
