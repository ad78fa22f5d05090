"""JSON, archives and labels of strangers: refused over a limit, before they are parsed."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from edgewright.documents import parse_json
from edgewright.errors import FormatError, MetadataError, UsageError
from edgewright.model import ModelFile, OutputMetadata
from edgewright.task import read_labels
from edgewright.zips import open_zip


@pytest.mark.parametrize("text", ["[" * 900 + "]" * 900, '{"a":' * 900 + "1" + "}" * 900, "[" * 10**6])
def test_json_nested_deeper_than_any_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="nested over 200 deep"):
        parse_json(text, most_bytes=10**7)


def test_json_of_more_values_than_any_has_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 1,000,000 values"):
        parse_json("[" + "[]," * 10**6 + "1]", most_bytes=10**7)
    with pytest.raises(ValueError, match=r"at most 10 are read"):
        parse_json(b"[1,2,3,4,5,6]", most_bytes=10)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])
def test_brackets_in_texts_do_not_count(encoding: str) -> None:
    value = {"a": ["[{" * 1000, '\\"[', '"', "ü"] * 50}
    assert parse_json(json.dumps(value, ensure_ascii=False).encode(encoding), most_bytes=10**6) == value


def archive(**members: bytes) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return stream


def test_an_archive_over_a_limit_is_refused_before_it_is_unpacked() -> None:
    for limits, words in (({"members": 1, "total": 9}, "2 files"), ({"members": 9, "total": 3}, "4 bytes in all")):
        with pytest.raises(zipfile.BadZipFile, match=words):
            open_zip(archive(a=b"aa", b=b"bb"), **limits)
    with pytest.raises(zipfile.BadZipFile, match="decompression bomb"):
        open_zip(archive(a=bytes(5 << 20)), members=9, total=1 << 30)
    many = archive(**{f"{number:0500}": b"" for number in range(100)})
    with pytest.raises(zipfile.BadZipFile, match="its directory has"):
        open_zip(many, members=10, total=9)


def test_an_archive_of_a_version_that_there_is_not_is_no_archive() -> None:
    content = bytearray(archive(a=b"a").getvalue())
    content[content.index(b"PK\1\2") + 6] = 99
    with pytest.raises(zipfile.BadZipFile, match=r"version 9\.9"):
        open_zip(io.BytesIO(content), members=9, total=9)
    with pytest.raises(FormatError, match=r"a zip archive that cannot be read \(zip file version 9\.9\)"):
        ModelFile.read(bytes(content))


def test_a_label_longer_than_any_is_refused_wherever_it_comes_from(tmp_path) -> None:
    long = "x" * 1001
    with pytest.raises(MetadataError, match="1,001 characters"):
        OutputMetadata(labels=("a", long))
    (tmp_path / "labels.txt").write_text(f"a\n{long}\n")
    for labels in (tmp_path / "labels.txt", ["a", long]):
        with pytest.raises(UsageError, match="1,001 characters"):
            read_labels(labels)
    (tmp_path / "labels.txt").write_text("a\n" * 1_000_002)
    with pytest.raises(UsageError, match="no list of labels"):
        read_labels(tmp_path / "labels.txt")
