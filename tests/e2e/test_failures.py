"""Everything that goes wrong: one clear line, the documented exit code, nothing half-written, nothing damaged."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgewright.cli.app import INTERRUPTED
from waiting import wait_for

Run = Callable[..., subprocess.CompletedProcess[str]]

HTML = b"<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>"


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.startswith("edgewright: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for part in parts:
        assert part in done.stderr


@pytest.fixture
def source(shared_file, tmp_path: Path) -> Path:
    return Path(shutil.copy(shared_file("sources/pretrainedResnet.h5"), tmp_path / "resnet.h5"))


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("missing.tflite", None, ["missing.tflite: there is no such file"]),
        ("empty.tflite", b"", ["empty.tflite: ", "0 bytes are too few"]),
        ("page.tflite", HTML, ["page.tflite: ", "no .tflite file", "a web page"]),
        ("picture.tflite", b"\xff\xd8\xff\xe0" + bytes(100), ["picture.tflite: ", "no .tflite file"]),
    ],
)
def test_inspect_of_what_is_no_model(
    edgewright: Run, tmp_path: Path, name: str, content: bytes | None, parts: list[str]
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert_one_line(edgewright("inspect", name, cwd=tmp_path), 1, *parts)


@pytest.mark.parametrize("name", ["missing.h5", "my_model", "empty.h5", "page.h5", "page.keras", "folder"])
def test_convert_of_what_is_no_source(edgewright: Run, tmp_path: Path, name: str):
    (tmp_path / "empty.h5").touch()
    (tmp_path / "page.h5").write_bytes(HTML)
    (tmp_path / "page.keras").write_bytes(HTML)
    (tmp_path / "folder").mkdir()
    before = sorted(tmp_path.iterdir())
    done = edgewright("convert", name, "-o", "out.tflite", cwd=tmp_path)
    assert_one_line(done, 1, name)
    assert sorted(tmp_path.iterdir()) == before


def test_wrong_label_count(edgewright: Run, source: Path):
    labels = source.with_name("labels.txt")
    labels.write_text("airplane\nbird\n")
    done = edgewright("convert", source.name, "--labels", "labels.txt", cwd=source.parent)
    assert done.returncode in (1, 2)
    assert_one_line(done, done.returncode, "2 labels", "10 wide")
    assert not source.with_suffix(".tflite").exists()


def test_an_existing_file_is_kept(edgewright: Run, source: Path):
    target = source.with_suffix(".tflite")
    target.write_text("mine")
    assert_one_line(
        edgewright("convert", source.name, cwd=source.parent), 1, "resnet.tflite: exists already", "--force"
    )
    assert target.read_text() == "mine"


def test_missing_tensorflow_says_what_to_install(tmp_path: Path, source: Path):
    """A `tensorflow` that cannot be imported stands first on the path, as where it is not installed."""
    (tmp_path / "tensorflow.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'tensorflow'\", name='tensorflow')"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "edgewright", "convert", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert_one_line(done, 1, "pip install 'edgewright[convert]'")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB of its own; only root can make one."""
    if os.geteuid() != 0:
        pytest.skip("a full disk can only be made as root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this system does not let root mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk(edgewright: Run, source: Path, small_disk: Path):
    done = edgewright("convert", source, "-o", small_disk / "out.tflite")
    assert_one_line(done, 1, "the disk is full")
    assert list(small_disk.iterdir()) == []


def test_a_folder_without_permission(edgewright: Run, source: Path, small_disk: Path):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert_one_line(edgewright("convert", source, "-o", small_disk / "out.tflite"), 1, "read-only")
    assert_one_line(edgewright("quickstart", "--out", small_disk / "out"), 1, str(small_disk))


def test_ctrl_c_in_the_middle_of_a_conversion(source: Path):
    folder, temporary = source.parent, source.parent / "tmp"
    temporary.mkdir()
    before = sorted(folder.iterdir())
    command = [sys.executable, "-m", "edgewright", "convert", source.name]
    with subprocess.Popen(
        command, cwd=folder, env=os.environ | {"TMPDIR": str(temporary)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as process:  # fmt: skip
        wait_for(lambda: any(temporary.iterdir()))
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, out) == (INTERRUPTED, "")
    # The line break in front ends the terminal's own "^C".
    assert errors == "\nedgewright: stopped; nothing was left half-written\n"
    assert sorted(folder.iterdir()) == before
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["nonsense"], ["No such command 'nonsense'", "edgewright --help"]),
        (["inspect"], ["Missing argument 'FILE'", "edgewright inspect --help"]),
        (["inspect", "a", "--nonsense"], ["No such option '--nonsense'"]),
        (["convert", "a.h5", "--quantize", "int3"], ["'int3' is not one of", "'int8'"]),
        (["convert", "a.h5", "--mean", "0"], ["--mean and --std go together"]),
        (["convert", "a.h5", "--mean", "x", "--std", "1"], ["--mean", "'x' is no number"]),
    ],
)
def test_wrong_usage(edgewright: Run, arguments: list[str], parts: list[str]):
    assert_one_line(edgewright(*arguments), 2, *parts)


def test_without_a_command_there_is_help(edgewright: Run):
    done = edgewright()
    assert done.returncode == 2
    assert done.stdout.startswith("Usage: edgewright")
    assert "quickstart" in done.stdout


def test_a_source_is_not_taken_for_a_model(edgewright: Run, source: Path):
    assert_one_line(edgewright("inspect", source), 1, "it looks like a Keras model", "edgewright convert")


def test_debug_shows_the_traceback(edgewright: Run):
    done = edgewright("inspect", "missing.tflite", "--debug")
    assert "Traceback" in done.stderr


def test_a_reader_that_goes_away_is_no_error(shared_file):
    model = shared_file("models/mobilenet_v2_1.0_224_quant.tflite")
    done = subprocess.run(
        f"'{sys.executable}' -m edgewright inspect '{model}' --json | head -c 10", shell=True, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""


def test_resealing_an_edited_file(edgewright: Run, source: Path):
    model = source.with_suffix(".tflite")
    assert edgewright("convert", source.name, cwd=source.parent).returncode == 0
    data = bytearray(model.read_bytes())
    position = data.index(b"serving_default")
    data[position : position + 15] = b"serving_changed"
    model.write_bytes(data)
    assert_one_line(edgewright("inspect", model), 1, "changed after it was written", "--reseal")
    assert edgewright("inspect", model, "--reseal").returncode == 0
    assert edgewright("inspect", model).returncode == 0
