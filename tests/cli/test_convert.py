"""`edgewright convert` as a user calls it: recurrent layers with a free batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.model import ModelFile

from ..conftest import Run


def test_unroll_makes_a_free_batch_of_recurrent_layers_possible(
    edgewright: Run, check_sources: Path, tmp_path: Path
) -> None:
    out = tmp_path / "recurrent.tflite"
    done = edgewright("convert", check_sources / "recurrent.keras", "--dynamic-batch", "--unroll", "-o", out)
    assert done.returncode == 0, done.stderr
    model = ModelFile.read(out)
    assert model.inputs[0].shape_signature == (-1, 5, 3)
    assert "WHILE" not in {operator.name for operator in model.ops}


@pytest.mark.extras
def test_refusal_of_a_loop_names_the_option(edgewright: Run, check_sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "recurrent.tflite"
    done = edgewright("convert", check_sources / "recurrent.keras", "--dynamic-batch", "-o", out)
    assert done.returncode == 1
    assert "--unroll" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()


def test_who_converts_pixels_of_an_unsaid_range_is_told_at_once_what_to_say(
    edgewright: Run, check_sources: Path, tmp_path: Path
) -> None:
    out = tmp_path / "chain.tflite"
    done = edgewright("convert", check_sources / "chain.keras", "-o", out)
    assert done.returncode == 0, done.stderr
    assert "nothing says how pixels become input 'x', and edgewright run will ask for it" in done.stderr
    assert "--mean 0 --std 255 for pixels from 0 to 1" in done.stderr
    said = edgewright("convert", out, "-o", tmp_path / "said.tflite", "--mean", "0", "--std", "255")
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.parametrize(
    ("source", "written"),
    [("mobilenet_0.25", "mobilenet_0.25.tflite"), ("net.v2", "net.tflite"), ("net.1.bin", "net.1.tflite")],
)
def test_the_file_that_nobody_names_is_called_as_its_source_without_the_suffix(
    edgewright: Run, shared_file, tmp_path: Path, source: str, written: str
) -> None:
    model = shared_file("models/mobilenet_v1_0.25_224_float.tflite")
    (tmp_path / source).write_bytes(model.read_bytes())
    done = edgewright("convert", source, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {source, written}


@pytest.mark.parametrize("source", ["/", "loop"])
def test_what_has_no_name_or_leads_to_itself_is_one_line(edgewright: Run, tmp_path: Path, source: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    done = edgewright("convert", source, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("edgewright: ")
    assert "unforeseen" not in done.stderr
    assert done.stderr.count("\n") == 1
