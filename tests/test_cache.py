"""Results on disk by content."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.cache import Cache
from edgewright.errors import OutputError


def test_work_is_done_once_also_by_another_process(tmp_path: Path):
    calls = []
    for _ in range(2):
        result = Cache(tmp_path / "c").remember({"model": "a"}, lambda: calls.append(1) or {"drop": 0.5})
    assert result == {"drop": 0.5}
    assert calls == [1]


def test_another_key_is_another_result(tmp_path: Path):
    cache = Cache(tmp_path)
    cache.put({"model": "a"}, 1)
    assert cache.get({"model": "b"}) is None
    assert cache.get({"model": "a"}) == 1


def test_the_order_of_a_key_says_nothing(tmp_path: Path):
    cache = Cache(tmp_path)
    cache.put({"a": 1, "b": 2}, "x")
    assert cache.get({"b": 2, "a": 1}) == "x"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"key": {}}'])
def test_a_damaged_result_is_worked_out_again(tmp_path: Path, content: bytes):
    cache = Cache(tmp_path)
    cache.path({"a": 1}, ".json").write_bytes(content)
    assert cache.remember({"a": 1}, lambda: 5) == 5
    assert cache.get({"a": 1}) == 5


def test_a_file_is_made_once(tmp_path: Path):
    cache = Cache(tmp_path)
    first = cache.file({"a": 1}, ".bin", lambda path: path.write_bytes(b"one"))
    second = cache.file({"a": 1}, ".bin", lambda path: path.write_bytes(b"two"))
    assert first == second
    assert second.read_bytes() == b"one"


def test_a_file_in_the_place_of_the_folder_is_one_clear_line(tmp_path: Path):
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be made"):
        Cache(tmp_path / "f")


@pytest.mark.parametrize("forged", [b"another", b"", None])
def test_a_file_that_is_not_as_it_was_made_is_made_again(tmp_path: Path, forged: bytes | None):
    cache, calls = Cache(tmp_path), []

    def make(path: Path) -> None:
        calls.append(path)
        path.write_bytes(b"made")

    path = cache.file({"a": 1}, ".bin", make)
    path.unlink() if forged is None else path.write_bytes(forged)
    assert cache.file({"a": 1}, ".bin", make).read_bytes() == b"made"
    assert calls == [path, path]


def test_a_file_that_was_put_there_is_not_believed(tmp_path: Path):
    cache = Cache(tmp_path)
    cache.path({"a": 1}, ".bin").write_bytes(b"another")
    assert cache.file({"a": 1}, ".bin", lambda path: path.write_bytes(b"made")).read_bytes() == b"made"


def test_what_is_kept_of_work_that_left_a_file_holds_while_that_is_as_it_was_left(tmp_path: Path):
    cache, path, calls = Cache(tmp_path), tmp_path / "left.bin", []

    def work() -> str:
        calls.append(1)
        path.write_bytes(b"left")
        return "done"

    assert [cache.remember_with_file(path, {"a": 1}, work) for _ in range(2)] == ["done", "done"]
    assert len(calls) == 1
    path.write_bytes(b"another")
    assert cache.remember_with_file(path, {"a": 1}, work) == "done"
    assert path.read_bytes() == b"left"


def test_work_that_left_no_file_is_not_done_again_until_there_is_one(tmp_path: Path):
    cache, path, calls = Cache(tmp_path), tmp_path / "none.bin", []
    for _ in range(2):
        assert cache.remember_with_file(path, {"a": 1}, lambda: calls.append(1) or "failed") == "failed"
    assert len(calls) == 1
    path.write_bytes(b"put there")
    cache.remember_with_file(path, {"a": 1}, lambda: calls.append(1) or "failed")
    assert len(calls) == 2
