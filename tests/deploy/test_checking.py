"""What a model must answer on a device: what another processor's kernels answer holds, what a fault does does not."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.deploy.checking import _near, check_version, outputs_of, signal_to_noise_db
from edgewright.deploy.packing.archives import zip_of
from edgewright.deploy.packing.expecting import _bytes, expectations
from edgewright.engine import OpResolverType
from edgewright.errors import BundleError, ModelError
from edgewright.model import ModelFile

QUANTIZED, FLOAT = "mobilenet_v1_0.25_128_quant", "mobilenet_v1_0.25_224_float"
SOUNDS, CHAOTIC, WORDS = "yamnet", "movenet_single_pose_lightning_ptq", "movie_review"

Laid = Callable[[str], Path]


@pytest.fixture(scope="module")
def expected(shared_file: Callable[[str], Path]) -> Callable[[str], dict[str, bytes]]:
    known: dict[str, dict[str, bytes]] = {}

    def of(name: str) -> dict[str, bytes]:
        if name not in known:
            model = ModelFile.read(shared_file(f"models/{name}.tflite"))
            known[name] = {"model/a.tflite": model.data, **expectations({"model/a.tflite": model})}
        return known[name]

    return of


@pytest.fixture
def laid(tmp_path: Path, expected: Callable[[str], dict[str, bytes]]) -> Laid:
    """The folder of a version with a model in it."""

    def lay(name: str) -> Path:
        for path, content in expected(name).items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(content)
        return tmp_path

    return lay


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "edgewright.deploy.checking", str(folder)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", [QUANTIZED, FLOAT, SOUNDS, CHAOTIC, WORDS])
def test_what_was_packed_here_holds_here(laid, name):
    (model,) = check_version(laid(name))["models"]
    assert model["samples"] == 3
    assert all(output["snr_db"] == np.inf for output in model["outputs"])


@pytest.mark.parametrize("name", [QUANTIZED, FLOAT, SOUNDS, CHAOTIC, WORDS])
def test_the_kernels_of_another_processor_hold(laid, name, monkeypatch):
    """LiteRT's own kernels add and round in another way than XNNPACK's, which the desk took."""
    folder = laid(name)
    change(folder, lambda model, samples: outputs_of(
        model, samples, kernels=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    ))  # fmt: skip
    (model,) = check_version(folder)["models"]
    assert model["outputs"]


def change(folder: Path, answer: Callable[[ModelFile, list[dict[int, np.ndarray]]], list[list[np.ndarray]]]) -> None:
    """Put other expected outputs into a version."""
    model = ModelFile.read(folder / "model/a.tflite")
    with np.load(folder / "expected.npz") as archive:
        arrays = dict(archive)
    count = 1 + max(int(name.split(".")[1]) for name in arrays)
    samples = [
        {spec.index: arrays[f"0.{sample}.in.{port}"] for port, spec in enumerate(model.inputs)}
        for sample in range(count)
    ]
    for sample, outputs in enumerate(answer(model, samples)):
        arrays |= {f"0.{sample}.out.{port}": array for port, array in enumerate(outputs)}
    (folder / "expected.npz").write_bytes(zip_of({f"{name}.npy": _bytes(array) for name, array in arrays.items()}))


@pytest.mark.parametrize("name", [QUANTIZED, FLOAT, SOUNDS, WORDS])
def test_answers_to_other_questions_do_not_hold(laid, name):
    """As a device gives that mixes something up, or whose memory does."""
    folder = laid(name)
    change(folder, lambda model, samples: outputs_of(model, [*samples[1:], samples[0]]))
    with pytest.raises(BundleError, match=r"model/a\.tflite: the output .* is not what was expected: .* dB, at least"):
        check_version(folder)


def spoilt(array: np.ndarray, value: float) -> np.ndarray:
    array = array.copy()
    array.flat[3] = value
    return array


def test_a_ranking_with_one_high_score_is_not_right_because_it_is_low_elsewhere(shared_file):
    spec = ModelFile.read(shared_file(f"models/{QUANTIZED}.tflite")).outputs[0]
    expected, got = np.zeros((1, 1001), np.uint8), np.zeros((1, 1001), np.uint8)
    expected[0, 3] = got[0, 4] = 250
    assert _near([expected], [got], spec) == 0
    assert _near([expected], [expected - (expected > 0)], spec) == 1


def test_where_nothing_could_be_asked_nothing_is_wrong(shared_file):
    """Texts cannot be made up: a model that takes them comes without samples."""
    assert _near([], [], ModelFile.read(shared_file(f"models/{QUANTIZED}.tflite")).outputs[0]) == 1


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_no_number_does_not_hold_even_where_nothing_else_is_asked(laid, wrong):
    folder = laid(CHAOTIC)
    (asked,) = json.loads((folder / "check.json").read_text())["models"]
    assert [output["snr_db"] for output in asked["outputs"]] == [None]
    change(folder, lambda model, samples: [[spoilt(array, wrong) for array in outputs_of(model, samples)[0]]])
    with pytest.raises(BundleError, match="the same shape and finite values wanted"):
        check_version(folder)


def test_as_a_program_it_prints_one_line_and_ends_with_0_or_1(laid, shared_file):
    folder = laid(QUANTIZED)
    done = run(folder)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert json.loads(done.stdout)["healthy"]
    (folder / "model/a.tflite").write_bytes(shared_file(f"models/{FLOAT}.tflite").read_bytes())
    failed = run(folder)
    assert failed.returncode == 1
    assert "takes float32" in failed.stderr.splitlines()[-1]
    assert not json.loads(failed.stdout)["healthy"]


def test_settings_that_the_device_cannot_have_are_found_before_the_switch(laid):
    folder = laid(WORDS)
    (folder / "agent.toml").write_text('model = "model/a.tflite"\n[source]\nfolder = "/not/there"\n')
    done = run(folder)
    assert done.returncode == 1
    assert "agent.toml, line 3: source.folder: /not/there: there is no such folder" in done.stderr


def test_expectations_are_the_same_each_time(expected, shared_file):
    model = ModelFile.read(shared_file(f"models/{QUANTIZED}.tflite"))
    again = expectations({"model/a.tflite": model})
    assert again == {name: expected(QUANTIZED)[name] for name in again}


def test_what_does_not_run_at_the_desk_is_not_sent(shared_file):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant_edgetpu.tflite"))
    with pytest.raises((ModelError, ValueError), match="compiled for the Edge TPU"):
        expectations({"model/a.tflite": model})


def test_the_ratio_is_the_one_of_its_definition():
    a, b = np.array([3.0, 4.0]), np.array([3.0, 4.5])
    assert signal_to_noise_db([a], [b], 0) == pytest.approx(20.0)
    assert signal_to_noise_db([a], [a], 0) == np.inf
    assert signal_to_noise_db([np.array([130], np.uint8)], [np.array([129], np.uint8)], 128) == pytest.approx(6.0206)
    assert signal_to_noise_db([a], [a[:1]], 0) == -np.inf


def test_a_scalar_is_packed_as_one() -> None:
    assert np.load(io.BytesIO(_bytes(np.array(3.0, np.float32)))).shape == ()
