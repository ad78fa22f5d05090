"""Which files words stand for: as `glob` and `Path.rglob` have them, but one by one."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest

from edgewright.media import find_files, matching_files, walk_files

FILES = "a/1.jpg a/.h.jpg a/b/2.jpg a/b/c/3.jpg .hid/4.jpg x.jpg .y.jpg a/d.jpg/5.jpg [z]/6.jpg a-b/7.JPG a/n.txt"
PATTERNS = (
    "*.jpg **/*.jpg a/*.jpg a/**/*.jpg ** a/** */*.jpg a/*/c/*.jpg .* .*/* a/.* * **/c/*.jpg [[]z]/* a/b/../*.jpg "
    "nope/*.jpg */1.jpg **/**/*.jpg a/?.jpg a/[!1].jpg link/*.jpg"
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES.split():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("pattern", PATTERNS.split())
def test_a_pattern_stands_for_what_glob_says(tree: Path, pattern: str):
    for start in ("", "./", f"{tree}/"):
        assert sorted(map(Path, matching_files(start + pattern))) == sorted(
            map(Path, glob.glob(start + pattern, recursive=True))  # noqa: PTH207
        )


def test_what_is_no_pattern_matches_nothing(tree: Path):
    assert list(matching_files("x.jpg")) == []


@pytest.mark.parametrize("start", [".", "a", "a/"])
def test_a_folder_gives_what_lies_below_it_and_follows_no_links(tree: Path, start: str):
    there = {str(path) for path in Path(start).rglob("*") if path.suffix.lower() == ".jpg" and path.is_file()}
    assert set(walk_files(start, {".jpg"})) == {name for name in there if not Path(name).name.startswith(".")}
    assert list(find_files([start], {".jpg"})) == sorted(map(Path, walk_files(start, {".jpg"})))
