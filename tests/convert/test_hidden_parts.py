"""What is small in an output is not hidden by what is large: boxes beside scores, units beside units."""

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


# What int8 makes useless -> the words of the refusal. The models are in joined_models.py.
REFUSED = {
    "boxes and sigmoid scores": "entries 4 to 8 of the last axis are constant 0 in the file",
    "scores in front": "entries 0 to 4 of the last axis",
    "joined along the second axis": "entries 4 to 6 of axis 1",
    "joined, then transposed": "entries 4 to 6 of axis 1",
    "joined, then flattened": "18 of 42 entries",
    "boxes and a softmax": "entries 4 to 9 of the last axis",
    "joined twice": "entries 5 to 7 of the last axis",
    "stacked": "entry 1 of axis 1",
    "an embedding and its score": "entry 64 of the last axis",
    "boxes and many raw scores": "entries 4 to 83 of the last axis",
    "a YOLO in rows": "entries 4 to 6 of the last axis (class scores)",
    "a YOLO in columns": "entries 4 to 6 of axis 1 (class scores)",
    "two units": "entry 1 of the last axis is constant",
    "five units": "entries 3 to 4 of the last axis are constant",
    "two units at each step": "entry 1 of the last axis is constant",
    "two units in two rows": "entry 1 of axis 1 is constant",
    "units put back by a scale": "entry 1 of the last axis",
    "little around much": "entry 0 of the last axis",
}

# Right conversions, some of which lose what is near 0.
PASSED = [
    "a softmax of 1,001 classes",
    "a softmax in pieces",
    "many labels, most of them never",
    "boxes in shares and scores",
    "boxes and scores as two outputs",
    "boxes and scores that are all near 0",
    "two units in one range",
    "logits",
    "an embedding with units that are hardly ever on",
    "both directions of an LSTM",
    "a branch that is constant",
    "a map of heat",
    "scores of several scales",
    "boxes and scores, weights in 8 bits",
    "two units, weights in 16 bits",
    "two units in float",
]


@pytest.fixture(scope="module")
def outcomes(shared: Shared) -> dict[str, Any]:
    sys.path.insert(0, str(HERE))
    try:
        from proof_batch import prove_all

        return shared.value("joined-models", lambda: run_in_child(prove_all, "joined_models"))
    finally:
        sys.path.remove(str(HERE))


@pytest.mark.parametrize("name", REFUSED)
def test_a_part_that_says_nothing_any_more_is_refused_by_its_place(outcomes: dict[str, Any], name: str) -> None:
    error = outcomes[name]
    assert isinstance(error, ToleranceError), error
    assert "loses a part of what it says" in str(error)
    assert REFUSED[name] in str(error)
    assert "in the source" in str(error)
    assert "output of its own" in error.remedy


@pytest.mark.parametrize("name", PASSED)
def test_what_only_looks_like_it_passes(outcomes: dict[str, Any], name: str) -> None:
    product = outcomes[name]
    assert isinstance(product, Product), product
    assert product.agreement is not None
    assert not any(output.lost for output in product.agreement.outputs)


def test_every_model_is_judged(outcomes: dict[str, Any]) -> None:
    assert set(outcomes) == {*REFUSED, *PASSED}
