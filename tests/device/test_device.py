"""The project on emulated Raspberry Pis, 64-bit and 32-bit: what it prints there is what it prints here."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgewright.media import read_picture
from edgewright.model import ModelFile, TensorSpec

from .machines import Device, Host, Machine

pytestmark = [pytest.mark.extras, pytest.mark.xdist_group("devices")]

Given = Callable[[str], Path]

# Model -> the largest difference of a float output that another order of additions may cause; quantised outputs may
# differ by one step. The last layers of YAMNet and of the detector make floats from quantised values, with steps of
# 1/256; three of them are allowed for the detector's boxes and scores.
MODELS = {
    "mobilenet_v1_0.25_128_quant": 0.0,
    "mobilenet_v2_1.0_224_quant": 0.0,
    "mobilenet_v1_0.25_224_float_metadata": 3e-6,
    "ssd_mobilenet_v1_coco_quant_metadata": 0.012,
    "yamnet": 1 / 256,
    "movie_review": 1e-6,
}
POSE = "movenet_single_pose_lightning_ptq"

# Which of this machine's kernels are those of a device. The runtime of 32-bit ARM has no XNNPACK, which rounds what is
# quantised in another way: compared with it, the same models differ by up to 4 of 256 steps.
KERNELS = {"arm64": "AUTO", "armhf": "BUILTIN_WITHOUT_DEFAULT_DELEGATES"}

MAIN = "models/mobilenet_v2_1.0_224_quant.tflite"
PICTURES = ["parrot.jpg", "cat.bmp", "grace_hopper.bmp", "sunflower.bmp", "owl.jpg"]


def test_pip_alone_installed_the_runtime_made_for_the_machine(device: Device) -> None:
    listed = json.loads(device.run("edge/bin/pip", "list", "--format", "json"))
    packages = {one["name"].replace("_", "-"): one["version"] for one in listed}
    runtimes = {"arm64": "ai-edge-litert", "armhf": "tflite-runtime"}
    assert {"ai-edge-litert", "tflite-runtime"} & packages.keys() == {runtimes[device.architecture]}
    if device.architecture == "armhf":
        assert packages["numpy"].startswith("1.24.")
        assert packages["pillow" if "pillow" in packages else "Pillow"].startswith("9.4.")


@pytest.mark.parametrize("name", [f"models/{name}.tflite" for name in [*MODELS, POSE]])
def test_inspect_says_the_same_as_here(device: Device, host: Host, given: Given, name: str) -> None:
    model = given(name)
    assert json.loads(device.edgewright("inspect", model, "--json")) == json.loads(
        host.edgewright("inspect", model, "--json")
    )
    assert device.edgewright("inspect", model) == host.edgewright("inspect", model)


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_this_machine(
    device: Device, host: Host, given: Given, shared_file: Given, name: str
) -> None:
    model = given(f"models/{name}.tflite")
    (spec,) = ModelFile.read(device.work / model).inputs
    np.save(device.work / "input.npy", example(spec, shared_file))
    there, here = outputs(device, "AUTO", model), outputs(host, KERNELS[device.architecture], model)
    differences = [largest_difference(a, b) for a, b in zip(there, here, strict=True)]
    print(f"{device.architecture} {name}: largest differences {differences}")
    for mine, theirs, difference in zip(here, there, differences, strict=True):
        assert difference <= (1 if mine.dtype.kind in "iu" else MODELS[name])
        assert mine.argmax() == theirs.argmax()


def test_keypoints_are_where_they_are_here(device: Device, host: Host, given: Given, shared_file: Given) -> None:
    """Only where: the scores of this model already change by 0.6 from one kind of kernels to another on one machine."""
    model = given(f"models/{POSE}.tflite")
    np.save(device.work / "input.npy", read_picture(shared_file("images/squat.bmp"), size=(192, 192))[np.newaxis])
    there, here = (outputs(machine, "AUTO", model)[0][0, 0, :, :2] for machine in (device, host))
    print(f"{device.architecture} {POSE}: largest difference {largest_difference(there, here)} of the picture's size")
    assert largest_difference(there, here) <= 0.03


def outputs(machine: Machine, kernels: str, model: Path) -> list[np.ndarray]:
    """What the machine's interpreter makes of `input.npy`."""
    (machine.work / "probe.py").write_bytes(Path(__file__).with_name("probe.py").read_bytes())
    machine.python("probe.py", kernels, model, "input.npy", "outputs.npz")
    with np.load(machine.work / "outputs.npz") as archive:
        return [archive[name] for name in archive.files]


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    return float(np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0.0))


def example(spec: TensorSpec, shared_file: Given) -> np.ndarray:
    """A real input: cats and dogs, the recording, or words by their numbers."""
    if len(spec.shape) == 4:
        pixels = read_picture(shared_file("images/cats_and_dogs.jpg"), size=spec.shape[1:3])[np.newaxis]
        return pixels if spec.dtype == "uint8" else (pixels / 127.5 - 1).astype(spec.dtype)
    if spec.dtype == "float32":
        with wave.open(str(shared_file("images/speech.wav"))) as recording:
            samples = np.frombuffer(recording.readframes(recording.getnframes()), "<i2")
        return (samples[: spec.shape[0]] / 32768).astype(np.float32)
    return (np.arange(256, dtype=spec.dtype) * 37 % 9000).reshape(spec.shape)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_prepared_as_here(device: Device, host: Host, given: Given, name: str) -> None:
    picture = given(f"images/{name}")
    (device.work / "prepare.py").write_bytes(Path(__file__).with_name("prepare.py").read_bytes())
    device.python("prepare.py", picture, "there.npy")
    host.python("prepare.py", picture, "here.npy")
    there, here = (np.load(device.work / f"{place}.npy").astype(int) for place in ("there", "here"))
    largest, share = int(np.abs(there - here).max()), float((there != here).mean())
    print(f"{device.architecture} {name}: largest difference {largest}, {share:.2%} of the values differ")
    # Debian's Pillow 9.4 has another JPEG library than Pillow's own wheels.
    assert largest <= (1 if picture.suffix == ".jpg" else 0)


def test_run_finds_the_same_labels(device: Device, host: Host, given: Given) -> None:
    model, pictures = given(MAIN), [given(f"images/{name}") for name in PICTURES]
    there, here = (
        json.loads(machine.edgewright("run", model, *pictures, "--top", "3", "--json")) for machine in (device, host)
    )
    for mine, theirs in zip(here, there, strict=True):
        best, same = mine["top"][0], theirs["top"][0]
        assert (theirs["input"], same["label"]) == (mine["input"], best["label"])
        assert same["score"] == pytest.approx(best["score"], abs=0.02)


def test_an_unreadable_picture_is_one_line_there_too(device: Device, given: Given) -> None:
    (device.work / "torn.jpg").write_bytes((device.work / given("images/parrot.jpg")).read_bytes()[:300_000])
    model = given(MAIN)
    (result,) = json.loads(device.edgewright("run", model, "torn.jpg", "--json", expect=1))
    assert result["error"].startswith("torn.jpg: the JPEG picture cannot be decoded")


@pytest.mark.parametrize("device", ["armhf"], indirect=True)
def test_two_steps_install_where_a_64_bit_kernel_runs_32_bit_programs(device: Device, given: Given) -> None:
    """32-bit Raspberry Pi OS on a Pi 4 and later: the kernel says aarch64, and so pip would want LiteRT."""
    device.run("python3", "-m", "venv", "--system-site-packages", "other")
    # The last word of uname is all that Python sees of the kernel's kind.
    line = "import os; os.uname = lambda: os.uname_result(('Linux', 'raspberrypi', '6.12', '#1', 'aarch64'))\n"
    (device.work / "other/lib/python3.11/site-packages/kernel.pth").write_text(line, encoding="utf-8")
    assert device.run("other/bin/python", "-c", "import platform; print(platform.machine())") == "aarch64\n"
    install = ["other/bin/pip", "install", "--no-index", "--find-links", "wheels"]
    device.run(*install, "tflite-runtime", "click", "rich", "flatbuffers")
    device.run(*install, "--no-deps", "edgewright")
    model = given(MAIN)
    (result,) = json.loads(device.run("other/bin/edgewright", "run", model, given("images/parrot.jpg"), "--json"))
    assert result["top"][0]["label"] == "macaw"


def test_bench_measures_there_and_says_that_the_processor_is_emulated(device: Device, given: Given) -> None:
    model = given("models/mobilenet_v1_0.25_128_quant.tflite")
    result = json.loads(device.edgewright("bench", model, "--rounds", "1", "--json"))
    (one,) = result["measured"]
    assert one["latency"]["median_s"] > 0
    assert one["throughput"]["per_second"] > 0
    stages = ("imports_s", "read_s", "open_s", "first_s")
    assert all(one["cold_start"][stage] > 0 for stage in stages)
    assert any("emulated by qemu-" in note for note in result["notices"])
