"""The proof of a rewrite: the same file is proven exact, a changed one is not, and the yardstick stands beside it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError
from edgewright.evaluate import rewriting_proof
from edgewright.evaluate.probes import Feed, Probes
from edgewright.model import InputMetadata, Metadata, ModelFile

PICTURES = ("images/cat.bmp", "images/sunflower.bmp", "images/grace_hopper.bmp")
QUANTIZED = "models/mobilenet_v1_0.25_128_quant.tflite"


@pytest.fixture
def model(shared_file) -> ModelFile:
    return ModelFile.read(shared_file(QUANTIZED))


def with_bias(model: ModelFile, step: int) -> ModelFile:
    """The model with each class' score before the softmax raised by `step` more than that of the class before it."""
    (convolution,) = [one for one in model.ops if model.main.tensors[one.outputs[0]].shape == (1, 1, 1, 1001)]
    bias = model.main.tensors[convolution.inputs[2]]
    values = np.frombuffer(model.constant(bias), "<i4") + step * np.arange(1001, dtype="<i4")
    tables = model.edit()
    tables["buffers"][bias.buffer] = {"data": values.astype("<i4").tobytes()}
    return ModelFile.build(tables, model.files, model.name)


def test_the_same_file_is_exact_and_the_kernels_are_not(model: ModelFile, shared_file):
    pictures = [shared_file(name) for name in PICTURES]
    proof = rewriting_proof(model, model, pictures, samples=9)
    assert (proof.samples, proof.pictures, proof.vacuous) == (9, 3, False)
    assert proof.rewrite.exact
    assert proof.rewrite.outputs[0].worst_largest == 0
    assert proof.kernels is not None
    assert not proof.kernels.exact
    assert proof.kernels.outputs[0].worst_largest >= 1
    assert proof.to_dict()["pictures"] == 3
    json.dumps(proof.to_dict(), allow_nan=False)


def test_a_change_is_counted_in_stored_steps(model: ModelFile, shared_file):
    proof = rewriting_proof(model, with_bias(model, 40), [shared_file(name) for name in PICTURES], samples=9)
    (moved,) = proof.rewrite.outputs
    assert not proof.rewrite.exact
    assert moved.rows == 9
    assert 1 <= moved.top1_changes <= 9
    assert moved.worst_median <= moved.worst_largest <= 255
    scale = model.outputs[0].scale[0]
    assert proof.rewrite.agreement.outputs[0].largest_difference == pytest.approx(moved.worst_largest * scale)


def test_generated_pictures_make_the_answers_vary(model: ModelFile):
    proof = rewriting_proof(model, model, samples=6)
    assert proof.to_dict()["pictures"] == "generated"
    assert not proof.vacuous
    unmeasured = rewriting_proof(model, model, samples=2, kernels=False)
    assert unmeasured.kernels is None
    assert unmeasured.to_dict()["kernels"] is None


def test_one_seed_gives_the_same_inputs(model: ModelFile):
    first, again, other = (list(Probes(model, (), 2, seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first[1][0], again[1][0])
    assert not np.array_equal(first[1][0], other[1][0])


def test_outputs_that_never_vary_prove_nothing(model: ModelFile):
    dead = with_bias(model, 2**10)
    assert rewriting_proof(dead, dead, samples=3).vacuous


def test_a_crash_of_the_reference_kernels_is_survived(model: ModelFile):
    """They end the process where such biases overflow."""
    proof = rewriting_proof(model, with_bias(model, 0), samples=2)
    assert proof.kernels is not None
    overflowing = with_bias(model, 2**18)
    assert rewriting_proof(overflowing, overflowing, samples=2).kernels is None


@pytest.mark.parametrize("name", ["movie_review", "yamnet"])
def test_inputs_that_are_no_pictures_are_generated(shared_file, name: str):
    model = ModelFile.read(shared_file(f"models/{name}.tflite"))
    proof = rewriting_proof(model, model, samples=3)
    assert proof.rewrite.exact
    assert not proof.vacuous
    with pytest.raises(UsageError, match="takes a picture"):
        rewriting_proof(model, model, [shared_file(PICTURES[0])], samples=3)


def test_each_file_prepares_pictures_its_own_way(shared_file):
    """A float file that says (p - 127.5) / 127.5 and one that says nothing are fed the same: that is the default."""
    plain = ModelFile.read(shared_file("models/mobilenet_v1_0.25_224_float.tflite"))
    described = plain.with_metadata(Metadata(inputs=(InputMetadata(mean=(127.5,), std=(127.5,)),)))
    zero_to_one = plain.with_metadata(Metadata(inputs=(InputMetadata(mean=(0.0,), std=(255.0,)),)))
    pictures = [shared_file(PICTURES[0])]
    assert rewriting_proof(plain, described, pictures, samples=2).rewrite.exact
    assert not rewriting_proof(plain, zero_to_one, pictures, samples=2).rewrite.exact


def test_a_signed_input_without_metadata_gets_the_bytes_less_128(shared_file):
    model = ModelFile.read(shared_file("models/deeplabv3_mnv2_pascal_quant.tflite"))
    spec = model.inputs[0]._replace(dtype="int8", zero_point=(0,))
    picture = np.arange(513 * 513 * 3, dtype=np.uint32).astype(np.uint8).reshape(513, 513, 3)
    signed = _FeedOf(spec)
    np.testing.assert_array_equal(signed(picture), (picture.astype(int) - 128).astype(np.int8)[None])


class _FeedOf:
    """`Feed` for one input alone: no kernel takes a signed input with unsigned weights."""

    def __init__(self, spec):
        self._model = dataclasses.make_dataclass("Model", ["inputs", "metadata"])((spec,), Metadata())
        self._index = spec.index

    def __call__(self, picture):
        return Feed(self._model)([picture])[self._index]


def test_wrong_requests(model: ModelFile, tmp_path):
    with pytest.raises(UsageError, match="samples is 0"):
        rewriting_proof(model, model, samples=0)
    with pytest.raises(DataError, match=r"nothing\.png"):
        rewriting_proof(model, model, [tmp_path / "nothing.png"])
