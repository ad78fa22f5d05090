"""Inputs in tar archives: found where they lie, read with one seek, and hostile archives refused in one line."""

from __future__ import annotations

import io
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from edgewright.errors import DataError
from edgewright.scale import Entry, list_inputs, source_of
from edgewright.task.inputs.picture import KIND


def tar_of(members: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:", format=form) as archive:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return stream.getvalue()


def listed(path: Path) -> list[Entry]:
    return list(list_inputs([str(path)], KIND))


SAMPLES = {
    "a/0001.cls": b"3",
    "a/0001.jpg": b"first",
    "a/0001.json": b"{}",
    "a/0002.mask.png": b"mask",
    "a/0002.png": b"second",
    "a/0002.jpg": b"other",
    "a/.0003.jpg": b"hidden",
    "b/0002.JPG": b"third",
    "b/none.txt": b"text",
    "b/" + "long" * 80 + ".jpg": b"fourth",
    "../out\nside.jpg": b"fifth",
}


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_each_sample_is_one_input(tmp_path: Path, form: int):
    path = tmp_path / "0.tar"
    path.write_bytes(tar_of(SAMPLES, form))
    found = listed(path)
    assert [entry.name.removeprefix(f"{path}/") for entry in found] == [
        "a/0001.jpg", "a/0002.png", "b/0002.JPG", "b/" + "long" * 80 + ".jpg", "../out\nside.jpg",
    ]  # fmt: skip
    assert [source_of(entry, KIND).read() for entry in found] == [b"first", b"second", b"third", b"fourth", b"fifth"]
    assert [Entry.of_line(entry.to_line()) for entry in found] == found
    assert list(tmp_path.iterdir()) == [path]


DOTTED = {
    "names with dates": ([f"a/IMG.2024-05.{n:03}.jpg" for n in range(5)], slice(None)),
    "more than a sample has": ([f"cam.{n}.jpg" for n in range(300)], slice(None)),
    "two views of each": (["1.left.jpg", "1.right.jpg", "1.json", "2.left.jpg", "2.right.jpg"], (0, 1, 3, 4)),
    "two formats of each": (["x.1.jpg", "x.1.png", "x.2.png"], (0, 2)),
    "a sample with a mask": (["1.mask.png", "1.jpg", "1.depth.jpg", "1.cls"], (1,)),
    "the same stem in two folders": (["a/x.jpg", "b/x.jpg"], slice(None)),
}


@pytest.mark.parametrize("case", DOTTED)
def test_names_with_more_dots_lose_no_input(tmp_path: Path, case: str):
    there, meant = DOTTED[case]
    (tmp_path / "0.tar").write_bytes(tar_of(dict.fromkeys(there, b"x")))
    expected = there[meant] if isinstance(meant, slice) else [there[place] for place in meant]
    assert [entry.name.removeprefix(f"{tmp_path}/0.tar/") for entry in listed(tmp_path / "0.tar")] == expected


def test_a_pattern_of_archives_gives_what_is_in_all_of_them(tmp_path: Path):
    for number in range(3):
        (tmp_path / f"{number}.tar").write_bytes(tar_of({f"{number}.jpg": b"x"}))
    assert [entry.name for entry in list_inputs([f"{tmp_path}/*.tar"], KIND)] == [
        f"{tmp_path}/{number}.tar/{number}.jpg" for number in range(3)
    ]


@pytest.mark.parametrize("name", ["x.tar.gz", "x.tgz", "x.tar.zst"])
def test_a_packed_archive_is_refused_with_what_to_do(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"\x1f\x8b")
    with pytest.raises(DataError, match=r"a packed archive can only be read from its start.*give the .tar"):
        listed(tmp_path / name)


def header(name: str, size: int = 0, kind: bytes = b"0", said: bytes | None = None) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, "/etc/passwd"
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    if said is not None:
        block[124:136] = said
        block[148:156] = b" " * 8
        block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


GOOD = tar_of({"0.jpg": b"x" * 600, "1.jpg": b"y" * 600})
END = bytes(1024)
HOSTILE = {
    "empty": b"",
    "no tar": b"\xff\xd8\xff" * 1000,
    "zeros": bytes(100),
    "cut in a member": GOOD[:1000],
    "cut in a header": GOOD[: 512 + 1024 + 300],
    "cut before its end": GOOD[: 2 * (512 + 1024)],
    "damaged header": GOOD[: 512 + 1024 + 5] + b"\x55" * 20 + GOOD[512 + 1024 + 25 :],
    "huge member": header("0.jpg", 1 << 62) + END,
    "negative member": header("0.jpg", said=b"\xff" * 11 + b"\x00") + END,
    "negative name": header("././@LongLink", kind=b"L", said=b"\xff" * 11 + b"\x00") + END,
    "huge name": header("././@LongLink", 1 << 40, b"L") + END,
    "huge headers": header("x", 1 << 40, b"x") + END,
    "headers of headers": header("x", 0, b"x") * 5000 + END,
    "names of names": header("././@LongLink", 0, b"L") * 5000 + END,
    "holes": header("0.jpg", 512, b"S") + bytes(512) + END,
}


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_archive_is_one_error(tmp_path: Path, hostile: str):
    path = tmp_path / "0.tar"
    path.write_bytes(HOSTILE[hostile])
    with pytest.raises(DataError, match=r"0.tar: "):
        listed(path)


def test_links_and_devices_are_no_inputs(tmp_path: Path):
    path = tmp_path / "0.tar"
    odd = b"".join(header(f"{kind.decode()}.jpg", 0, kind) for kind in (b"1", b"2", b"3", b"4", b"5", b"6"))
    path.write_bytes(odd + GOOD)
    assert [entry.name for entry in listed(path)] == [f"{path}/0.jpg", f"{path}/1.jpg"]


def test_many_members_are_never_in_memory_at_once(tmp_path: Path):
    path = tmp_path / "0.tar"
    one = header("{}.jpg")
    path.write_bytes(one * 600 + END)
    entries = list_inputs([str(path)], KIND)
    tracemalloc.start()
    count = sum(1 for _ in entries)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1  # all have one name
    assert peak < 100_000  # as objects, 600 headers take 290 KB


def test_an_archive_that_changed_is_an_error_of_its_inputs(tmp_path: Path):
    path = tmp_path / "0.tar"
    path.write_bytes(GOOD)
    first, second = listed(path)
    path.write_bytes(GOOD[:1800])
    assert source_of(first, KIND).read() == b"x" * 600
    with pytest.raises(DataError, match=r"1.jpg: only 0 of its 600 bytes are there"):
        source_of(second, KIND).read()
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        source_of(first, KIND).read()
    with pytest.raises(DataError, match="over 256 MiB"):
        source_of(first._replace(size=1 << 40), KIND).read()


@pytest.mark.parametrize(("offset", "size"), [(-1, 5), (1 << 70, 5), (0, -5), (0, 1 << 70)])
def test_a_hostile_place_in_an_archive_is_an_error_of_its_input(tmp_path: Path, offset: int, size: int):
    path = tmp_path / "0.tar"
    path.write_bytes(GOOD)
    with pytest.raises(DataError, match=r"0.jpg: "):
        source_of(Entry(f"{path}/0.jpg", str(path), offset, size), KIND).read()
