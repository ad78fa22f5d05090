"""The conversion table: a sample of its cases of Keras goes through, and the committed page has all of them.

The other frameworks' are in tests/convert/sources/.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest

from ..conversion_page import expected_of, generator, outcomes_on_page


@pytest.fixture
def table() -> Iterator[ModuleType]:
    with generator() as module:
        yield module


def test_sample_of_the_cases(table, tmp_path):
    found = table.run("keras", tmp_path, names=["Dense", "matrix inverse"])
    outcomes = {one.name: one for one in found}
    assert outcomes["Dense"].verdict == "converted"
    assert outcomes["matrix inverse"].verdict == "refused"
    assert "| Keras and TensorFlow | 2 | 1 of 1 (100.0 in 100) | 1 of 1 | 0 |" in table.page({"keras": found})


def test_page_has_every_case_and_none_went_wrong(table):
    outcomes, expected = outcomes_on_page(table, "keras"), expected_of(table, "keras")
    assert {name: outcomes.get(name) for name in expected} == expected
