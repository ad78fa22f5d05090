"""Recipes as values, and as the quantizer's rules."""

from __future__ import annotations

import re

import numpy as np
import pytest

from edgewright.errors import UsageError
from edgewright.optimize import CANDIDATES
from edgewright.quantization import Recipe
from edgewright.quantization.recipes import only, quantizer_recipe

from ..optimize.networks import dense

TWO = dense(
    [(np.ones((3, 2), np.float32), np.zeros(3, np.float32)), (np.ones((1, 3), np.float32), np.zeros(1, np.float32))]
)


@pytest.mark.parametrize("recipe", CANDIDATES, ids=lambda one: one.name)
def test_no_two_rules_have_one_expression_and_operation(recipe: Recipe):
    rules = quantizer_recipe(recipe.keeping([0]), TWO)
    keys = [(rule["regex"], rule["operation"]) for rule in rules]
    assert len(keys) == len(set(keys))


def test_candidates_have_names_of_their_own():
    assert len({one.name for one in CANDIDATES}) == len(CANDIDATES)


def test_a_kept_operator_is_matched_by_its_whole_scope_and_no_other():
    kept = quantizer_recipe(Recipe("r", "int8").keeping([0]), TWO)[1]
    assert kept["algorithm_key"] == "no_quantize"
    assert re.search(kept["regex"], "layer0;")
    assert not re.search(kept["regex"], "layer1;")
    assert not re.search(kept["regex"], "layer0;more;")


def test_weights_of_a_kept_operator_become_float16_on_request_only():
    halved = quantizer_recipe(Recipe("r", "int8").keeping([0]), TWO)
    whole = quantizer_recipe(Recipe("r", "int8", kept_as="float32").keeping([0]), TWO)
    assert [rule["algorithm_key"] for rule in halved].count("float_casting") == 1
    assert "float_casting" not in [rule["algorithm_key"] for rule in whole]


def test_weights_too_large_for_float16_stay_float32():
    large = dense([(np.full((1, 2), 7e4, np.float32), np.zeros(1, np.float32))])
    rules = quantizer_recipe(Recipe("r", "int8").keeping([0]), large)
    assert "float_casting" not in [rule["algorithm_key"] for rule in rules]


def test_what_is_spared_of_4_bits_gets_8():
    rules = quantizer_recipe(Recipe("r", "weights-int4", kept_as="int8").keeping([0]), TWO)
    chosen = [rule for rule in rules if re.search(rule["regex"], "layer0;") and rule["operation"] == "*"][-1]
    assert chosen["op_config"]["weight_tensor_config"]["num_bits"] == 8
    with pytest.raises(UsageError, match="spares nothing in int8"):
        Recipe("r", "int8", kept_as="int8")


def test_one_operator_alone_is_chosen_and_the_edges_stay_float():
    rules = only(Recipe("r", "int8"), TWO, TWO.ops[1])
    chosen = [rule for rule in rules if re.search(rule["regex"], "layer1;") and rule["operation"] == "*"]
    assert [rule["algorithm_key"] for rule in chosen] == ["min_max_uniform_quantize"]
    assert [rule for rule in rules if re.search(rule["regex"], "layer0;") and rule["operation"] == "*"] == []
    assert [rule["operation"] for rule in rules if rule["algorithm_key"] == "no_quantize"] == ["INPUT", "OUTPUT"]


@pytest.mark.parametrize(
    ("kind", "io_dtype", "words"),
    [("int7", "float32", "int7"), ("float16", "int8", "float16 has float32"), ("int16", "uint8", "float32, int16")],
)
def test_what_cannot_be_is_refused_with_the_choices(kind: str, io_dtype: str, words: str):
    with pytest.raises(UsageError, match=words):
        Recipe("r", kind, io_dtype)  # type: ignore[arg-type]


def test_an_operator_that_is_not_there_cannot_be_kept():
    with pytest.raises(UsageError, match="there are 2"):
        quantizer_recipe(Recipe("r", "int8").keeping([2]), TWO)


def test_a_recipe_is_plain_values():
    assert Recipe("r", "int8").keeping([3, 1]).to_dict()["keep_float"] == [1, 3]


def test_single_edges_in_float_want_integers_elsewhere():
    with pytest.raises(UsageError, match="all inputs and outputs are float32 already"):
        Recipe("r", "int8", float_outputs=frozenset({0}))
    assert Recipe("r", "int8", "int8", float_outputs=frozenset({2, 1})).to_dict()["float_outputs"] == [1, 2]
