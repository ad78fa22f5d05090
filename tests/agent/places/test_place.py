"""Zones and lines: what is refused, and what geometry says of points and ways."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.agent import Line, PlaceError, Zone
from edgewright.agent.events.places.geometry import area, contains, crossings, distance, edges
from edgewright.agent.events.places.place import extent_of, point_of
from edgewright.errors import UsageError
from edgewright.media import Box

SQUARE = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]


class TestZones:
    def test_points_become_shares_as_floats(self):
        assert Zone("yard", [[0, 0], [1, 0], (1, 1)]).points == ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))

    @pytest.mark.parametrize(
        ("points", "words", "point"),
        [
            ([], "a polygon of 0 points, expected 3 to 100", None),
            ([(0, 0), (1, 1)], "a polygon of 2 points", None),
            ([(0, 0)] * 101, "a polygon of 101 points", None),
            ([(0, 0), (1, 0), (1, 1), (0, 1.2)], "point 4: 1.2, expected a share of the picture", 3),
            ([(0, 0), (640, 0), (1, 1)], "point 2: 640, expected a share", 1),
            ([(0, 0), (1, -0.1), (1, 1)], "point 2: -0.1", 1),
            ([(0, 0), (1, math.nan), (1, 1)], "point 2: nan, expected a number", 1),
            ([(0, 0), (1, math.inf), (1, 1)], "point 2: inf, expected a number", 1),
            ([(0, 0), (1, True), (1, 1)], "point 2: True, expected a number", 1),
            ([(0, 0), (1, "0"), (1, 1)], "point 2: '0', expected a number", 1),
            ([(0, 0), (1, 0, 0), (1, 1)], r"point 2: \(1, 0, 0\), expected \[x, y\]", 1),
            ([(0, 0), "ab", (1, 1)], "point 2: 'ab', expected", 1),
            ([0, 0, 1, 1], "point 1: 0, expected", 0),
            ("abc", "expected a list of points", None),
            (None, "expected a list of points", None),
            ([(0, 0), (0, 0), (1, 1)], "point 2: it is the same as point 1", 1),
            ([(0, 0), (1, 0), (1, 1), (0, 0)], "point 1: it is the same as point 4", 0),
            (
                [(0, 0), (1, 1), (1, 0), (0, 1)],
                "crosses itself: between points 1 and 2 and between points 3 and 4",
                None,
            ),
            ([(0, 0), (1, 0), (0.5, 0), (0.5, 1)], "crosses itself", None),
            ([(0, 0), (0.5, 0.5), (1, 1)], "crosses itself|covers nothing", None),
            ([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)], "crosses itself", None),
            ([(0, 0), (0.001, 0), (0.001, 0.001)], "covers nothing", None),
        ],
    )
    def test_a_broken_polygon_says_what_is_wrong_and_where(self, points, words, point):
        with pytest.raises(PlaceError, match=words) as caught:
            Zone("yard", points)
        assert caught.value.point == point
        assert str(caught.value).startswith("'yard': ")
        assert isinstance(caught.value, UsageError)

    @pytest.mark.parametrize("name", ["", "  ", "a\nb", "\x1b[2J", "x" * 101, 3, None])
    def test_a_name_that_nobody_could_read(self, name):
        with pytest.raises(PlaceError, match="expected a name"):
            Zone(name, SQUARE)


class TestLines:
    def test_two_points_are_enough_and_there_may_be_more(self):
        assert len(Line("gate", [(0, 0), (1, 1)]).points) == 2
        assert len(Line("gate", [(0, 0), (0.5, 0.2), (1, 0)]).points) == 3

    @pytest.mark.parametrize(
        ("points", "words"),
        [
            ([(0, 0)], "a line of 1 points, expected 2 to 100"),
            ([(0, 0), (0, 0)], "point 2: it is the same as point 1"),
            ([(0, 0), (1, 0), (0.5, 0)], "crosses itself"),
            ([(0, 0), (1, 1), (1, 0), (0, 1)], "crosses itself"),
            ([(0, 0), (1, 0), (1, 1), (0, 0)], "crosses itself"),
        ],
    )
    def test_a_broken_line(self, points, words):
        with pytest.raises(PlaceError, match=words):
            Line("gate", points)

    def test_in_is_from_the_left_hand_to_the_right(self):
        right_to_walk = edges([(0.0, 5.0), (10.0, 5.0)], closed=False)
        assert crossings(right_to_walk, ((5.0, 0.0), (5.0, 10.0))) == 1  # down the picture
        assert crossings(right_to_walk, ((5.0, 10.0), (5.0, 0.0))) == -1

    def test_beside_the_ends_nothing_is_crossed(self):
        line = edges([(2.0, 5.0), (8.0, 5.0)], closed=False)
        assert crossings(line, ((1.0, 0.0), (1.0, 10.0))) == 0
        assert crossings(line, ((9.0, 0.0), (9.0, 10.0))) == 0


# Coordinates on a coarse grid: points on lines and on corners are the rule, not the exception.
grid = st.integers(0, 8).map(float)
points = st.tuples(grid, grid)


class TestGeometry:
    @given(st.lists(points, min_size=2, max_size=12))
    def test_however_a_way_wanders_its_crossings_sum_up_to_where_it_ends(self, way):
        """Over a line without end there and back is nothing: only the sides of both ends count."""
        line = edges([(-100.0, 3.0), (100.0, 3.0)], closed=False)
        steps = sum(crossings(line, step) for step in edges(way, closed=False))
        assert steps == (way[-1][1] >= 3) - (way[0][1] >= 3)

    @given(st.lists(points, min_size=2, max_size=8), points, points)
    def test_back_is_the_opposite_of_there(self, line, begin, end):
        way = edges(line, closed=False)
        assert crossings(way, (begin, end)) == -crossings(way, (end, begin))

    @given(points, st.floats(0.1, 5))
    def test_who_is_inside_of_a_square(self, point, half):
        x, y = 4.03, 4.07
        square = edges(
            [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)], closed=True
        )
        assert contains(square, point) == (abs(point[0] - x) < half and abs(point[1] - y) < half)

    @given(points)
    def test_distances(self, point):
        line = edges([(0.0, 3.0), (8.0, 3.0)], closed=False)
        assert distance(line, point) == pytest.approx(abs(point[1] - 3))

    @given(st.lists(points, min_size=3, max_size=6, unique=True))
    def test_a_zone_that_is_taken_covers_something_and_has_an_inside(self, corners):
        try:
            zone = Zone("z", [(x / 8, y / 8) for x, y in corners])
        except PlaceError:
            return
        assert area(zone.points) > 0
        outline = zone.outline((800, 800))
        random = [(i * 13.7 % 800, i * 29.3 % 800) for i in range(600)]
        share = sum(contains(outline, point) for point in random) / len(random)
        assert share == pytest.approx(area(zone.points), abs=0.1)


class TestPointsOfBoxes:
    BOX = Box(100, 50, 140, 150)

    @pytest.mark.parametrize(
        ("anchor", "point"),
        [
            *(("bottom", (120, 150)), ("top", (120, 50)), ("center", (120, 100))),
            *(("left", (100, 100)), ("right", (140, 100))),
        ],
    )  # fmt: skip
    def test_each(self, anchor, point):
        assert point_of(self.BOX, anchor, (480, 640)) == point
        assert extent_of(self.BOX) == 70

    def test_a_box_that_is_cut_at_the_border_stands_in_a_zone_that_reaches_up_to_there(self):
        whole = Zone("all", [(0, 0), (1, 0), (1, 1), (0, 1)]).outline((480, 640))
        for box in (Box(0, 0, 10, 480), Box(600, 0, 640, 480), Box(0, 0, 640, 480)):
            for anchor in ("bottom", "top", "left", "right", "center"):
                assert contains(whole, point_of(box, anchor, (480, 640)))
