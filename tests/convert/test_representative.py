from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.convert.representative import LIMIT, collect
from edgewright.errors import UsageError


def test_nothing_is_no_samples():
    assert collect(None) == ()


@given(st.integers(1, 3 * LIMIT))
def test_arrays_are_cut_to_the_limit_evenly_and_keep_first_and_last(count):
    samples = collect(np.arange(count * 2).reshape(count, 2))
    assert len(samples) == min(count, LIMIT)
    assert samples[0][0].tolist() == [0, 1]
    assert samples[-1][0].tolist() == [2 * count - 2, 2 * count - 1]


def test_endless_generator_is_cut_to_the_limit():
    def endless():
        while True:
            yield np.zeros(3)

    assert len(collect(endless)) == LIMIT
    assert len(collect(endless())) == LIMIT


def test_function_as_tensorflow_takes_it():
    samples = collect(lambda: ([np.zeros((1, 2)), np.ones((1, 3))] for _ in range(4)))
    assert len(samples) == 4
    assert [array.shape for array in samples[0]] == [(1, 2), (1, 3)]


def test_columns_by_input_name():
    samples = collect({"a": np.zeros((5, 2)), "b": np.ones((5, 3))})
    assert len(samples) == 5
    assert set(samples[0]) == {"a", "b"}


def test_data_set_gives_its_inputs():
    assert len(collect(SimpleNamespace(x=np.zeros((7, 2))))) == 7


def test_table_with_a_column_called_x_gives_all_its_columns():
    class Table:
        x = np.zeros(7)

        def __array__(self, dtype=None, copy=None):
            return np.zeros((7, 3))

    assert [array.shape for array in collect(Table())[0]] == [(3,)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (3, "representative_data is a int"),
        ("photos", "no such file or folder of representative data"),
        (np.zeros((0, 3)), "is empty"),
        ([], "is empty"),
        ({}, "is empty"),
        (np.array(["a"]), "Expected numbers"),
        (np.float32(1), "Expected numbers"),
        ({"a": np.zeros((5, 2)), "b": np.zeros((4, 2))}, "different number of samples"),
    ],
)
def test_what_is_no_data_is_refused(data, words):
    with pytest.raises(UsageError, match=words):
        collect(data)
