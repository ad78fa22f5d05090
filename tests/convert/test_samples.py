from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.convert.options import ConversionOptions, Normalization
from edgewright.convert.proof.samples import REPRESENTATIVE_SAMPLES, bind, choose, random_samples
from edgewright.convert.sources.ports import InputPort, require_numbers, settle
from edgewright.errors import ConversionError, UsageError
from edgewright.model import InputMetadata

PICTURE = InputPort("picture", (None, 8, 8, 3), "float32")
SIZES = st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=1, max_size=4).map(tuple)


@given(SIZES, st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_settled_shapes_are_fixed_and_keep_what_the_source_fixes(shape, sizes):
    wanted = tuple(own or given for own, given in zip(shape, sizes, strict=False))
    (port,) = settle([InputPort("x", shape, "float32")], ConversionOptions.of(input_shape=wanted))
    assert port.shape == wanted


def test_batch_is_1_or_stays_free():
    assert settle([PICTURE], ConversionOptions())[0].shape == (1, 8, 8, 3)
    assert settle([PICTURE], ConversionOptions(dynamic_batch=True))[0].shape == (None, 8, 8, 3)


@pytest.mark.parametrize("shape", [(8, 8, 3), (1, 8, 8, 3), (4, 8, 8, 3)])
def test_a_batch_that_is_to_stay_free_does_so_whatever_the_shape_that_is_given_says(shape):
    (port,) = settle([PICTURE], ConversionOptions.of(dynamic_batch=True, input_shape=shape))
    assert port.shape == (None, 8, 8, 3)


def test_a_source_without_inputs_is_refused_in_one_line():
    with pytest.raises(ConversionError, match=r"^model: it takes no input"):
        require_numbers((), "model")


@pytest.mark.parametrize(
    ("ports", "shape", "words"),
    [
        ([PICTURE], (9, 8, 3), "does not fit input 'picture'"),
        ([PICTURE], (8, 8), "does not fit"),
        ([PICTURE], {"other": (8, 8, 3)}, "inputs are: picture"),
        ([PICTURE, InputPort("b", (None,), "float32")], (8, 8, 3), "by name: picture, b"),
        ([InputPort("x", (None, None, 3), "float32")], None, "Say it, for example input_shape=\\(1, "),
    ],
)
def test_sizes_that_are_missing_or_contradict(ports, shape, words):
    with pytest.raises(UsageError, match=words):
        settle(ports, ConversionOptions.of(input_shape=shape))


def test_random_samples_are_the_same_every_time():
    first, second = random_samples([PICTURE], None), random_samples([PICTURE], None)
    assert all(np.array_equal(a["picture"], b["picture"]) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0]["picture"], first[2]["picture"])


def test_random_samples_lie_in_the_range_of_the_normalization():
    samples = random_samples([PICTURE], Normalization((127.5,), (127.5,)))
    values = np.concatenate([sample["picture"].ravel() for sample in samples])
    assert values.min() >= -1
    assert values.max() <= 1
    assert values.std() > 0.5


def test_pictures_of_unknown_range_are_tried_in_both():
    largest = [sample["picture"].max() for sample in random_samples([PICTURE], None)]
    assert min(largest) <= 1
    assert max(largest) > 200


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
def test_indices_lie_below_the_vocabulary(dtype):
    values = [sample["x"] for sample in random_samples([InputPort("x", (None, 50), dtype, below=7)], None)]
    assert set(np.concatenate(values).ravel().tolist()) == set(range(7))
    assert values[0].dtype == dtype


def test_bytes_are_normalized_where_a_normalization_is_known():
    pixels = np.full((8, 8, 3), 255, np.uint8)
    (sample,), _ = bind([(pixels,)], [PICTURE], Normalization((127.5,), (127.5,)).described)
    assert sample["picture"].shape == (1, 8, 8, 3)
    assert (sample["picture"] == 1).all()
    (raw,), _ = bind([(pixels,)], [PICTURE], InputMetadata())
    assert (raw["picture"] == 255).all()


def test_named_samples_find_their_inputs():
    ports = [InputPort("a", (None, 2), "float32"), InputPort("b", (None, 3), "int32")]
    (sample,), _ = bind([{"b": np.ones(3), "a": np.zeros((1, 2))}], ports, InputMetadata())
    assert list(sample) == ["a", "b"]
    assert (sample["a"].shape, sample["b"].dtype) == ((1, 2), np.int32)


@pytest.mark.parametrize("sample", [(np.zeros((4, 4)),), (), {"other": np.zeros((8, 8, 3))}])
def test_samples_that_do_not_fit(sample):
    with pytest.raises(UsageError, match="picture"):
        bind([sample], [PICTURE], InputMetadata())


def test_all_samples_calibrate_and_some_are_compared():
    options = ConversionOptions.of(quantize="int8", representative_data=np.zeros((200, 8, 8, 3)))
    samples = choose(settle([PICTURE], options), options)
    assert (len(samples.calibration), len(samples.compared), len(samples.wide)) == (200, REPRESENTATIVE_SAMPLES, 0)


def test_free_batch_is_tried_with_a_larger_one():
    options = ConversionOptions(dynamic_batch=True)
    (wide,) = choose(settle([PICTURE], options), options).wide
    assert wide["picture"].shape == (3, 8, 8, 3)
