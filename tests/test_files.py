"""Files are there whole or not at all, and every reason for failing is one line that says what to do."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewright.errors import OutputError
from edgewright.files import _reserve_then_rename, check_free, give_name, write_atomic


def _line(path: Path, data: bytes = b"new", *, overwrite: bool = False) -> str:
    with pytest.raises(OutputError) as caught:
        write_atomic(path, data, overwrite=overwrite)
    message = str(caught.value)
    assert "\n" not in message
    return message


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, timeout=60
    )


_WRITE = """
import sys
from pathlib import Path
from edgewright.errors import OutputError
from edgewright.files import check_free, write_atomic
def attempt(path, size, overwrite):
    try:
        write_atomic(Path(path), b"n" * size, overwrite=overwrite)
    except OutputError as problem:
        print(problem)
        sys.exit(1)
"""


def test_the_bytes_arrive_and_nothing_else_does(tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    write_atomic(tmp_path / "model.tflite", data, overwrite=False)
    assert (tmp_path / "model.tflite").read_bytes() == data
    assert _names(tmp_path) == ["model.tflite"]


def test_a_relative_path_without_a_folder_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_atomic(Path("plain"), b"", overwrite=False)
    write_atomic(Path("plain"), b"2", overwrite=True)
    assert Path("plain").read_bytes() == b"2"


def test_an_existing_file_stays_unless_overwriting_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_bytes(b"old")
    message = _line(path)
    assert "exists already" in message
    assert "overwrite=True" in message
    assert path.read_bytes() == b"old"
    write_atomic(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"
    assert _names(tmp_path) == ["report.html"]


def test_of_many_writers_without_overwriting_exactly_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "contested"
    start = threading.Barrier(8)
    lost: list[str] = []

    def write(number: int) -> None:
        start.wait()
        try:
            write_atomic(path, bytes([number]) * 50_000, overwrite=False)
        except OutputError as problem:
            lost.append(str(problem))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = path.read_bytes()
    assert len(lost) == 7
    assert content == content[:1] * 50_000
    assert _names(tmp_path) == ["contested"]


def test_without_hard_links_an_existing_file_is_still_never_replaced(tmp_path: Path) -> None:
    temporary, target = tmp_path / "temporary", tmp_path / "target"
    temporary.write_bytes(b"new")
    target.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        _reserve_then_rename(temporary, target)
    assert target.read_bytes() == b"old"
    target.unlink()
    _reserve_then_rename(temporary, target)
    assert target.read_bytes() == b"new"


def test_without_hard_links_a_failed_rename_leaves_no_empty_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _reserve_then_rename(tmp_path / "missing", tmp_path / "target")
    assert _names(tmp_path) == []


@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_gets_what_the_umask_leaves(tmp_path: Path, umask: int, expected: int) -> None:
    path = tmp_path / "file"
    before = os.umask(umask)
    try:
        write_atomic(path, b"x", overwrite=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == expected


def test_overwriting_keeps_the_permissions_of_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomic(path, b"new", overwrite=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_overwriting_through_a_symbolic_link_writes_its_target(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    link = tmp_path / "link"
    link.symlink_to("real")
    write_atomic(link, b"new", overwrite=True)
    assert link.is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_dangling_link_is_not_replaced_without_overwriting(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("nowhere")
    assert "exists already" in _line(link)
    assert _names(tmp_path) == ["link"]


def test_a_circle_of_links_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert "circle" in _line(tmp_path / "a")


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_missing_folder_is_named(tmp_path: Path, overwrite: bool) -> None:
    message = _line(tmp_path / "no" / "such" / "file", overwrite=overwrite)
    assert f"the folder {tmp_path / 'no' / 'such'} does not exist" in message


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "not a folder" in _line(tmp_path / "file" / "inside", overwrite=overwrite)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path, overwrite: bool) -> None:
    assert "is a folder. Name a file inside it" in _line(tmp_path, overwrite=overwrite)


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert "device" in _line(pipe, overwrite=True)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize(("name", "words"), [("x" * 300, "too long"), ("a\0b", "null character")])
def test_an_impossible_name_is_one_clear_line(tmp_path: Path, name: str, words: str) -> None:
    assert words in _line(tmp_path / name)


def test_a_name_with_a_line_break_still_makes_one_line(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines"
    path.write_bytes(b"old")
    assert r"two\nlines: exists already" in _line(path)


def test_an_unforeseen_reason_is_told_in_the_words_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    assert os.strerror(errno.EIO) in _line(tmp_path / "file")
    assert _names(tmp_path) == []


def test_a_file_that_may_not_grow_fails_whole_and_keeps_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"old")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
    result = _run(_WRITE + limit + "attempt(sys.argv[1], 10_000_000, True)", str(path))
    assert result.returncode == 1, result.stderr
    assert "10000000 bytes are more than the system allows" in result.stdout
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["model.tflite"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount the tiny disk that this fills")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_is_one_clear_line_and_nothing_half_written(tiny_disk: Path, overwrite: bool) -> None:
    path = tiny_disk / "model.tflite"
    if overwrite:
        path.write_bytes(b"old")
    message = _line(path, b"n" * 200_000, overwrite=overwrite)
    assert "the disk is full" in message
    assert "200000 bytes" in message
    assert _names(tiny_disk) == (["model.tflite"] if overwrite else [])
    assert not overwrite or path.read_bytes() == b"old"


def test_a_read_only_file_system_is_named(tiny_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(tiny_disk)], check=True)
    assert "read-only file system" in _line(tiny_disk / "file")


def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    if os.geteuid() != 0:
        assert "no permission to write" in _line(folder / "file")
        return
    # Root may write anywhere, so somebody else has to try, from inside: the way there may be closed to them.
    code = _WRITE + "import os; os.chdir(sys.argv[1]); os.setuid(65534); attempt('file', 3, False)"
    result = _run(code, str(folder))
    assert result.returncode == 1, result.stderr
    assert "no permission to write" in result.stdout
    assert _names(folder) == []


@pytest.mark.parametrize("overwrite", [False, True])
def test_ctrl_c_in_the_middle_leaves_the_folder_as_it_was(tmp_path: Path, overwrite: bool) -> None:
    path = tmp_path / "file"
    if overwrite:
        path.write_bytes(b"old")
    # The child stops itself inside fsync, when all bytes are written and the name is not given yet.
    slow = "import os, time; os.fsync = lambda _: (print('here', flush=True), time.sleep(60))\n"
    code = _WRITE + slow + "attempt(sys.argv[1], 1_000_000, sys.argv[2] == 'True')"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path), str(overwrite)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    assert len(_names(tmp_path)) == 1 + overwrite
    time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=30) != 0
    assert _names(tmp_path) == (["file"] if overwrite else [])
    assert not overwrite or path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("old", "exists already"),
        ("no/such/folder/file", "does not exist. Make it first"),
        ("old/file", "is a file or lies below one, not a folder"),
        ("a\0b", "a file name cannot contain a null character"),
    ],
)
def test_what_writing_would_refuse_is_refused_before_the_work(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "old").write_bytes(b"old")
    with pytest.raises(OutputError) as before:
        check_free(tmp_path / name, overwrite=False)
    with pytest.raises(OutputError) as after:
        write_atomic(tmp_path / name, b"new", overwrite=False)
    assert words in str(before.value)
    assert str(before.value) == str(after.value)


def test_a_name_that_is_free_or_may_be_replaced_is_let_through(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    check_free(tmp_path / "old", overwrite=True)
    check_free(tmp_path / "new", overwrite=False)
    with pytest.raises(OutputError, match="is a folder"):
        check_free(tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_a_file_that_was_written_piece_by_piece_gets_the_permissions_of_the_one_it_replaces(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"old")
    old.chmod(0o640)
    new.write_bytes(b"new")
    new.chmod(0o600)
    give_name(new, old, overwrite=True)
    assert (stat.S_IMODE(old.stat().st_mode), old.read_bytes(), new.exists()) == (0o640, b"new", False)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_name_with_a_null_character_is_said_in_a_line(tmp_path: Path, overwrite: bool) -> None:
    written = tmp_path / "new"
    written.write_bytes(b"new")
    with pytest.raises(OutputError, match="null character"):
        give_name(written, tmp_path / "a\0b", overwrite=overwrite)
    assert written.exists()


# Dies at the nth call that touches what lies on the disk.
_REPLACE = """
import os, shutil, sys
from pathlib import Path
from edgewright import files

folder, left, exchanges = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "exchanges"
if not exchanges:
    files._exchange = lambda *_: False

def count(event, _):
    global left
    if event in ("open", "os.rename", "os.remove", "os.rmdir", "os.scandir"):
        left -= 1
        if left == 0:
            os._exit(9)

sys.addaudithook(count)
files.replace_folder(folder / ".place" / "fresh", folder / "out")
shutil.rmtree(folder / ".place")
"""


@pytest.mark.parametrize("way", ["exchanges", "renames"])
def test_a_folder_that_is_replaced_is_never_lost(tmp_path: Path, way: str):
    """Wherever it is cut short: it has its name, or where the system cannot exchange two, lies visibly beside it."""
    for calls in range(1, 100):
        folder = tmp_path / str(calls)
        for place, words in (("out", "old"), (".place/fresh", "new")):
            (folder / place / "inner").mkdir(parents=True)
            (folder / place / "inner" / "file").write_text(words)
        code = _run(_REPLACE, str(folder), str(calls), way).returncode
        seen = [path for path in folder.iterdir() if not path.name.startswith(".")]
        assert seen
        assert all((path / "inner" / "file").read_text() in ("old", "new") for path in seen)
        assert (folder / "out").exists() or way == "renames"
        if code == 0:
            break
        assert code == 9
    assert calls > 5
    assert _names(folder) == ["out"]
    assert (folder / "out" / "inner" / "file").read_text() == "new"
