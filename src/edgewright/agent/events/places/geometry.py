"""Points, polygons and ways in a plane whose y goes down, as in a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

Point = tuple[float, float]
Edge = tuple[Point, Point]


def edges(points: Sequence[Point], *, closed: bool) -> list[Edge]:
    """The straight parts between points; with `closed`, from the last to the first too."""
    ends = (*points[1:], points[0]) if closed else points[1:]
    return list(zip(points, ends, strict=False))


def side(edge: Edge, point: Point) -> float:
    """Above 0 where a point lies to the right of one who walks along the edge, below 0 to the left (y goes down)."""
    (x0, y0), (x1, y1) = edge
    return (x1 - x0) * (point[1] - y0) - (y1 - y0) * (point[0] - x0)


def area(points: Sequence[Point]) -> float:
    """What a polygon that does not cross itself covers."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in edges(points, closed=True))) / 2


def contains(outline: Sequence[Edge], point: Point) -> bool:
    """Whether a point lies inside of the closed outline: a ray from it crosses an odd number of edges.

    Source: Shimrat, "Algorithm 112: Position of point relative to polygon", Communications of the ACM 5 (1962).
    """
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in outline:
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside


def distance(way: Sequence[Edge], point: Point) -> float:
    """From a point to the nearest place on the way."""
    return min(_distance(edge, point) for edge in way)


def _distance(edge: Edge, point: Point) -> float:
    (x0, y0), (x1, y1) = edge
    across, down = x1 - x0, y1 - y0
    length = across * across + down * down
    share = ((point[0] - x0) * across + (point[1] - y0) * down) / length if length else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.hypot(point[0] - x0 - share * across, point[1] - y0 - share * down)


def crossings(way: Sequence[Edge], step: Edge) -> int:
    """How often a step leads over the way from its left to its right, less how often it leads back.

    A point on the way is taken for one to the right of it, so that steps that meet there count once altogether; and the
    way back of a step counts what the step does.
    """
    total = 0
    across = (min(step), max(step))
    for edge in way:
        begins, ends = side(edge, step[0]) >= 0, side(edge, step[1]) >= 0
        if begins != ends and (side(across, edge[0]) >= 0) != (side(across, edge[1]) >= 0):
            total += 1 if ends else -1
    return total


def meeting(parts: Sequence[Edge], *, closed: bool) -> Iterator[tuple[int, int]]:
    """The numbers of parts that touch or cross and are no neighbors, or are neighbors that lie on one another."""
    for first, one in enumerate(parts):
        for second in range(first + 1, len(parts)):
            neighbors = second == first + 1 or (closed and first == 0 and second == len(parts) - 1)
            if neighbors and len(parts) > 2 - (not closed):
                shared_last = second == first + 1
                if _fold(one, parts[second]) if shared_last else _fold(parts[second], one):
                    yield first, second
            elif _meet(one, parts[second]):
                yield first, second


def _fold(one: Edge, after: Edge) -> bool:
    """Whether a part lies on the one before it, whose end is its beginning."""
    (x0, y0), (x1, y1) = one[1], one[0]
    x2, y2 = after[1]
    across = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
    along = (x1 - x0) * (x2 - x0) + (y1 - y0) * (y2 - y0)
    return across == 0 and along > 0


def _meet(one: Edge, other: Edge) -> bool:
    """Whether two parts have a point in common."""
    sides = [side(one, point) for point in other] + [side(other, point) for point in one]
    if sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0:
        return True
    ends = ((one, other[0]), (one, other[1]), (other, one[0]), (other, one[1]))
    return any(turn == 0 and _in_bounds(edge, point) for turn, (edge, point) in zip(sides, ends, strict=True))


def _in_bounds(edge: Edge, point: Point) -> bool:
    (x0, y0), (x1, y1) = edge
    return min(x0, x1) <= point[0] <= max(x0, x1) and min(y0, y1) <= point[1] <= max(y0, y1)
