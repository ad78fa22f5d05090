"""All passes over all real files: they are read again, run, give the same, keep what they say, and stay as they are."""

from __future__ import annotations

import pytest

from edgewright.errors import UsageError
from edgewright.evaluate import agreement
from edgewright.model import ModelFile
from edgewright.rewrite import (
    CLEAN,
    FoldNormalization,
    LeftAlone,
    Modernize,
    Rewritten,
    pass_names,
    passes_for,
    rewrite,
)

from .graphs import convolution, samples

MODELS = (
    "models/deeplabv3_mnv2_pascal_quant",
    "models/mobilenet_v1_0.25_128_quant",
    "models/mobilenet_v1_0.25_224_float",
    "models/mobilenet_v1_0.25_224_float_metadata",
    "models/mobilenet_v1_1.0_224_quant_embedding_extractor",
    "models/mobilenet_v2_1.0_224_quant",
    "models/movenet_single_pose_lightning_ptq",
    "models/movie_review",
    "models/ssd_mobilenet_v1_coco_quant_metadata",
    "models/yamnet",
    "sources/kws_ref_model.published",
    "sources/pretrainedResnet.published",
    "sources/vww_96.published",
)
FOR_THE_EDGE_TPU = (
    "models/deeplabv3_mnv2_pascal_quant_edgetpu",
    "models/mobilenet_v1_0.25_128_quant_edgetpu",
    "models/movenet_single_pose_lightning_ptq_edgetpu",
)


def without_provenance(model: ModelFile) -> dict[str, bytes]:
    return {name: content for name, content in model.files.items() if name != "edgewright.json"}


@pytest.mark.parametrize("name", MODELS)
def test_the_exact_passes_change_no_number(shared_file, name: str):
    before = ModelFile.read(shared_file(f"{name}.tflite"))
    result = rewrite(before, CLEAN)
    after = ModelFile.read(result.model.data)
    assert result.changes
    found = agreement(before, after, samples(before, 1))
    assert found.sound
    assert [one.largest_difference for one in found.outputs] == [0] * len(before.outputs)
    assert without_provenance(after) == without_provenance(before)
    assert (after.metadata.inputs, after.metadata.outputs) == (before.metadata.inputs, before.metadata.outputs)
    assert [spec[1:4] for spec in after.inputs] == [spec[1:4] for spec in before.inputs]
    assert [spec[1:4] for spec in after.outputs] == [spec[1:4] for spec in before.outputs]
    assert rewrite(after, CLEAN).model is after


@pytest.mark.parametrize("name", FOR_THE_EDGE_TPU)
def test_files_for_the_edge_tpu_keep_their_operator(shared_file, name: str):
    before = ModelFile.read(shared_file(f"{name}.tflite"))
    after = rewrite(before, pass_names()).model
    assert [one.name for one in after.ops if one.is_custom] == [one.name for one in before.ops if one.is_custom]
    assert after.weight_bytes == before.weight_bytes


def test_every_pass_that_ran_is_a_step_with_its_guarantee(shared_file):
    before = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    result = rewrite(before, passes_for(modernize=True, fold_normalization=True))
    assert [step.name for step in result.steps] == [
        "builtin-code", "signature", "fold-shapes", "fold-normalization", "modernize", "fold-quantize",
        "share-buffers", "drop-dead",
    ]  # fmt: skip
    assert sum(len(step.changes) for step in result.steps) == len(result.changes)
    assert result.steps[3].to_dict() == {
        "name": "fold-normalization",
        "guarantee": FoldNormalization.guarantee,
        "changes": [],
        "left_alone": [{"where": "input 'input'", "reason": "it takes bytes already"}],
    }


def test_what_changed_metadata_and_provenance_are_both_kept():
    before = convolution((127.0,), (128.0,))
    after = rewrite(before, ["fold-normalization"]).model
    assert after.metadata.inputs[0].mean == (127.0,)
    assert after.metadata.provenance is not None
    assert after.metadata.provenance.source_sha256 == before.sha256
    assert after.metadata.provenance.steps[-1]["step"] == "rewrite"


def test_a_path_will_do(shared_file):
    path = shared_file("models/movie_review.tflite")
    assert rewrite(path).model.sha256 == rewrite(ModelFile.read(path)).model.sha256


class Breaking:
    """A pass whose result is no sound model."""

    name = "breaking"
    guarantee = "none"

    def __call__(self, model: ModelFile) -> Rewritten:
        tables = model.edit()
        tables["subgraphs"][0]["outputs"] = (10_000,)
        return Rewritten(ModelFile.build(tables, {}, model.name), ("broken",))


def test_a_file_that_a_pass_cannot_handle_comes_through_with_the_reason():
    before = convolution((127.0,), (128.0,))
    result = rewrite(before, [Breaking()])
    assert result.model is before
    (left,) = result.left_alone
    assert left == LeftAlone("the whole file", "subgraph 0 outputs: index 10000 is outside of 0 to 3")


def test_a_file_with_damaged_metadata_comes_through_with_the_reason(shared_file):
    tables = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite")).edit()
    entry = next(one for one in tables["metadata"] if one["name"] == "TFLITE_METADATA")
    tables["buffers"][entry["buffer"]] = {"data": b"no metadata"}
    before = ModelFile.build(tables, {})
    result = rewrite(before, CLEAN)
    assert result.model is before
    assert "the metadata" in result.left_alone[0].reason


def test_passes_by_what_is_wanted():
    assert [one.name for one in passes_for()] == list(CLEAN)
    assert [one.name for one in passes_for(["drop-dead", "builtin-code"])] == ["builtin-code", "drop-dead"]
    asked = passes_for(modernize=True, fold_normalization=True, lossless=True, int8_edges=True)
    made = {one.name: one for one in asked}
    assert made["modernize"] == Modernize(edges="int8", lossless=True)
    assert made["fold-normalization"] == FoldNormalization(lossless=True)
    assert [one.guarantee for one in passes_for() if one.guarantee != "exact"] == []


def test_edges_without_what_makes_them():
    with pytest.raises(UsageError, match="int8 edges come with the pass modernize"):
        passes_for(int8_edges=True)
