"""Reading PyTorch's old format as data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edgewright.errors import HubError
from edgewright.hub.torch_file import read_tensors
from hub.torch_files import MAGIC, STORAGES, SYSTEM, Global, assemble, plain, saved, storage, tensor, whole

NUMBERS = np.arange(24, dtype=np.float32)


@given(
    st.dictionaries(
        st.text(max_size=20),
        st.sampled_from(sorted(STORAGES)).flatmap(
            lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5))
        ),
        max_size=4,
    )
)
def test_every_tensor_comes_back_in_its_own_dtype_and_shape(state: dict[str, np.ndarray]):
    read = read_tensors(saved(state), "file")
    assert list(read) == list(state)
    for name, array in state.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_strides_and_offsets_are_followed():
    where = storage("k", "float32", 24)
    state = {
        "turned": tensor(where, 0, (6, 4), (1, 6)),
        "row": tensor(where, 12, (6,), (1,)),
        "channels_last": tensor(where, 0, (2, 3, 2, 2), (12, 1, 6, 3)),
        "nothing": tensor(where, 24, (0,), (1,)),
    }
    read = read_tensors(whole(state, {"k": NUMBERS}), "file")
    np.testing.assert_array_equal(read["turned"], NUMBERS.reshape(4, 6).T)
    np.testing.assert_array_equal(read["row"], NUMBERS[12:18])
    np.testing.assert_array_equal(read["channels_last"], NUMBERS.reshape(2, 2, 2, 3).transpose(0, 3, 1, 2))
    assert read["nothing"].shape == (0,)


def test_what_is_read_cannot_be_changed_by_accident():
    read = read_tensors(saved({"w": NUMBERS}), "file")
    with pytest.raises(ValueError, match="read-only"):
        read["w"][0] = 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "pickle"),
        (b"PK\x03\x04" + bytes(30), "zip format"),
        (assemble(1) + assemble(1001), "magic number"),
        (assemble(MAGIC) + assemble(1000) + assemble(SYSTEM), "unknown protocol"),
        (whole({}, {}, system={**SYSTEM, "little_endian": False}), "byte order"),
        (whole([1], {}), "no state dict"),
        (whole({"epoch": 3}, {}), "'epoch' is no tensor"),
        (whole({"w": plain("k", NUMBERS)}, {"k": NUMBERS[:-1]}), "of another length"),
        (whole({"w": plain("k", NUMBERS)}, {"other": NUMBERS}), "list of its storages"),
        (whole({"w": Global("torch FloatStorage")}, {}), "'w' is no tensor"),
        (saved({"w": NUMBERS})[:-1], "cut off"),
        (saved({"w": NUMBERS}) + b"x", "1 bytes are left over"),
    ],
)
def test_what_is_no_state_dict_is_refused_with_the_reason(data: bytes, reason: str):
    with pytest.raises(HubError, match=f"weights: .*{reason}"):
        read_tensors(data, "weights")


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data: bytes):
    with pytest.raises(HubError):
        read_tensors(data, "file")


@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
@given(st.integers(0, 10_000), st.integers(0, 255))
def test_one_wrong_byte_is_refused_or_stays_inside_the_numbers(position: int, value: int):
    data = bytearray(saved({"w": NUMBERS, "b": np.ones((2, 3), np.float16)}))
    data[position % len(data)] = value
    try:
        read = read_tensors(bytes(data), "file")
    except HubError:
        return
    assert sum(array.nbytes for array in read.values()) <= len(data)
