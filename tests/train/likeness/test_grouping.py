"""From pairs to groups, none of which swallows a class unless it is one picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edgewright.train.likeness.alike import COPY, NEAR, Link
from edgewright.train.likeness.grouping import grouped

COPIES, CLOSE = COPY / 2, NEAR / 2


def chain(first: int, last: int, distance: float) -> list[Link]:
    return [Link(distance, at, at + 1) for at in range(first, last)]


def test_groups_are_what_hangs_together() -> None:
    groups = grouped([Link(CLOSE, 0, 3), Link(CLOSE, 3, 5), Link(CLOSE, 1, 2)], np.zeros(12, np.int64))
    assert groups.numbers.tolist() == [0, 1, 1, 0, 2, 0, 3, 4, 5, 6, 7, 8]
    assert groups.numbers.dtype == np.int64
    assert groups.cut == ()


def test_a_chain_through_a_class_is_cut_and_the_class_said() -> None:
    classes = np.repeat([0, 1], 50).astype(np.int64)
    groups = grouped(chain(0, 49, CLOSE), classes)
    assert groups.cut == (0,)
    assert np.bincount(groups.numbers[:50]).max() <= 10
    assert len(set(groups.numbers[50:].tolist())) == 50


def test_it_is_cut_where_pictures_differ_most() -> None:
    links = sorted(Link(0.15 if at % 10 == 9 else CLOSE, at, at + 1) for at in range(49))
    groups = grouped(links, np.repeat([0, 1], 50).astype(np.int64))
    assert groups.numbers[:50].tolist() == np.repeat(np.arange(5), 10).tolist()


def test_copies_are_never_taken_apart() -> None:
    groups = grouped(chain(0, 49, COPIES), np.repeat([0, 1], 50).astype(np.int64))
    assert len(set(groups.numbers[:50].tolist())) == 1
    assert groups.cut == ()


def test_half_of_a_class_may_be_alike() -> None:
    groups = grouped(chain(0, 24, CLOSE), np.repeat([0, 1], 50).astype(np.int64))
    assert len(set(groups.numbers[:25].tolist())) == 1
    assert groups.cut == ()


def test_two_of_three_stay_together() -> None:
    groups = grouped([Link(CLOSE, 0, 1)], np.array([0, 0, 0, 1, 1], np.int64))
    assert groups.numbers.tolist() == [0, 0, 1, 2, 3]


@st.composite
def linked(draw: st.DrawFn) -> tuple[list[Link], np.ndarray]:
    n = draw(st.integers(4, 40))
    place = st.integers(0, n - 1)
    links = draw(st.lists(st.builds(Link, st.sampled_from([COPIES, CLOSE, NEAR, 1.0]), place, place), max_size=80))
    classes = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    return sorted(link for link in links if link.first != link.second), np.array(classes, np.int64)


@given(linked())
def test_copies_stay_together_and_others_leave_every_class_two_groups(given_: tuple[list[Link], np.ndarray]) -> None:
    links, classes = given_
    numbers = grouped(links, classes).numbers
    alone = grouped([link for link in links if link.distance <= COPY], classes).numbers
    for link in links:
        if link.distance <= COPY:
            assert numbers[link.first] == numbers[link.second]
    for label in np.unique(classes):
        if len(set(alone[classes == label].tolist())) == int((classes == label).sum()) > 1:
            assert len(set(numbers[classes == label].tolist())) > 1
