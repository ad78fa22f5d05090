"""A source of another package: what it opens is compared, described and refused like ours, and it can do no less."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edgewright.model import ModelFile

HERE = Path(__file__).parent
ENTRY_POINTS = """
[edgewright.sources]
broken = there_is_no_such_module:Source
toy = toy_source:Toy
"""
WEIGHTS = [[0.5, -1.0, 2.0, 0.25], [1.5, 0.125, -0.75, 1.0]]


@pytest.fixture(scope="module")
def package(tmp_path_factory) -> Path:
    """A folder with a package as pip leaves it, for PYTHONPATH; TensorFlow cannot be imported beside it."""
    folder = tmp_path_factory.mktemp("packages")
    metadata = folder / "toy_source-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: toy-source\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    shutil.copy(HERE / "toy_source.py", folder)
    (folder / "tensorflow.py").write_text("raise ImportError('not in this test', name='tensorflow')\n")
    return folder


@pytest.fixture
def toy(tmp_path):
    """Write a .toy file that does something wrong."""

    def write(fault: str = "") -> Path:
        path = tmp_path / "x.toy"
        path.write_text(json.dumps({"weights": WEIGHTS, "fault": fault}))
        return path

    return write


def test_a_conversion_is_compared_labeled_and_carries_where_it_came_from(edgewright, package, toy, tmp_path):
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    out = tmp_path / "x.tflite"
    said = edgewright("convert", toy(), "-o", out, "--labels", tmp_path / "labels.txt", PYTHONPATH=package)
    assert said.returncode == 0, said.stderr
    metadata = ModelFile.read(out).metadata
    assert metadata.outputs[0].labels == ("cat", "dog")
    provenance = metadata.provenance
    assert provenance is not None
    assert provenance.source == "x.toy"
    assert len(provenance.source_sha256) == 64
    assert provenance.tools["toy_source"] == "1"
    assert provenance.tools["toyshop"] == "4.2"
    (output,) = provenance.measured["agreement"]["outputs"]
    assert output["name"] == "y"
    assert output["snr_db"] == "Infinity" or float(output["snr_db"]) > 100


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("wrong weight", r"output 'y' differs from its source by up to"),
        ("another input", r"the file has 2 inputs, and its source has 1"),
        ("forgets a sample", r"the source was run on 8 samples and returned 7"),
        ("opens a model file", r"opened a model file that is not the file which was given"),
    ],
)
def test_what_is_not_its_source_is_refused_and_not_written(edgewright, package, toy, tmp_path, fault, words):
    out = tmp_path / "x.tflite"
    said = edgewright("convert", toy(fault), "-o", out, PYTHONPATH=package)
    assert said.returncode == 1, said.stdout
    assert words in said.stderr
    assert "Traceback" not in said.stderr
    assert not out.exists()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read the memory from")
@pytest.mark.parametrize("fault", ["fills memory", "fills another process"])
def test_memory_is_bounded_in_whatever_process_it_is_used(edgewright, package, toy, tmp_path, fault):
    out = tmp_path / "x.tflite"
    said = edgewright("convert", toy(fault), "-o", out, "--memory", "500M", PYTHONPATH=package)
    assert said.returncode == 1
    last = said.stderr.splitlines()[-1]
    assert "x.toy: the conversion took more than" in last
    assert last.endswith("of memory and was stopped. Allow more with --memory, or leave it out")
    assert not out.exists()


def test_what_it_lowers_in_float_is_quantized_for_it(edgewright, package, toy, tmp_path):
    out = tmp_path / "x.tflite"
    said = edgewright("convert", toy(), "-o", out, "--quantize", "float16", PYTHONPATH=package)
    assert said.returncode == 0, said.stderr
    assert "float16" in {spec.dtype for spec in ModelFile.read(out).main.tensors}


def test_a_broken_package_is_one_warning_and_the_others_go_on(edgewright, package, toy, tmp_path):
    said = edgewright("convert", toy(), "-o", tmp_path / "x.tflite", PYTHONPATH=package)
    assert said.returncode == 0
    assert said.stderr.count("It is left out") == 1
    assert "cannot be imported: No module named 'there_is_no_such_module'" in said.stderr


def test_check_says_that_it_converts_and_what_is_wrong(edgewright, package, toy):
    good = edgewright("check", toy(), "--json", PYTHONPATH=package)
    assert good.returncode == 0, good.stderr
    report = json.loads(good.stdout)
    assert report["converts"]
    assert report["problems"] == []
    bad = edgewright("check", toy("wrong weight"), "--json", PYTHONPATH=package)
    assert bad.returncode == 1
    (problem,) = json.loads(bad.stdout)["problems"]
    assert problem["why"] == "was not shown to compute the same"


def test_layers_are_compared_only_where_a_source_shows_them(edgewright, package, toy, tmp_path):
    out = tmp_path / "x.tflite"
    assert edgewright("convert", toy(), "-o", out, PYTHONPATH=package).returncode == 0
    said = edgewright("check", "--layers", toy(), out, PYTHONPATH=package)
    assert said.returncode == 2
    assert "is a toy file (.toy), which has no layers to compare" in said.stderr


def test_a_file_that_cannot_be_opened_is_one_line(edgewright, package, tmp_path):
    (tmp_path / "x.toy").write_text("{")
    said = edgewright("convert", tmp_path / "x.toy", "-o", tmp_path / "x.tflite", PYTHONPATH=package)
    assert said.returncode == 1
    last = said.stderr.splitlines()[-1]
    assert "x.toy: a toy file (.toy) that cannot be opened: Expecting property name" in last
