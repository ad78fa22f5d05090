"""Storage that is not there, for a while or on one machine, is no error of each of its inputs."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from edgewright.errors import DataError, UsageError
from edgewright.scale import Entry, Manifest, Work, again, read_rows
from edgewright.scale.answering import _answered
from edgewright.scale.clusters.keeping import RayKeeper
from edgewright.scale.deaths import died_of
from edgewright.scale.reading import source_of
from edgewright.scale.sharding import run_shard
from edgewright.task.inputs.picture import KIND

from .test_tars import tar_of

LOST = r"none of 25 inputs is there, .*pictures/001.png neither. Is their storage mounted on this machine"


def test_storage_that_is_not_mounted_ends_the_share_and_writes_no_row(tmp_path: Path, pictures: Path, work: Work):
    manifest = Manifest.make(tmp_path / "out", [str(pictures)], work, piece=10)
    run_shard(manifest, work, (2, 3))
    pictures.rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=LOST):
        run_shard(manifest, work)
    assert [row["index"] for row in read_rows(tmp_path / "out")] == list(range(20, 25))
    (tmp_path / "elsewhere").rename(pictures)
    assert run_shard(manifest, work) == 20
    assert all("error" not in row for row in read_rows(tmp_path / "out"))


def test_a_piece_of_files_that_are_gone_has_rows_where_others_are_there(tmp_path: Path, pictures: Path, work: Work):
    names = [f"{number}.png" for number in range(20)] + ["001.png"]
    (pictures / "names.txt").write_text("\n".join(names))
    manifest = Manifest.make(tmp_path / "out", [f"@{pictures}/names.txt"], work, piece=10)
    assert run_shard(manifest, work) == 21
    assert ["error" in row for row in read_rows(tmp_path / "out")] == [True] * 20 + [False]


def test_a_few_that_are_all_gone_have_rows(tmp_path: Path, work: Work):
    manifest = Manifest.make(tmp_path / "out", [f"{tmp_path}/a.png", f"{tmp_path}/b.png"], work)
    assert run_shard(manifest, work) == 2


def test_a_machine_of_a_cluster_without_the_storage_ends_the_run(tmp_path: Path, work: Work):
    gone = [Entry(f"{tmp_path}/{number:03}.png") for number in range(25)]
    said = RayKeeper(work, 60.0, str(tmp_path / "deaths"), None, gone).do(gone[:4], 0)
    assert said["error"] == "DataError"
    assert "none of 25 inputs is there" in said["text"]
    said = RayKeeper(work, 60.0, str(tmp_path / "deaths"), f"{tmp_path}/none", gone).do(gone[:4], 0)
    assert "none: names of inputs begin in this folder, and it is not there" in said["text"]
    assert died_of(tmp_path / "deaths") == []


def test_relative_names_begin_in_one_folder(
    tmp_path: Path, pictures: Path, work: Work, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    made = Manifest.make(tmp_path / "out", ["pictures"], work)
    assert Manifest.make(tmp_path / "out", ["pictures"], work) == made
    monkeypatch.chdir(pictures)
    said = f"the folder that relative names begin in: {tmp_path} there, {pictures} now"
    with pytest.raises(UsageError, match=said):
        Manifest.make(tmp_path / "out", ["pictures"], work)
    absolute = Manifest.make(tmp_path / "other", [str(pictures)], work)
    monkeypatch.chdir(tmp_path)
    assert Manifest.make(tmp_path / "other", [str(pictures)], work) == absolute


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE])
def test_a_file_that_fails_for_a_while_is_read_again(code: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(again, "_PAUSES_S", (0.0, 0.0, 0.0))
    failing = [code, code]

    def task(source: str) -> str:
        if failing:
            raise DataError(f"{source}: cannot be read") from OSError(failing.pop(), "for a while")
        return source

    assert _answered(task, Entry("a.png"), lambda: "a.png", lambda: None).result == "a.png"  # type: ignore[arg-type,comparison-overlap]
    failing += [code] * 5
    assert "cannot be read" in str(_answered(task, Entry("a.png"), lambda: "a.png", lambda: None).error)  # type: ignore[arg-type]
    assert len(failing) == 1
    failing[:] = [errno.EACCES] * 2
    assert _answered(task, Entry("a.png"), lambda: "a.png", lambda: None).error is not None  # type: ignore[arg-type]
    assert len(failing) == 1


def test_a_part_of_an_archive_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(again, "_PAUSES_S", (0.0, 0.0, 0.0))
    path = tmp_path / "x.tar"
    path.write_bytes(tar_of({"x.png": b"content"}))
    opened, failing = Path.open, [errno.ESTALE]

    def fragile(self, *given, **options):
        if failing:
            raise OSError(failing.pop(), "Stale file handle")
        return opened(self, *given, **options)

    monkeypatch.setattr(Path, "open", fragile)
    assert source_of(Entry(f"{path}/x.png", str(path), 512, 7), KIND).read() == b"content"
