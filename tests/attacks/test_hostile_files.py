"""Small files that would take much memory, through the commands: little of it, in time, and one clear line each."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import DataError
from edgewright.media import place, read_picture
from edgewright.media.pictures.picture import fit_picture
from edgewright.model import ModelFile

from . import measured
from .hostile_models import MODELS
from .hostile_pictures import PICTURES, png

SharedFile = Callable[[str], Path]

# Bytes: of any command, and of one that classifies a picture.
ANY, PICTURE = 500_000_000, 210_000_000
TOGETHER = 260_000_000  # four threads keep some of what they have had
# What steers a terminal, in any encoding of ours.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
SECONDS = 120  # many times what any of them takes, for a machine that is busy

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


def sample(made: Mapping[str, object]) -> list[str]:
    """The names of all with EDGEWRIGHT_ALL_HOSTILE=1, else every fourth of them."""
    return list(made)[:: 1 if os.environ.get("EDGEWRIGHT_ALL_HOSTILE") == "1" else 4]


@dataclass(frozen=True)
class Done:
    code: int
    peak: int
    out: str
    err: str


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Done]:
    def run(*arguments: object) -> Done:
        report = tmp_path / "peak"
        line = [sys.executable, measured.__file__, str(report), *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, timeout=SECONDS, check=False, cwd=tmp_path)
        return Done(done.returncode, int(report.read_text()), done.stdout.decode(), done.stderr.decode())

    return run


def said_in_one_line(done: Done) -> bool:
    """Whether it went well, or one line says why not; nothing of Python, nothing unforeseen."""
    words = done.out + done.err
    if "Traceback" in words or "unforeseen" in words:
        return False
    return done.code == 0 or (done.code in (1, 2) and done.err.count("\n") == 1 and done.err.startswith("edgewright: "))


@pytest.mark.parametrize("name", sample(PICTURES))
def test_a_picture_takes_no_more_memory_than_is_promised(
    name: str, command: Callable[..., Done], shared_file: SharedFile, tmp_path: Path
) -> None:
    picture = tmp_path / f"{name}.bin"
    picture.write_bytes(PICTURES[name]())
    done = command("run", shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), picture)
    assert said_in_one_line(done), done
    assert done.peak < PICTURE, f"{done.peak:,}"


@pytest.mark.parametrize("name", ["rgb.webp", "bw_9999.png"])
def test_a_published_picture_bomb_takes_no_more_memory_than_is_promised(
    name: str, command: Callable[..., Done], shared_file: SharedFile
) -> None:
    picture = shared_file(f"cases/attacks/{name}")
    done = command("run", shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), picture)
    assert said_in_one_line(done), done
    assert done.peak < PICTURE, f"{done.peak:,}"


def test_pictures_that_are_decoded_at_once_share_the_memory(
    command: Callable[..., Done], shared_file: SharedFile, tmp_path: Path
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.png").write_bytes(png("gray", 1) if number % 2 else png("rgb", size=(6000, 4000)))
    done = command("run", shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), folder, "--workers", 4)
    assert done.code == 0, done
    assert done.peak < TOGETHER, f"{done.peak:,}"


@pytest.mark.parametrize("turned", [1, 6])
def test_a_large_picture_is_made_smaller_and_not_another(turned: int, tmp_path: Path) -> None:
    """In pieces, with transparency, turned, letterboxed: within a step or two of Pillow's own way over the whole."""
    colors = np.random.RandomState(1).randint(0, 255, (30, 40, 4)).astype(np.uint8)
    whole = Image.fromarray(colors).resize((2900, 2100), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[274] = turned
    whole.save(tmp_path / "a.png", exif=exif, compress_level=1)
    white = Image.new("RGB", whole.size, (255, 255, 255))
    white.paste(whole, mask=whole.getchannel("A"))
    expected = white if turned == 1 else white.transpose(Image.Transpose.ROTATE_270)
    for policy in ("stretch", "crop", "letterbox"):
        there = read_picture(tmp_path / "a.png", size=(200, 300), policy=policy)
        wanted = read_picture(expected, size=(200, 300), policy=policy)
        assert np.abs(there.astype(int) - wanted).mean() < 0.5, policy
    assert np.array_equal(read_picture(tmp_path / "a.png"), np.asarray(expected))


def test_the_way_out_of_the_limit_of_memory_is_said_and_works(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png("rgb", size=(7000, 6000)))
    with pytest.raises(DataError, match=r"168 MB to decode.*max_pixels=\d+") as problem:
        read_picture(tmp_path / "a.png", size=(64, 64))
    enough = int(str(problem.value).partition("max_pixels=")[2].partition(",")[0])
    assert read_picture(tmp_path / "a.png", size=(64, 64), max_pixels=enough).shape == (64, 64, 3)


def test_a_box_found_in_a_large_picture_is_its_place_in_the_original() -> None:
    large = Image.new("RGBA", (2900, 2100), (9, 9, 9, 255))
    for policy in ("stretch", "crop", "letterbox"):
        fitted = fit_picture(large, size=(200, 300), policy=policy)
        assert fitted.placement == place((2100, 2900), (200, 300), policy)


@pytest.mark.parametrize("name", sample(MODELS))
def test_a_model_with_hostile_metadata_takes_little_memory(
    name: str, command: Callable[..., Done], shared_file: SharedFile, tmp_path: Path
) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(MODELS[name](ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))))
    picture = shared_file("images/cat.bmp")
    for arguments in (("inspect", model), ("run", model, picture), ("rewrite", model, "-o", tmp_path / "new.tflite")):
        done = command(*arguments)
        assert said_in_one_line(done), (arguments[0], done)
        assert not CONTROL.search(done.out + done.err), (arguments[0], done)
        assert done.peak < ANY, f"{arguments[0]}: {done.peak:,}"


@pytest.mark.parametrize("name", ["z_json_blow.tflite", "z_63M_newlines.tflite"])
def test_a_published_model_bomb_takes_little_memory(
    name: str, command: Callable[..., Done], shared_file: SharedFile
) -> None:
    done = command("inspect", shared_file(f"cases/attacks/{name}"))
    assert said_in_one_line(done), done
    assert done.peak < ANY, f"{done.peak:,}"


def test_labels_that_are_formulas_or_steer_a_terminal_are_neither_in_any_output(
    command: Callable[..., Done], shared_file: SharedFile, tmp_path: Path
) -> None:
    model, picture = shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), tmp_path / "=1+1\x1b[2J.bmp"
    picture.write_bytes(shared_file("images/cat.bmp").read_bytes())
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"=HYPERLINK({number})\x1b[2J\x9b1m\n" for number in range(1001)))
    table = command("run", model, picture.name, "--labels", labels)
    sheet = command("run", model, picture.name, "--labels", labels, "--csv")
    document = command("run", model, picture.name, "--labels", labels, "--json")
    for done in (table, sheet, document):
        assert done.code == 0, done
        # Rows of comma-separated values end so (RFC 4180); a carriage return alone would steer the terminal.
        assert not CONTROL.search(done.out.replace("\r\n", "\n") + done.err)
    rows = list(csv.reader(sheet.out.splitlines()))[1:]
    assert rows
    assert all(row[0].startswith("'=1+1") and row[3].startswith("'=HYPERLINK") for row in rows)
    assert all(float(row[4]) >= 0 for row in rows)
    assert json.loads(document.out)[0]["input"] == picture.name


def test_the_key_of_a_signature_cannot_steer_a_terminal(
    command: Callable[..., Done], shared_file: SharedFile, tmp_path: Path
) -> None:
    two = ModelFile.read(shared_file("cases/20-two-signatures.tflite"))
    tables = two.edit()
    for number, signature in enumerate(tables["signature_defs"]):
        signature["signature_key"] = f"{number}\x1b]0;pwned\x07\x1b[2J"
    model = tmp_path / "model.tflite"
    ModelFile.build(tables, two.files, two.name).save(model)
    np.save(tmp_path / "rows.npy", np.zeros((3, 4), np.float32))
    for arguments in (
        ("inspect", model),
        ("run", model, tmp_path / "rows.npy"),
        ("bench", model, "--rounds", 1),
        ("check", model),
        ("optimize", model, "--data", tmp_path / "rows.npy", "-o", tmp_path / "new.tflite"),
    ):
        done = command(*arguments)
        assert not CONTROL.search(done.out + done.err), (arguments[0], done)
