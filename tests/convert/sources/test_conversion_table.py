"""The conversion table's other frameworks: a sample goes through, and the committed page has every case."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from ...conversion_page import expected_of, generator, outcomes_on_page

# At least so many in 100 of what LiteRT has kernels for convert.
_SHARE = 95
# How many models each framework has at least, and all together.
_COUNTS = {"torch": 120, "onnx": 70, "jax": 30}
_TOGETHER = 400


@pytest.fixture(scope="module")
def table() -> Iterator[ModuleType]:
    with generator() as module:
        yield module


@pytest.mark.parametrize("framework", _COUNTS)
def test_page_has_every_case_and_none_went_wrong(table, framework):
    outcomes, expected = outcomes_on_page(table, framework), expected_of(table, framework)
    assert len(expected) >= _COUNTS[framework]
    assert outcomes.keys() == expected.keys()
    assert "wrong" not in outcomes.values()
    assert {outcomes[name] for name, verdict in expected.items() if verdict == "refused"} == {"refused"}
    able = [name for name, verdict in expected.items() if verdict == "converted"]
    converted = sum(outcomes[name] == "converted" for name in able)
    assert converted >= len(able) * _SHARE / 100


def test_page_has_as_many_models_as_it_was_to_have(table):
    assert sum(len(outcomes_on_page(table, framework)) for framework in table.FRAMEWORKS) >= _TOGETHER


@pytest.mark.parametrize(
    ("framework", "converts", "refused"),
    [("torch", "torch Conv2d, groups", "torch digamma"), ("jax", "dense layer", "Cholesky decomposition")],
)
def test_sample_of_the_cases(table, tmp_path, framework, converts, refused):
    outcomes = {one.name: one.verdict for one in table.run(framework, tmp_path, names=[converts, refused])}
    assert outcomes == {converts: "converted", refused: "refused"}
