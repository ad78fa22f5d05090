"""Java over LiteRT's C library says what `run` says: of photographs, to the bit."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

import edgewright as ew
from edgewright.deploy import describe, proving
from edgewright.deploy.coding import filled
from edgewright.deploy.targets import java as java_target
from edgewright.deploy.targets.java import OLDEST, litert_library
from edgewright.errors import UsageError
from edgewright.model import ModelFile

from .java_parts import compiled, java, ran

PHOTOGRAPHS = ("cats_and_dogs.jpg", "grace_hopper.bmp", "sunflower.bmp")
MODELS = {
    "mobilenet_v1_0.25_128_quant.tflite": "Classifier",
    "mobilenet_v1_0.25_224_float_metadata.tflite": "Classifier",
    "ssd_mobilenet_v1_coco_quant_metadata.tflite": "Detector",
}

# Writes width, height and ARGB of each picture.
SHOW = """package edgewright;

import java.awt.image.BufferedImage;
import java.io.DataOutputStream;
import java.nio.file.Path;

public class Show {
    public static void main(String[] paths) throws Exception {
        DataOutputStream out = new DataOutputStream(new java.io.BufferedOutputStream(System.out));
        for (String path : paths) {
            BufferedImage picture = Photo.read(Path.of(path));
            out.writeInt(picture.getWidth());
            out.writeInt(picture.getHeight());
            for (int pixel : Photo.pixels(picture)) {
                out.writeInt(pixel);
            }
        }
        out.flush();
    }
}
"""

# Prints how many different orientations a photograph has whose head is cut off or spoiled anywhere.
SPOIL = """package edgewright;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

public class Spoil {
    public static void main(String[] paths) throws Exception {
        byte[] photo = Files.readAllBytes(Path.of(paths[0]));
        java.util.TreeSet<Integer> said = new java.util.TreeSet<>();
        for (int at = 0; at < 200; at++) {
            said.add(Photo.orientation(ByteBuffer.wrap(photo, 0, at).slice()));
            byte right = photo[at];
            for (int value = 0; value < 256; value++) {
                photo[at] = (byte) value;
                said.add(Photo.orientation(ByteBuffer.wrap(photo)));
            }
            photo[at] = right;
        }
        System.out.println(said.contains(1) && said.contains(6));
    }
}
"""


@pytest.mark.extras
@pytest.mark.parametrize("model", MODELS)
def test_photographs(shared_file, tmp_path: Path, model: str):
    program = java() / "java"
    file = ModelFile.read(shared_file(f"models/{model}"))
    made = ew.export(file, tmp_path / "out", target="java")
    assert "the classes say what run says, to the bit" in made.proven[0]
    paths = [tmp_path / f"{number}.png" for number in range(len(PHOTOGRAPHS))]
    for path, name in zip(paths, PHOTOGRAPHS, strict=True):
        Image.open(shared_file(f"images/{name}")).convert("RGB").save(path)
    options = ["--enable-native-access=ALL-UNNAMED", f"-Dlitert={litert_library()}"]
    command = [program, *options, f"edgewright/{MODELS[model]}.java", *paths]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, check=True)
    with ew.load(file, interpolation="bilinear") as task:
        said = [found for path in paths for found in proving.found_in(task(path))]
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [label for label, *_ in rows] == [task.labels[index] for index, *_ in said]
    assert [[float(np.float32(number)) for number in row[1:]] for row in rows] == [
        [score, *box] for _, score, box in said
    ]
    assert said


def test_it_is_made_without_java_too(shared_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(java_target, "java_command", lambda oldest: None)
    made = ew.export(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), tmp_path / "out", target="java")
    assert made.proven == ()
    assert "No Java 22 or later was found here: the classes were not compiled." in made.unproven
    assert "edgewright/Classifier.java" in made.files


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("yamnet.tflite", "java has code for classification and detection; this model's task is audio-classification"),
        ("ssd_mobilenet_v1_coco_quant_score_calibration.tflite", "its scores are calibrated"),
        ("mobilenet_v1_0.25_224_float.tflite", "nothing in the file says how pixels become input"),
    ],
)
def test_what_it_has_no_code_for(shared_file, tmp_path: Path, model: str, why: str):
    with pytest.raises(UsageError, match=why):
        ew.export(shared_file(f"models/{model}"), tmp_path / "out", target="java")
    assert not (tmp_path / "out").exists()


def test_a_hostile_name_stays_in_its_comment(shared_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(java_target, "java_command", lambda oldest: None)
    file = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    named = ModelFile.build(file.edit(), file.files, "x\\u000a*/ class Evil {}\n.tflite")
    ew.export(named, tmp_path / "out", target="java")
    first = (tmp_path / "out/edgewright/Classifier.java").read_text().splitlines()[0]
    assert first == "// Made by Edgewright of  class Evil ___.tflite. Needs Java 22 or later."


@pytest.fixture
def show(shared_file, tmp_path: Path):
    """Pictures as the class `Photo` has them: (height, width, 4), alpha, red, green and blue."""
    known = describe(ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite")))
    code = {"edgewright/Photo.java": filled("Photo.java", known, {})}
    code |= {"edgewright/Show.java": SHOW, "edgewright/Spoil.java": SPOIL}
    built = compiled(tmp_path / "code", code, release=OLDEST)

    def shown(*paths: Path) -> list[np.ndarray]:
        data, pictures = ran(built, "edgewright.Show", *paths), []
        while data:
            width, height = np.frombuffer(data, ">i4", 2)
            pictures.append(np.frombuffer(data, np.uint8, width * height * 4, 8).reshape(height, width, 4))
            data = data[8 + width * height * 4 :]
        return pictures

    shown.built = built
    return shown


@pytest.mark.extras
def test_pictures_are_as_bright_as_they_are_stored(show, tmp_path: Path):
    color = Image.fromarray(proving.made_up(90, 70))
    gray = color.convert("L")
    both = Image.merge("LA", (gray, Image.fromarray(proving.made_up(90, 70)[..., 1])))
    kinds = {"color": color, "gray": gray, "see-through": both, "black and white": color.convert("1")}
    kinds["palette"] = color.quantize(16)
    kinds["deep"] = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257 + 100)
    paths = [tmp_path / f"{name}.png" for name in kinds]
    for path, picture in zip(paths, kinds.values(), strict=True):
        picture.save(path)
    gray.save(tmp_path / "gray.jpg")
    for name, shown in zip(kinds, show(*paths), strict=True):
        wanted = np.asarray((gray if name == "deep" else kinds[name]).convert("RGBA"))[..., [3, 0, 1, 2]]
        assert np.array_equal(shown, wanted), name
    (shown,) = show(tmp_path / "gray.jpg")
    stored = np.asarray(Image.open(tmp_path / "gray.jpg")).astype(int)
    assert np.abs(shown[..., 1:] - stored[..., None]).max() <= 2


@pytest.mark.extras
@pytest.mark.parametrize("order", [">", "<"])
def test_photographs_are_turned_as_their_exif_says(show, tmp_path: Path, order: str):
    paths = [tmp_path / f"{number}.jpg" for number in range(10)]
    for number, path in enumerate(paths):
        exif = Image.Exif()
        exif.endian = order
        exif[271], exif[274] = "a maker of cameras", number
        Image.fromarray(proving.made_up(90, 70)).save(path, quality=95, subsampling=0, exif=exif)
    for path, shown in zip(paths, show(*paths), strict=True):
        wanted = np.asarray(ImageOps.exif_transpose(Image.open(path))).astype(int)
        assert shown.shape[:2] == wanted.shape[:2]
        assert np.abs(shown[..., 1:] - wanted).mean() < 1
    assert ran(show.built, "edgewright.Spoil", paths[6]) == b"true\n"


@pytest.mark.extras
def test_labels_of_any_letters_are_proven_in_any_locale(shared_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    java()
    monkeypatch.setenv("LC_ALL", "C")
    file = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    labels = tuple(f"\u00e8 {number}\tof a\u2028line\x0b\x85" for number in range(1001))
    output = replace(file.metadata.outputs[0], labels=labels)
    named = file.with_metadata(replace(file.metadata, outputs=(output,)))
    made = ew.export(named, tmp_path / "out", target="java")
    assert "the classes say what run says, to the bit" in made.proven[0]


@pytest.mark.extras
def test_the_command_that_is_named_is_the_one_that_was_proven(
    shared_file, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Wherever Java and the library are."""
    (tmp_path / "my libraries").mkdir()
    library = tmp_path / "my libraries" / "libLiteRt.so"
    library.symlink_to(litert_library())
    monkeypatch.setattr(java_target, "litert_library", lambda: library)
    monkeypatch.setenv("JAVA_HOME", str(java().parent))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    made = ew.export(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), tmp_path / "out", target="java")
    shutil.copy(shared_file("images/parrot.jpg"), tmp_path / "out" / "photo.jpg")
    done = subprocess.run(made.start, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5
