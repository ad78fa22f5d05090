"""What an installation promises: the base one is enough to read and run models, each extra brings its own."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest

from edgewright.model import ModelFile, SentencePieceTokenizerOptions

from ..conftest import PIP_CACHE

PROJECT = Path(__file__).parents[2]

# Extra -> the modules that it is for.
PROMISED = {
    "convert": ("tensorflow", "keras", "h5py"),
    "quickstart": ("tensorflow", "mlxtend", "matplotlib"),
    "micro": ("tflite_micro",),
    "optimize": ("litert_quantizer",),
    "train": ("tensorflow", "litert_quantizer", "sklearn"),
    "keras2": ("tf_keras",),
    "video": ("av",),
    "heic": ("pillow_heif",),
    "sound": ("soundfile", "soxr"),
    "text": ("sentencepiece",),
    "openvino": ("openvino",),
    "agent": ("paho", "httpx", "prometheus_client"),
    "serial": ("serial",),
    "microphone": ("sounddevice",),
    "dashboard": ("starlette", "uvicorn"),
    "parquet": ("pyarrow",),
    "remote": ("fsspec",),
    "ray": ("ray", "pyarrow"),
}

# Those whose tests have environments of their own: tests/e2e/test_sources_install.py, and make test-sources.
ELSEWHERE = {"torch", "onnx", "jax", "test", "test-sources"}


@pytest.mark.extras
@pytest.mark.parametrize("extra", PROMISED)
def test_each_extra_brings_what_it_promises(extra: str):
    assert any(f"extra == '{extra}'" in one.replace('"', "'") for one in requires("edgewright"))
    assert [module for module in PROMISED[extra] if importlib.util.find_spec(module) is None] == []


def test_each_extra_is_tried():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(PROMISED) == set(project["optional-dependencies"]) - ELSEWHERE


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment with nothing but `pip install edgewright`."""
    folder = tmp_path_factory.mktemp("base")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", PROJECT]
    subprocess.run(pip, check=True, capture_output=True, env=os.environ | {"PIP_CACHE_DIR": str(PIP_CACHE)})
    return folder / "bin/edgewright"


def run(command: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.extras
def test_the_base_installation_reads_and_runs_models(base: Path, shared_file):
    model, photo = shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), shared_file("images/cat.bmp")
    inspected = run(base, "inspect", model)
    assert (inspected.returncode, inspected.stderr) == (0, "")
    answered = run(base, "run", model, photo)
    assert (answered.returncode, answered.stderr) == (0, "")
    assert "Egyptian cat" in answered.stdout
    measured = run(base, "bench", model, "--rounds", 1)
    assert (measured.returncode, measured.stderr) == (0, "")
    assert "Cold start" in measured.stdout


@pytest.mark.extras
def test_the_base_installation_watches_a_folder(base: Path, shared_file, tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "parrot.jpg").write_bytes(shared_file("images/parrot.jpg").read_bytes())
    model, events, state = shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), tmp_path / "e.jsonl", tmp_path / "s"
    said = run(
        base, "watch", model, "--folder", tmp_path / "in", "--once", "--send", f"file:{events}", "--state", state
    )
    assert said.returncode == 0, said.stderr
    assert "macaw" in events.read_text()


@pytest.mark.extras
@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("convert", "sources/pretrainedResnet.h5"), "convert"),
        (("models", "get", "efficientnet_lite0"), "convert"),
        (("quickstart",), "quickstart"),
        (("run", "models/yamnet.tflite", "images/speech.wav", "--rate", "8000"), "sound"),
        (("watch", "models/mobilenet_v2_1.0_224_quant.tflite", "--camera", "0", "--state", "TMP"), "video"),
        (("watch", "models/mobilenet_v2_1.0_224_quant.tflite", "--camera", "0", "--send", "mqtt://b/t"), "agent"),
        (("run", "models/mobilenet_v2_1.0_224_quant.tflite", "images/cat.bmp", "--on", "ray", "-o", "TMP"), "ray"),
        (("run", "models/yamnet.tflite", "s3://sounds/today", "--shard", "0/1", "-o", "TMP"), "remote"),
        (
            ("run", "models/yamnet.tflite", "images/speech.wav", "--shard", "0/1", "--format", "parquet", "-o", "TMP"),
            "parquet",
        ),
    ],
)
def test_without_an_extra_the_line_to_install_it_is_said(
    base: Path, shared_file, tmp_path: Path, arguments: tuple[str, ...], extra: str
):
    found = [shared_file(one) if one.startswith(("models/", "sources/", "images/")) else one for one in arguments]
    given = [tmp_path if one == "TMP" else one for one in found]
    done = run(base, *given)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert f"pip install 'edgewright[{extra}]'" in done.stderr


@pytest.mark.extras
def test_optimize_names_its_extra_too(base: Path, shared_file, tmp_path: Path):
    model = shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite")
    done = run(base, "optimize", model, "--data", shared_file("images/cat.bmp").parent, "-o", tmp_path / "small.tflite")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "pip install 'edgewright[optimize]'" in done.stderr


@pytest.mark.extras
def test_a_model_of_texts_names_its_extra_too(base: Path, shared_file, tmp_path: Path):
    model = ModelFile.read(shared_file("models/nl_classifier_regex.tflite"))
    said = dataclasses.replace(model.metadata, tokenizer=SentencePieceTokenizerOptions(model=b"pieces"))
    done = run(base, "run", model.with_metadata(said).save(tmp_path / "pieces.tflite"), "so good")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "pip install 'edgewright[text]'" in done.stderr
