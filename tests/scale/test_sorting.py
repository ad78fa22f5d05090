"""Sorting names through files: the same as in memory, in bounded memory, with nothing left behind."""

from __future__ import annotations

import random
import tempfile
import tracemalloc
from pathlib import Path

import pytest

from edgewright.scale.listing import sorting
from edgewright.scale.listing.sorting import sorted_names


def names(count: int) -> list[str]:
    drawn = random.Random(7)
    return [f"in/{drawn.randrange(30)}{drawn.choice('/-')}{drawn.randrange(10**9)}.jpg" for _ in range(count)]


@pytest.mark.parametrize(("run", "most_open"), [(10_000, 64), (1000, 64), (100, 3), (7, 2), (1999, 64), (2000, 64)])
def test_the_order_is_that_of_paths_however_often_it_is_merged(
    run: int, most_open: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sorting, "_OPEN_AT_ONCE", most_open)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    given = [*names(1995), "new\nline", '"', "\udcff", "\u2028", "\\"]
    assert list(sorted_names(given, run=run)) == [str(path) for path in sorted(map(Path, given))]
    assert list(tmp_path.iterdir()) == []


def test_many_names_are_never_in_memory_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    count, run = 6000, 300
    given = (f"folder/{number * 7919 % count:0150}" for number in range(count))
    tracemalloc.start()
    last = ""
    for name in sorted_names(given, run=run):
        assert last < name
        last = name
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 600_000  # all of them take 1.2 MB
