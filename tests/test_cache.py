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
