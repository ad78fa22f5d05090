"""The same files make the same bundle, whole or not at all."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bundle.desk import FILES, manifest_of
from edgewright.bundle import Entry, open_bundle
from edgewright.deploy import entry_of, write_bundle
from edgewright.errors import BundleError, OutputError
from edgewright.files import give_name


def test_the_same_files_make_the_same_bytes(tmp_path: Path) -> None:
    lying = {}
    for number, (path, content) in enumerate(FILES.items()):
        lying[path] = tmp_path / str(number)
        lying[path].write_bytes(content)
    write_bundle(tmp_path / "a", manifest_of(), FILES)
    write_bundle(tmp_path / "b", manifest_of(), lying)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_bundle(tmp_path / "a", manifest_of(), FILES)
    write_bundle(tmp_path / "a", manifest_of(), FILES, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_it_is_written_where_a_link_leads_which_may_be_another_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a").write_text("before")
    (tmp_path / "a").symlink_to(tmp_path / "there" / "a")
    places: list[Path] = []

    def named(temporary: Path, path: Path, *, overwrite: bool) -> None:
        places.append(temporary.parent)
        give_name(temporary, path, overwrite=overwrite)

    monkeypatch.setattr(sys.modules["edgewright.deploy.writing"], "give_name", named)
    write_bundle(tmp_path / "a", manifest_of(), FILES, overwrite=True)
    assert places == [tmp_path / "there"]
    assert (tmp_path / "a").is_symlink()
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["a"]


def test_a_file_that_changed_makes_no_bundle(tmp_path: Path) -> None:
    changed = FILES | {"words.toml": b"other"}
    for files in (changed, {"words.toml": FILES["words.toml"]}):
        with pytest.raises(BundleError):
            write_bundle(tmp_path / "a", manifest_of(), files)
    with pytest.raises(BundleError, match="cannot be read"):
        entry_of("words.toml", tmp_path / "missing")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("path", ["a" * 100, f"{'a' * 90}/{'b' * 90}", f"{'a' * 50}/{'b' * 50}/{'c' * 50}"])
def test_long_paths_go_there_and_back(path: str, tmp_path: Path) -> None:
    write_bundle(tmp_path / "a", manifest_of(files={path: b"x"}), {path: b"x"})
    with open_bundle(tmp_path / "a", [], unsigned=True) as opened:
        opened.unpack(tmp_path / "new")
    assert (tmp_path / "new" / path).read_bytes() == b"x"


def test_a_path_with_no_room_in_the_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="too long"):
        write_bundle(tmp_path / "a", manifest_of(files={"a" * 150: b"x"}), {"a" * 150: b"x"})


def test_a_size_with_no_room_in_the_archive_is_refused(tmp_path: Path) -> None:
    manifest = replace(manifest_of(), files=(Entry("huge", 8**11, "0" * 64),))
    with pytest.raises((BundleError, OutputError), match=r"8 GB|disk is full"):
        write_bundle(tmp_path / "a", manifest, {"huge": b""})
