"""The registry that engines and tasks share."""

from __future__ import annotations

import pytest

from edgewright.errors import UsageError
from edgewright.registry import Registry


def registry() -> Registry[object]:
    return Registry("kitchen", "edgewright.nothing", {"loads": "json:loads"})


def test_a_built_in_part_is_imported_by_its_path():
    import json

    assert registry().get("loads") is json.loads


def test_a_part_can_be_added_once():
    kitchen = registry()
    kitchen.register("mine", max)
    assert kitchen.get("mine") is max
    assert kitchen.names() == ("loads", "mine")
    for taken in ("mine", "loads"):
        with pytest.raises(UsageError, match=f"the kitchen '{taken}' is registered already"):
            kitchen.register(taken, min)


def test_an_unknown_name_gets_the_nearest_one():
    with pytest.raises(UsageError, match=r"there is no kitchen 'load'\. Did you mean 'loads'\? Choose one of: loads"):
        registry().get("load")
