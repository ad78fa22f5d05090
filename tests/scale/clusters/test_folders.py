"""Folders that last as long as a process: those of killed ones are removed, those of living ones never."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from edgewright.scale.clusters.folders import folder_of_ours
from edgewright.scale.clusters.keeping import RayKeeper


def test_what_is_left_of_others_is_removed_and_what_is_in_use_is_not(tmp_path: Path):
    (tmp_path / "x-left").mkdir()
    (tmp_path / "x-left" / "lock").touch()
    (tmp_path / "y-other").mkdir()
    with folder_of_ours("x-", tmp_path) as first, folder_of_ours("x-", tmp_path) as second:
        assert first != second
        assert {path.name for path in tmp_path.iterdir()} == {first.name, second.name, "y-other"}
    assert [path.name for path in tmp_path.iterdir()] == ["y-other"]


def test_many_that_begin_at_once_leave_each_other_alone(tmp_path: Path):
    def use(number: int) -> bool:
        with folder_of_ours("x-", tmp_path) as made:
            (made / "file").write_text(str(number))
            return (made / "file").exists()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(200)))
    assert not list(tmp_path.iterdir())


def test_keepers_far_away_leave_nothing_in_the_folder_for_temporary_files(tmp_path: Path, work, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    RayKeeper(work, 60.0, None, None, [])  # which is killed
    keeper = RayKeeper(work, 60.0, None, None, [])
    assert len(list(tmp_path.iterdir())) <= 2
    keeper.close()
    RayKeeper(work, 60.0, None, None, []).close()
    assert not list(tmp_path.iterdir())
