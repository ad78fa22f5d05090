"""JSON for other programs is JSON, whatever numbers are in it."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.documents import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@given(VALUES)
def test_whatever_is_in_it_others_can_read_it(value: Any) -> None:
    json.loads(json_text(value), parse_constant=refuse)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_json_has_not_is_null_and_all_else_stays(number: float) -> None:
    assert json.loads(json_text({"a": [number, 1.5, (number, "NaN")]})) == {"a": [None, 1.5, [None, "NaN"]]}
