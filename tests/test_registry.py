"""The registry that engines and tasks share."""

from __future__ import annotations

import importlib
import json
import math
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from edgewright.errors import EdgewrightError, PluginWarning, UsageError
from edgewright.registry import Registry

SOURCE = Path(__file__).parents[1] / "src" / "edgewright"


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
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry[Any]]:
    """Install a package with parts for kitchens, name=target, and give the registry that finds them."""

    def install(*parts: str, package: str = "kitchens", code: str = "", **options: Any) -> Registry[Any]:
        metadata = tmp_path / f"{package}-1.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Name: {package}\nVersion: 1\n")
        (metadata / "entry_points.txt").write_text("\n".join(("[edgewright.kitchens]", *parts)))
        (tmp_path / f"{package}_parts.py").write_text(code)
        monkeypatch.syspath_prepend(str(tmp_path))
        return Registry("kitchen", "edgewright.kitchens", {}, **options)

    return install


def left_out(asked: Callable[[], Iterable[Any]]) -> list[str]:
    """What is said of parts that are left out: each once, however often somebody asks."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", PluginWarning)
        list(asked())
        list(asked())
    return [str(warning.message) for warning in said]


BROKEN = "raise ZeroDivisionError('no knife')"


def test_one_broken_package_is_one_warning_and_spoils_nothing(installed):
    kitchen = installed("bad = kitchens_parts:part", "good = json:loads", code=BROKEN)
    why = "the kitchen 'bad' (kitchens_parts:part) cannot be imported: no knife"
    assert left_out(kitchen.outside) == [f"{why}. It is left out"]
    assert list(kitchen.outside()) == [json.loads]
    with pytest.raises(EdgewrightError, match="no knife"):
        kitchen.get("bad")


class Protocol:
    """What a kitchen has to have."""

    name: str
    stove: str

    def cook(self) -> None: ...

    def __call__(self) -> None: ...


HOLLOW = """
class Hollow:
    name, stove = "hollow", "gas"

class Renamed(Hollow):
    def cook(self): ...
    def __call__(self): ...

class Needs:
    def __init__(self, knife): ...
"""


def test_a_part_without_what_its_kind_has_is_left_out(installed):
    targets = {"hollow": "Hollow", "needs": "Needs", "other": "Renamed"}
    parts = [f"{name} = kitchens_parts:{target}" for name, target in targets.items()]
    kitchen = installed(*parts, code=HOLLOW, made=True, protocol=f"{__name__}:Protocol")
    hollow, needs, other = left_out(kitchen.outside)
    assert hollow == (
        "the kitchen 'hollow' (kitchens_parts:Hollow) cannot be used: it has no cook, call. It is left out"
    )
    assert re.fullmatch(r"the kitchen 'needs' \(.*\) cannot be used: .*'knife'\. It is left out", needs)
    assert re.fullmatch(r"the kitchen 'other' \(.*\) cannot be used: it is called 'hollow' itself\. .*", other)


def test_a_part_that_fails_over_a_question_is_left_out(installed):
    kitchen = installed("decoder = json:JSONDecodeError", "loads = json:loads")
    (said,) = left_out(lambda: kitchen.asked(lambda part: part("[1]")))
    assert re.fullmatch(r"the kitchen 'decoder' fails: TypeError: .* It is left out", said)
    assert list(kitchen.asked(lambda part: part("[1]"))) == [(json.loads, [1])]


def test_of_two_packages_with_one_name_the_first_is_taken_once(installed):
    installed("sharp = json:loads", package="first")
    kitchen = installed("sharp = json:dumps", package="second")
    assert len(list(kitchen.outside())) == 1


def test_what_a_program_registered_goes_before_a_package(installed):
    kitchen = installed("mine = json:loads", "theirs = json:dumps")
    kitchen.register("mine", max)
    assert list(kitchen.outside()) == [json.dumps]
    assert list(kitchen.built_in()) == [max]


def test_a_part_can_be_made_of_its_name_and_what_the_package_gives(installed):
    kitchen = installed("long = json:__name__", whole=lambda name, given: f"{name}: {given}")
    assert kitchen.get("long") == "long: json"


@cache
def registries() -> dict[str, Registry[Any]]:
    """All of the house, by their groups."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for name in re.findall(r"^(\w+): Registry\[.*\] = Registry\(", path.read_text(), re.MULTILINE):
            words = path.relative_to(SOURCE.parent).with_suffix("").parts
            module = importlib.import_module(".".join(words).removesuffix(".__init__"))
            found[getattr(module, name).group] = getattr(module, name)
    return found


@pytest.mark.parametrize("group", sorted(registries()))
def test_in_every_registry_a_part_that_is_none_is_refused_by_name(group: str, tmp_path: Path, monkeypatch: Any):
    metadata = tmp_path / "hollow-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: hollow\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\nhollow = math:pi\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(EdgewrightError, match=r"the .* 'hollow' \(math:pi\) cannot be used: (it has no|expected) \w+"):
        registries()[group].get("hollow")


@pytest.mark.parametrize("group", sorted(registries()))
def test_in_every_registry_a_program_s_own_part_that_is_none_is_refused_at_once(group: str):
    with pytest.raises(EdgewrightError, match=r"it has no|expected"):
        registries()[group].register("hollow", math.pi)
    assert "hollow" not in registries()[group].names()


REGISTERING = {
    "register_export": "edgewright.deploy",
    "register_format": "edgewright.data",
    "register_input": "edgewright.task",
    "register_method": "edgewright.train",
    "register_named": "edgewright.data",
    "register_origin": "edgewright.hub",
    "register_pass": "edgewright.rewrite",
    "register_predicate": "edgewright.agent",
    "register_sink": "edgewright.agent",
    "register_target": "edgewright.check",
    "register_trainer": "edgewright.train",
}


@pytest.mark.parametrize("word", REGISTERING)
def test_what_a_program_registers_is_found_by_its_name(word: str, monkeypatch: pytest.MonkeyPatch):
    register = getattr(importlib.import_module(REGISTERING[word]), word)
    registry: Registry[Any] = register.__self__
    monkeypatch.setattr(registry, "_parts", dict(registry._parts))
    monkeypatch.setattr(registry, "_registered", set(registry._registered))
    own = like(next(registry.built_in()), "own")
    register("own", own)
    assert registry.get("own") is own
    assert "own" in registry.names()
    with pytest.raises(UsageError, match="'own' is registered already"):
        register("own", own)


def like(part: Any, name: str) -> Any:
    """Another part with all that this one has, but for its name."""

    class Like:
        def __getattr__(self, attribute: str) -> Any:
            return name if attribute == "name" else getattr(part, attribute)

        def __call__(self, *given: Any, **options: Any) -> Any:
            return part(*given, **options)

    return Like()
