"""Embeddings: vectors of unit length that can be compared."""

from __future__ import annotations

import io

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError
from edgewright.task import Embedding, Result, files_of, in_one_line

THREE_FOUR = np.array([[[[3.0, 4.0]]]])


def test_an_output_of_any_shape_becomes_a_vector_of_length_one() -> None:
    embedding = Embedding.of(THREE_FOUR)
    np.testing.assert_allclose(embedding.vector, [0.6, 0.8], rtol=1e-7)
    assert embedding.vector.dtype == np.float32
    assert embedding.norm == 5
    assert isinstance(embedding, Result)


@pytest.mark.parametrize(("other", "cosine"), [([6, 8], 1), ([-4, 3], 0), ([-3, -4], -1), ([4, 3], 0.96), ([0, 0], 0)])
def test_similarity_is_the_cosine_of_the_angle(other: list[float], cosine: float) -> None:
    embedding = Embedding.of(THREE_FOUR)
    assert embedding.similarity(Embedding.of(np.array(other))) == pytest.approx(cosine, abs=1e-6)
    assert embedding.similarity(np.array(other)) == pytest.approx(cosine, abs=1e-6)


def test_nothing_but_zeros_is_like_nothing() -> None:
    nothing = Embedding.of(np.zeros(4))
    assert nothing.norm == 0
    assert nothing.similarity(nothing) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_an_error(bad: float) -> None:
    with pytest.raises(DataError, match="no finite numbers"):
        Embedding.of(np.array([1, bad]))


def test_vectors_of_two_models_are_not_compared() -> None:
    with pytest.raises(UsageError, match="2 values cannot be compared with 3: both have to come from one model"):
        Embedding.of(THREE_FOUR).similarity(np.ones(3))


def test_it_says_itself_in_words_and_in_numbers() -> None:
    embedding = Embedding.of(np.arange(1, 9), kind="text-embedding")
    plain = embedding.to_dict(limit=1)
    assert plain["kind"] == "text-embedding"
    assert plain["vector"] == embedding.vector.tolist()
    assert embedding.observations() == ()
    assert str(embedding) == "8 values: 0.070, 0.140, 0.210, 0.280, 0.350, 0.420, …"
    sheet = embedding.table(1).to_sheet()
    assert list(sheet.header) == [f"v{place}" for place in range(8)]
    assert list(sheet.rows[0]) == embedding.vector.tolist()


def test_of_many_inputs_the_first_is_what_the_others_are_compared_with() -> None:
    first, other = Embedding.of(THREE_FOUR), Embedding.of(np.array([4, 3]))
    assert in_one_line(first, 1, first) == str(first)
    assert in_one_line(other, 1, first) == "0.960 like the first"
    assert in_one_line(other, 1) == str(other)


def test_it_is_saved_as_numpy_has_it() -> None:
    embedding = Embedding.of(THREE_FOUR)
    [(suffix, content)] = files_of(embedding, "photo.jpg").items()
    assert suffix == ".npy"
    np.testing.assert_array_equal(np.load(io.BytesIO(content)), embedding.vector)
    with pytest.raises(UsageError, match="cannot be drawn"):
        embedding.draw("photo.jpg")
