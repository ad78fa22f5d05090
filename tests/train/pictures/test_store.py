"""Rows on the disk: written in pieces, cut off anywhere, they go on behind the last finished piece."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import OutputError
from edgewright.train.pictures.store import Column, Store, check_space, needed_to_choose

COLUMNS = (Column("features", (3,), "float32"), Column("between", (2, 2), "float16"))


def rows(start: int, count: int) -> dict[str, np.ndarray]:
    numbers = np.arange(start, start + count)
    return {
        "features": np.repeat(numbers[:, None], 3, axis=1).astype(np.float32),
        "between": np.tile(numbers[:, None, None], (1, 2, 2)).astype(np.float16),
    }


def pieces(start: int, total: int, size: int) -> Iterator[dict[str, np.ndarray]]:
    for at in range(start, total, size):
        yield rows(at, min(size, total - at))


@given(total=st.integers(1, 40), size=st.integers(1, 9), first=st.integers(0, 40), torn=st.integers(0, 50))
def test_what_was_cut_off_goes_on(
    tmp_path_factory: pytest.TempPathFactory, total: int, size: int, first: int, torn: int
) -> None:
    store = Store(tmp_path_factory.mktemp("store") / "seen", COLUMNS, total)
    written = min(first // size * size, total)
    store.fill(pieces(0, written, size))
    assert store.done == written
    if written:
        with (store.folder / "features.rows").open("ab") as stream:
            stream.write(b"\xff" * torn)  # a piece that was being written
    store.fill(pieces(store.done, total, size))
    assert store.done == total
    for name, expected in rows(0, total).items():
        np.testing.assert_array_equal(store.read()[name], expected)


@pytest.mark.parametrize("note", ["", "{}", "nonsense", '{"done": 9}', '{"done": "many"}', "[]"])
def test_a_note_that_is_not_true_counts_for_nothing(tmp_path: Path, note: str) -> None:
    store = Store(tmp_path, COLUMNS, 8)
    store.fill(pieces(0, 4, 2))
    (tmp_path / "done.json").write_text(note)
    assert store.done == 0
    store.fill(pieces(0, 8, 4))
    np.testing.assert_array_equal(store.read()["features"], rows(0, 8)["features"])


def test_a_full_disk_is_one_line_and_what_was_finished_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "seen", COLUMNS, 1000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OutputError, match="cannot be written: File too large"):
            store.fill(pieces(0, 1000, 100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert store.done == 300, "of 12 bytes each"
    assert json.loads((store.folder / "done.json").read_text()) == {"done": 300}
    store.fill(pieces(300, 1000, 100))
    np.testing.assert_array_equal(store.read()["features"], rows(0, 1000)["features"])


def test_what_the_disk_has_no_room_for_is_refused_before_the_work(tmp_path: Path) -> None:
    huge = Store(tmp_path / "seen", (Column("between", (14, 14, 112), "float16"),), 10**9)
    with pytest.raises(OutputError, match=r"take 43,904,000 MB, and .* MB are free. Free some space"):
        check_space(huge.needed(), tmp_path)
    check_space(huge.needed(10), tmp_path)


def test_what_is_still_to_be_written_is_what_will_lie_there_and_does_not_yet(tmp_path: Path) -> None:
    store = Store(tmp_path / "seen", COLUMNS, 10)
    assert (store.needed(), store.needed(4), store.needed(99)) == (200, 80, 200)
    store.fill(pieces(0, 6, 2))
    assert (store.needed(), store.needed(4)) == (80, 0)


def test_of_what_is_not_chosen_only_some_rows_need_room(tmp_path: Path) -> None:
    stores = [Store(tmp_path / name, COLUMNS, 10) for name in ("stretch", "crop")]
    assert needed_to_choose(stores, 4) == 200 + 80
    for store, rows_of_it in zip(stores, (4, 6), strict=True):
        store.fill(pieces(0, rows_of_it, 2))
    assert needed_to_choose(stores, 4) == 80
    assert needed_to_choose(stores[:1], 4) == 120
