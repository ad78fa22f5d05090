"""`edgewright rewrite` as a user runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edgewright.model import ModelFile

from ..rewrite.legacy_graphs import Legacy

FLOAT = "models/mobilenet_v1_0.25_224_float_metadata.tflite"
LEGACY = "models/mobilenet_v1_0.25_128_quant.tflite"


@pytest.fixture
def desk(shared_file, tmp_path: Path) -> Path:
    """A folder with a float model, a legacy one, and two photographs."""
    shutil.copyfile(shared_file(FLOAT), tmp_path / "float.tflite")
    shutil.copyfile(shared_file(LEGACY), tmp_path / "legacy.tflite")
    (tmp_path / "photos").mkdir()
    for name in ("parrot.jpg", "owl.jpg"):
        shutil.copyfile(shared_file(f"images/{name}"), tmp_path / "photos" / name)
    return tmp_path


def lines(text: str) -> list[str]:
    """The lines with single spaces."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_bytes_straight_in_proven_on_photographs(edgewright, desk: Path):
    done = edgewright(
        "rewrite", "float.tflite", "-o", "bytes.tflite", "--fold-normalization", "--images", "photos", "--samples", 3,
        cwd=desk,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    printed = lines(done.stdout)
    assert "Proof on 2 pictures and 1 crop of them" in printed
    assert any("input 'input' takes the bytes of a picture, normalized by DEQUANTIZE and ADD" in one for one in printed)
    assert ModelFile.read(desk / "bytes.tflite").inputs[0].dtype == "uint8"
    models = ("float.tflite", "bytes.tflite")
    answers = [edgewright("run", model, "photos/parrot.jpg", cwd=desk).stdout for model in models]
    assert answers[0] == answers[1] != ""


def test_lossless_says_why_it_leaves_it_alone(edgewright, desk: Path):
    done = edgewright(
        "rewrite", "float.tflite", "-o", "same.tflite", "--fold-normalization", "--lossless", "--samples", 1,
        cwd=desk, COLUMNS=200,
    )  # fmt: skip
    assert any("only exact changes were asked for" in one for one in lines(done.stdout))
    assert any(one.endswith("new file none – 0 of 1") for one in lines(done.stdout))
    assert ModelFile.read(desk / "same.tflite").inputs[0].dtype == "float32"


def test_nothing_to_change_is_written_as_it_was(edgewright, desk: Path):
    once = edgewright("rewrite", "legacy.tflite", "-o", "once.tflite", "--no-proof", cwd=desk)
    assert "Not compared with the old file." in once.stdout
    again = edgewright("rewrite", "once.tflite", "-o", "twice.tflite", cwd=desk)
    size = (desk / "once.tflite").stat().st_size
    assert again.stdout == f"twice.tflite: nothing to change; written as it was, {size:,} bytes\n"
    assert (desk / "once.tflite").read_bytes() == (desk / "twice.tflite").read_bytes()


def test_operators_left_alone_for_one_reason_are_one_line(edgewright, tmp_path: Path):
    graph = Legacy(0)
    made = [graph.result((1, 4, 4, 2))]
    for _ in range(3):
        made.append(graph.run("DIV", [made[-1], made[-1]], [graph.result((1, 4, 4, 2))], "DivOptions"))
    graph.build(made[:1], made[-1:]).save(tmp_path / "three.tflite")
    done = edgewright(
        "rewrite", "three.tflite", "-o", "new.tflite", "--pass", "modernize", "--no-proof", cwd=tmp_path, COLUMNS=200
    )
    assert done.returncode == 0
    assert any("more" in one and one.startswith("modernize operator") for one in lines(done.stdout))
    assert "signature" not in done.stdout


def test_one_document_for_programs(edgewright, desk: Path):
    done = edgewright("rewrite", "legacy.tflite", "-o", "new.tflite", "--samples", 2, "--json", cwd=desk)
    document = json.loads(done.stdout)
    assert document["changed"] is True
    assert (document["bytes_before"], document["bytes_after"]) == (
        (desk / "legacy.tflite").stat().st_size,
        (desk / "new.tflite").stat().st_size,
    )
    assert [one["name"] for one in document["passes"] if one["changes"]] == ["signature"]
    assert document["proof"]["pictures"] == "generated"
    assert document["proof"]["rewrite"]["exact"] is True


def test_a_file_that_is_there_stays_unless_asked(edgewright, desk: Path):
    (desk / "out.tflite").write_bytes(b"mine")
    refused = edgewright("rewrite", "legacy.tflite", "-o", "out.tflite", cwd=desk)
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "edgewright: out.tflite: exists already. Choose another name, or allow overwriting"
    )
    assert (desk / "out.tflite").read_bytes() == b"mine"
    assert edgewright("rewrite", "legacy.tflite", "-o", "out.tflite", "--no-proof", "--force", cwd=desk).returncode == 0
    assert ModelFile.read(desk / "out.tflite").signatures


def test_what_does_not_run_here_needs_a_word(edgewright, shared_file, tmp_path: Path):
    model = shared_file("models/mobilenet_v1_0.25_128_quant_edgetpu.tflite")
    refused = edgewright("rewrite", model, "-o", "out.tflite", cwd=tmp_path)
    assert refused.returncode == 1
    assert "compiled for the Edge TPU" in refused.stderr
    assert "add --no-proof" in refused.stderr
    assert not (tmp_path / "out.tflite").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--pass", "faster"], "there is no pass 'faster'"),
        (["--int8-edges"], "int8 edges come with the pass modernize"),
        ([], "Missing option '-o'"),
        (["--images", "photos", "--no-proof"], "--images does not go with --no-proof"),
        (["--samples", "3", "--no-proof"], "--samples does not go with --no-proof"),
    ],
)
def test_wrong_usage(edgewright, desk: Path, options: list[str], said: str):
    out = ["-o", "out.tflite"] if options else []
    done = edgewright("rewrite", "legacy.tflite", *out, *options, cwd=desk)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (desk / "out.tflite").exists()


def test_pictures_that_are_not_there_are_no_generated_inputs(edgewright, desk: Path):
    (desk / "empty").mkdir()
    done = edgewright("rewrite", "legacy.tflite", "-o", "out.tflite", "--images", "empty", cwd=desk)
    assert (done.returncode, done.stderr) == (1, "edgewright: empty: no pictures in there\n")
    assert not (desk / "out.tflite").exists()
