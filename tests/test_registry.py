"""The registry that engines and tasks share."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from edgewright.errors import EdgewrightError, PluginWarning, UsageError
from edgewright.registry import Registry


def registry() -> Registry[object]:
    return Registry("kitchen", "edgewright.nothing", {"loads": "json:loads"})


def test_a_built_in_part_is_imported_by_its_path():
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


class Knife:
    """A part that is named by its class."""


def test_a_class_stands_for_a_part_where_the_registry_makes_them():
    kitchen: Registry[object] = Registry("kitchen", "edgewright.nothing", {}, made=True)
    kitchen.register("knife", Knife)
    assert isinstance(kitchen.get("knife"), Knife)
    assert kitchen.get("knife") is kitchen.get("knife")


def test_a_part_can_be_an_attribute_of_a_class():
    kitchen: Registry[object] = Registry("kitchen", "edgewright.nothing", {"of": "collections:Counter.fromkeys"})
    assert kitchen.get("of") == Counter.fromkeys


def test_ours_come_in_their_order_and_others_behind_them():
    kitchen: Registry[object] = Registry("kitchen", "edgewright.nothing", {"b": "json:loads", "a": "json:dumps"})
    kitchen.register("aa", max)
    assert kitchen.in_order() == ("b", "a", "aa")
    assert list(kitchen.built_in()) == [json.loads, json.dumps, max]


@pytest.fixture
def broken_and_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry[object]:
    """Two packages' parts: one raises when it is imported."""
    metadata = tmp_path / "kitchens-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: kitchens\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[edgewright.kitchens]\nbad = kitchen_bad:part\ngood = json:loads\n")
    (tmp_path / "kitchen_bad.py").write_text("raise ZeroDivisionError('no knife')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return Registry("kitchen", "edgewright.kitchens", {})


def test_one_broken_package_is_one_warning_and_spoils_nothing(broken_and_sound: Registry[object]):
    with pytest.warns(
        PluginWarning, match=r"the kitchen 'bad' \(kitchen_bad:part\) cannot be imported: no knife"
    ) as said:
        assert list(broken_and_sound.outside()) == [json.loads]
    assert len(said) == 1
    with pytest.raises(EdgewrightError, match="no knife"):
        broken_and_sound.get("bad")
