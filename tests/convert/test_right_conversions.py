"""Right conversions are not refused: whole-tensor operations, empty outputs, outputs that noise leaves still."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from edgewright.convert import Product
from edgewright.errors import ToleranceError
from edgewright.machine import run_in_child

from ..sharing import Shared

HERE = Path(__file__).parent

# The models are in refused_models.py. With other samples beside it each gives something else.
WHOLE = (
    "over the largest",
    "less the mean",
    "over the norm",
    "over the sum",
    "standardized",
    "from least to most",
    "a condition on a sum",
    "a softmax over everything",
    "what is above the mean",
    "with its products",
    "one number of all",
    "pictures over their largest",
    "as many as there are",
    "on representative data",
)
EMPTY = (
    "now and then nothing",
    "mostly nothing",
    "the places of now and then nothing",
    "nothing beside something",
    "always nothing beside something",
)

# Outputs that stay as they are on random inputs, and move on others; and that never move, behind layers that do.
FOUND = (
    "a wake word in a stream",
    "alive for what is large",
    "alive for what is very large",
    "alive near a mean",
    "alive near a small mean",
    "alive near the mean of a batch",
    "sure of all noise",
    "a step",
    "pixels that are all dark",
)
INNER = (
    "dead for everything",
    "multiplied by nothing",
    "one score",
)

# There is nothing to compare.
REFUSED = {
    "constant": "nothing could be compared",
    "always empty": "nothing could be compared",
    "NaN": "NaN or infinity",
}


@pytest.fixture(scope="module")
def outcomes(shared: Shared) -> dict[str, Any]:
    sys.path.insert(0, str(HERE))
    try:
        from proof_batch import prove_all

        return shared.value("refused-models", lambda: run_in_child(prove_all, "refused_models"))
    finally:
        sys.path.remove(str(HERE))


def proven(outcomes: dict[str, Any], name: str) -> Product:
    product = outcomes[name]
    assert isinstance(product, Product), product
    assert product.agreement is not None
    assert product.agreement.sound
    return product


@pytest.mark.parametrize("name", WHOLE)
def test_a_model_that_looks_at_the_whole_batch_is_compared_with_the_batch_of_the_file(
    outcomes: dict[str, Any], name: str
) -> None:
    product = proven(outcomes, name)
    assert not product.agreement.vacuous  # type: ignore[union-attr]
    assert not product.looked_for


@pytest.mark.parametrize("name", EMPTY)
def test_an_output_that_is_empty_in_both_agrees(outcomes: dict[str, Any], name: str) -> None:
    assert proven(outcomes, name).layers == ()


@pytest.mark.parametrize("name", FOUND)
def test_inputs_are_looked_for_until_an_output_changes(outcomes: dict[str, Any], name: str) -> None:
    product = proven(outcomes, name)
    assert product.looked_for
    assert not product.agreement.vacuous  # type: ignore[union-attr]


@pytest.mark.parametrize("name", INNER)
def test_where_no_output_ever_changes_layers_are_the_proof(outcomes: dict[str, Any], name: str) -> None:
    product = proven(outcomes, name)
    assert product.agreement.vacuous  # type: ignore[union-attr]
    assert product.layers
    assert all(layer.varies and layer.snr_db > 60 for layer in product.layers)


@pytest.mark.parametrize("name", REFUSED)
def test_without_anything_to_compare_nothing_is_written(outcomes: dict[str, Any], name: str) -> None:
    error = outcomes[name]
    assert isinstance(error, ToleranceError), error
    assert REFUSED[name] in str(error)


def test_every_model_is_judged(outcomes: dict[str, Any]) -> None:
    assert set(outcomes) == {*WHOLE, *EMPTY, *FOUND, *INNER, *REFUSED}
