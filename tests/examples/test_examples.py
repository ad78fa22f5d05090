"""Each script in examples/, run as its first lines say, on real models and photographs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
LONGEST = 50

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(EXAMPLES / script), *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    return run


@pytest.fixture
def photos(shared_file, tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("parrot.jpg", "sunflower.bmp", "grace_hopper.bmp"):
        shutil.copy(shared_file(f"images/{name}"), folder)
    return folder


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_short_and_say_how_to_call_them(run: Run, script: Path):
    assert len(script.read_text().splitlines()) <= LONGEST
    done = run(script.name)
    assert done.returncode == 1
    assert f"python {script.name} " in done.stderr
    assert "Traceback" not in done.stderr


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Each file with when it was written and what is in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


# Script -> what it is called with: published files, and what is in its folder.
CALLS = {
    "classify_a_folder.py": ("models/mobilenet_v2_1.0_224_quant.tflite", "photos"),
    "compare_two_models.py": (
        "models/mobilenet_v1_0.25_128_quant.tflite",
        "models/mobilenet_v1_0.25_128_quant.tflite",
        "photos",
    ),
    "convert_my_model.py": ("sources/pretrainedResnet.h5", "models/imagenet_labels.txt", "photos"),
    "describe_a_model.py": ("models/mobilenet_v1_0.25_224_float.tflite", "models/imagenet_labels.txt", "new.tflite"),
    "find_alike.py": (
        "models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite",
        "images/parrot.jpg",
        "photos",
    ),
    "read_metadata.py": ("models/mobilenet_v1_0.25_224_float_metadata.tflite", "labels.txt"),
    "tutorial_mobilenet.py": ("models/mobilenet_v1_0.75_192_quant.tflite", "images/parrot.jpg"),
    "wait_until_seen.py": ("models/mobilenet_v2_1.0_224_quant.tflite", "photos", "macaw"),
}


@pytest.fixture
def arguments(shared_file, photos: Path) -> Callable[[str], list[str]]:
    for name in ("again.jpg", "once more.jpg"):  # So that the bird is seen twice.
        shutil.copy(photos / "parrot.jpg", photos / f"parrot {name}")

    def arguments(script: str) -> list[str]:
        return [str(shared_file(word)) if "/" in word else word for word in CALLS[script]]

    return arguments


@pytest.mark.parametrize("script", sorted(CALLS.keys() - {"convert_my_model.py"}))  # Its own test runs it twice.
def test_a_second_run_neither_fails_nor_overwrites(run: Run, arguments: Callable, tmp_path: Path, script: str):
    first = run(script, *arguments(script))
    before = contents(tmp_path)
    second = run(script, *arguments(script))
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, "")
    assert contents(tmp_path) == before


# Presses Ctrl-C at the moment when a script opens the file that it is called with.
STOPPED = """
import runpy, signal, sys
script, file, *words = sys.argv[1:]
pressed = []
def listen(event, about):
    if event == "open" and about[0] == file and not pressed:
        pressed.append(file)
        signal.raise_signal(signal.SIGINT)
sys.addaudithook(listen)
sys.argv = [script, *words]
runpy.run_path(script, run_name="__main__")
"""


@pytest.mark.parametrize("script", sorted(CALLS))
def test_ctrl_c_ends_a_script_without_a_traceback(arguments: Callable, tmp_path: Path, script: str):
    words = arguments(script)
    opened = words[1] if script == "convert_my_model.py" else words[0]
    command = [sys.executable, "-c", STOPPED, EXAMPLES / script, opened, *words]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (130, "")


def test_all_scripts_are_run_twice_and_stopped():
    assert sorted(CALLS) == [script.name for script in SCRIPTS]


def test_each_script_has_a_test():
    here = Path(__file__).read_text()
    for script in SCRIPTS:
        assert f'run("{script.name}"' in here


@pytest.mark.parametrize(
    ("photo", "label"),
    [("parrot.jpg", "macaw"), ("sunflower.bmp", "daisy"), ("grace_hopper.bmp", "military uniform")],
)
def test_tutorial_mobilenet(run: Run, shared_file, photo: str, label: str):
    model = shared_file("models/mobilenet_v1_0.75_192_quant.tflite")
    done = run("tutorial_mobilenet.py", model, shared_file(f"images/{photo}"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 10
    assert lines[0].endswith(f"  {label}")
    scores = [float(line.split()[0]) for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[0] <= 1


def test_tutorial_mobilenet_and_the_task_agree(run: Run, shared_file):
    model, photo = shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), shared_file("images/cat.bmp")
    done = run("tutorial_mobilenet.py", model, photo)
    with ew.load(model) as classify:
        best = classify(photo)[0]
    assert done.stdout.splitlines()[0] == f"{best.score:.3f}  {best.label}"


def test_tutorial_mobilenet_refuses_a_float_model(run: Run, shared_file):
    done = run(
        "tutorial_mobilenet.py", shared_file("models/mobilenet_v1_0.25_224_float.tflite"), shared_file("images/cat.bmp")
    )
    assert done.returncode == 1
    assert "takes float32" in done.stderr
    assert "Traceback" not in done.stderr


def test_convert_my_model(run: Run, shared_file, tmp_path: Path):
    """ResNet-8 for CIFAR-10 itself takes 0 to 255; what matters here is that both versions say the same."""
    source = Path(shutil.copy(shared_file("sources/pretrainedResnet.h5"), tmp_path / "resnet.h5"))
    labels = tmp_path / "labels.txt"
    labels.write_text("airplane automobile bird cat deer dog frog horse ship truck".replace(" ", "\n"))
    random = np.random.default_rng(0)
    for label, name in (("bird", "parrot.jpg"), ("cat", "cat.bmp")):
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        with Image.open(shared_file(f"images/{name}")) as photo:
            for index in range(20):
                left, top = random.integers(0, 60, 2)
                photo.crop((left, top, photo.width - 60, photo.height - 60)).save(folder / f"{index}.png")
    done = run("convert_my_model.py", source, labels, tmp_path / "photos")
    assert done.returncode == 0, done.stderr
    large, small = (ew.ModelFile.read(source.with_suffix(suffix)) for suffix in (".tflite", ".int8.tflite"))
    assert small.size < 0.4 * large.size
    assert small.metadata.outputs[0].labels[3] == "cat"
    assert small.metadata.inputs[0].std == (255.0,)
    assert "of 40 photographs" in done.stdout
    before = contents(tmp_path)
    again = run("convert_my_model.py", source, labels, tmp_path / "photos")
    assert (again.returncode, again.stdout.count("is there already, and is kept")) == (0, 2), again.stderr
    assert again.stdout.splitlines()[-1] == done.stdout.splitlines()[-1]
    assert contents(tmp_path) == before


def test_classify_a_folder(run: Run, shared_file, photos: Path):
    (photos / "more").mkdir()
    shutil.copy(photos / "parrot.jpg", photos / "more" / "second.jpg")
    done = run("classify_a_folder.py", shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), photos)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "macaw: second.jpg, parrot.jpg"
    assert "military uniform: grace_hopper.bmp" in done.stdout


def test_classify_a_folder_goes_on_after_a_broken_picture(run: Run, shared_file, photos: Path):
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    done = run("classify_a_folder.py", shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), photos, "0.99")
    assert done.returncode == 1
    assert "broken.jpg" in done.stderr
    assert "not sure: " in done.stdout
    assert "Traceback" not in done.stderr


def test_read_metadata(run: Run, shared_file, tmp_path: Path):
    done = run("read_metadata.py", shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite"), "labels.txt")
    assert done.returncode == 0, done.stderr
    assert "takes RGB, float32 (1, 224, 224, 3)" in done.stdout
    assert "(value - (127.5,)) / (127.5,)" in done.stdout
    assert len((tmp_path / "labels.txt").read_text().splitlines()) == 1001


def test_read_metadata_where_there_is_none(run: Run, shared_file, tmp_path: Path):
    done = run("read_metadata.py", shared_file("models/mobilenet_v1_0.25_224_float.tflite"), "labels.txt")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("no name: no description")
    assert not (tmp_path / "labels.txt").exists()


def test_compare_two_models(run: Run, shared_file, photos: Path):
    names = ("mobilenet_v2_1.0_224_quant", "mobilenet_v1_0.25_128_quant")
    done = run("compare_two_models.py", *(shared_file(f"models/{name}.tflite") for name in names), photos)
    assert done.returncode == 0, done.stderr
    assert "of 3 photographs" in done.stdout
    assert "3,610,798 and 525,598 bytes (15%)" in done.stdout
    same = run("compare_two_models.py", *[shared_file(f"models/{names[0]}.tflite")] * 2, photos)
    assert "the same best label for 3 of 3 photographs" in same.stdout


def test_describe_a_model(run: Run, shared_file, tmp_path: Path):
    """Described, the bare float model says the same as the one that was published with metadata."""
    bare, labels = shared_file("models/mobilenet_v1_0.25_224_float.tflite"), shared_file("models/imagenet_labels.txt")
    done = run("describe_a_model.py", bare, labels, "described.tflite")
    assert done.returncode == 0, done.stderr
    parrot = shared_file("images/parrot.jpg")
    results = []
    for model in (tmp_path / "described.tflite", shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite")):
        with ew.load(model) as classify:
            results.append(classify(parrot).top(3))
    assert [one.index for one in results[0]] == [one.index for one in results[1]]
    assert [one.score for one in results[0]] == pytest.approx([one.score for one in results[1]], abs=1e-5)


def test_wait_until_seen(run: Run, shared_file, photos: Path):
    """The bird is in the last two pictures; once would not do."""
    for name in ("parrot again.jpg", "parrot once more.jpg"):
        shutil.copy(photos / "parrot.jpg", photos / name)
    done = run("wait_until_seen.py", shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), photos, "macaw")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert " macaw 0.9" in line


def test_wait_until_seen_refuses_a_label_that_the_model_has_not(run: Run, shared_file, photos: Path):
    done = run("wait_until_seen.py", shared_file("models/mobilenet_v2_1.0_224_quant.tflite"), photos, "macow")
    assert done.returncode == 1
    assert "Did you mean 'macaw'" in done.stderr
    assert "Traceback" not in done.stderr


def test_find_alike(run: Run, shared_file, photos: Path):
    """The photograph itself first, at its full similarity; what cannot be read is said, and the rest is listed."""
    (photos / "broken.jpg").write_bytes(b"nothing")
    embedder = shared_file("models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite")
    done = run("find_alike.py", embedder, shared_file("images/parrot.jpg"), photos, 2)
    assert done.returncode == 1
    assert "broken.jpg" in done.stderr
    first, second = done.stdout.splitlines()
    assert first == "1.000  parrot.jpg"
    assert float(second.split()[0]) < 0.9
