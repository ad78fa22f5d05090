"""A class of values is what the standard library would have made of it."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from edgewright.values import dataclass, field


@dataclass(frozen=True)
class Point:
    """Where something is."""

    x: int
    y: int = 2
    seen: list[str] = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("left of all")


@dataclasses.dataclass(frozen=True)
class PlainPoint:
    """Where something is."""

    x: int
    y: int = 2
    seen: list[str] = dataclasses.field(default_factory=list, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slotted:
    """Without a `__dict__`."""

    name: str = ""
    made: int = field(default=7, init=False)


@dataclass
class Open:
    """One that changes."""

    count: int = 0


@dataclass(frozen=True, eq=False)
class Alone:
    """Equal to nothing else."""

    count: int = 0


@dataclass(frozen=True)
class Own:
    """With methods of its own."""

    text: str

    def __repr__(self) -> str:
        return "own"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)


def test_a_value_is_made_as_the_standard_library_makes_it():
    assert repr(Point(1)) == "Point(x=1, y=2)"
    assert str(inspect.signature(Point)) == str(inspect.signature(PlainPoint))
    assert Point.__match_args__ == PlainPoint.__match_args__
    assert [one.name for one in dataclasses.fields(Point)] == ["x", "y", "seen"]
    assert dataclasses.asdict(Point(1)) == dataclasses.asdict(PlainPoint(1))
    assert dataclasses.replace(Point(1), y=5) == Point(1, 5)
    assert hash(Point(1)) == hash(PlainPoint(1))


def test_defaults_that_are_made_are_not_shared():
    first, second = Point(1), Point(1)
    first.seen.append("cat")
    assert second.seen == []
    assert first == second
    assert Point(1, seen=["dog"]).seen == ["dog"]


@pytest.mark.parametrize(("arguments", "named"), [((), {}), ((1, 2, [], 4), {}), ((1,), {"z": 1}), ((1,), {"x": 1})])
def test_wrong_arguments_are_told_in_the_same_words(arguments: tuple[Any, ...], named: dict[str, Any]):
    with pytest.raises(TypeError) as ours:
        Point(*arguments, **named)
    with pytest.raises(TypeError) as theirs:
        PlainPoint(*arguments, **named)
    assert str(ours.value) == str(theirs.value).replace("PlainPoint", "Point")


def test_a_value_looks_after_itself():
    with pytest.raises(ValueError, match="left of all"):
        Point(-1)


@pytest.mark.parametrize("value", [Point(1), Slotted()])
def test_a_frozen_value_stays(value: Any):
    name = dataclasses.fields(value)[0].name
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
        setattr(value, name, 3)
    with pytest.raises(FrozenInstanceError, match=f"cannot delete field '{name}'"):
        delattr(value, name)
    with pytest.raises(FrozenInstanceError):
        value.more = 3


@pytest.mark.parametrize("value", [Point(1, 3), Slotted(name="a"), Open(2)])
def test_a_value_crosses_processes(value: Any):
    for other in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):
        assert other == value
        assert repr(other) == repr(value)


def test_options_of_the_class_count():
    assert not hasattr(Slotted(), "__dict__")
    with pytest.raises(TypeError, match="positional"):
        Slotted("a")
    with pytest.raises(TypeError, match="made"):
        Slotted(made=3)
    assert Slotted().made == 7
    assert Alone() != Alone()
    assert len({Alone(), Alone()}) == 2
    changed = Open()
    changed.count = 3
    assert changed == Open(3) != Point(3)
    with pytest.raises(TypeError, match="unhashable"):
        hash(changed)


def test_own_methods_stay():
    assert repr(Own("a")) == "own"
    assert Own("a") == Own("b")
    assert hash(Own("a")) == hash(Own("a"))


def test_others_can_inherit():
    @dataclasses.dataclass(frozen=True)
    class Further(Point):
        z: int = 0

    assert repr(Further(1, z=3)).endswith("Further(x=1, y=2, z=3)")
    assert Further(1, z=3) == Further(1, z=3) != Further(1)
    with pytest.raises(FrozenInstanceError):
        Further(1).z = 2
    with pytest.raises(TypeError, match="non-frozen"):
        dataclasses.dataclass(type("Loose", (Point,), {}))
