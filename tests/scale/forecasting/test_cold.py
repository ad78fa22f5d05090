"""An input is read whole, from where it lies if the system can forget it."""

from __future__ import annotations

import io
import os

import pytest

from edgewright.media import Given
from edgewright.scale import Entry
from edgewright.scale.forecasting.cold import read_cold


def test_a_file_is_read_twice_and_forgotten_before(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"x" * 100_000)
    with path.open("rb") as file:
        os.fsync(file.fileno())  # what is not on the disk yet is never forgotten
    read = read_cold(Entry(str(path)), str(path))
    assert read.content == b"x" * 100_000
    assert read.warm_s is not None
    assert read.cold in (True, None)


def test_a_part_of_an_archive_is_what_its_source_gives(tmp_path):
    (tmp_path / "photos.tar").write_bytes(b"head" + b"content" + b"tail")
    read = read_cold(Entry("photos.tar/1.jpg", str(tmp_path / "photos.tar"), 4, 7), io.BytesIO(b"content"))
    assert read.content == b"content"
    assert read.warm_s is not None


def test_what_is_fetched_is_fetched_once():
    read = read_cold(Entry("https://example.org/1.jpg"), io.BytesIO(b"content"))
    assert (read.content, read.warm_s, read.cold) == (b"content", None, True)


def test_what_is_not_there_is_an_error(tmp_path):
    missing = str(tmp_path / "no.jpg")
    with pytest.raises(FileNotFoundError):
        read_cold(Entry(missing), missing)


def test_what_a_source_keeps_itself_is_not_read_once_more(tmp_path):
    (tmp_path / "photos.tar").write_bytes(b"head" + b"content" + b"tail")
    fetched = []

    def fetch() -> bytes:
        fetched.append(1)
        return b"content"

    source = Given("photos.tar/1.jpg", "photos.tar/1.jpg", "1", fetch)
    read = read_cold(Entry("photos.tar/1.jpg", str(tmp_path / "photos.tar"), 4, 7), source)
    assert (read.content, len(fetched)) == (b"content", 2)
