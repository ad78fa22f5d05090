"""Folders for Android and iOS: the Java compiles against stand-ins, all of them are said to be untried."""

from __future__ import annotations

from pathlib import Path

import pytest

import edgewright as ew
from edgewright.errors import UsageError

from .java_parts import compiled

MODELS = {
    "mobilenet_v1_0.25_224_float_metadata.tflite": "Classifier",
    "ssd_mobilenet_v1_coco_quant_metadata.tflite": "Detector",
}

# The declarations of Android and of LiteRT that the classes use, without what they do.
STAND_INS = {
    "android/content/Context.java": """package android.content;
public abstract class Context { public abstract android.content.res.AssetManager getAssets(); }
""",
    "android/content/res/AssetManager.java": """package android.content.res;
public abstract class AssetManager {
    public abstract java.io.InputStream open(String name) throws java.io.IOException;
}
""",
    "android/graphics/Bitmap.java": """package android.graphics;
public abstract class Bitmap {
    public abstract int getWidth();
    public abstract int getHeight();
    public abstract void getPixels(int[] pixels, int offset, int stride, int x, int y, int width, int height);
}
""",
    "org/tensorflow/lite/Interpreter.java": """package org.tensorflow.lite;
public class Interpreter {
    public static class Options {
        public Options setNumThreads(int count) { return this; }
    }
    public Interpreter(java.nio.ByteBuffer model, Options options) {}
    public void allocateTensors() {}
    public int getOutputTensorCount() { return 0; }
    public Tensor getOutputTensor(int place) { return null; }
    public void runForMultipleInputsOutputs(Object[] inputs, java.util.Map<Integer, Object> outputs) {}
    public void close() {}
}
""",
    "org/tensorflow/lite/Tensor.java": """package org.tensorflow.lite;
public interface Tensor { int numBytes(); }
""",
}


@pytest.mark.extras
@pytest.mark.parametrize("model", MODELS)
def test_the_java_of_android_compiles(shared_file, tmp_path: Path, model: str):
    ew.export(shared_file(f"models/{model}"), tmp_path / "app", target="android")
    sources = {
        path.relative_to(tmp_path / "app/java").as_posix(): path.read_text() for path in _all(tmp_path, "*.java")
    }
    assert f"edgewright/{MODELS[model]}.java" in sources
    compiled(tmp_path / "work", {**STAND_INS, **sources})


@pytest.mark.parametrize("model", MODELS)
def test_a_folder_for_android_has_all_and_says_what_is_untried(shared_file, tmp_path: Path, model: str):
    made = ew.export(shared_file(f"models/{model}"), tmp_path / "app", target="android")
    name = MODELS[model]
    assert {"assets/edgewright/labels.txt", f"kotlin/edgewright/{name}.kt", "build.gradle.kts"} <= set(made.files)
    assert "com.google.ai.edge.litert:litert:2.3.0" in (tmp_path / "app/build.gradle.kts").read_text()
    assert made.proven == ()
    assert any("run on Android" in sentence for sentence in made.unproven)
    for path in _all(tmp_path, f"{name}.*"):
        assert "Not tried" in path.read_text().splitlines()[0]
    _check_filled(tmp_path)


@pytest.mark.parametrize("model", MODELS)
def test_a_folder_for_ios_has_all_and_says_what_is_untried(shared_file, tmp_path: Path, model: str):
    made = ew.export(shared_file(f"models/{model}"), tmp_path / "app", target="ios")
    assert {"Preparation.swift", "Answer.swift", f"{MODELS[model]}.swift", "Podfile", "model.tflite"} <= set(made.files)
    assert made.proven == ()
    assert any("Swift cannot be compiled or run here" in sentence for sentence in made.unproven)
    for path in _all(tmp_path, "*.swift"):
        text = path.read_text()
        assert "Not tried" in text.splitlines()[0]
        assert all(text.count(one) == text.count(other) for one, other in ("()", "[]", "{}"))
    _check_filled(tmp_path)


@pytest.mark.parametrize("target", ["android", "ios"])
def test_what_they_have_no_code_for(shared_file, tmp_path: Path, target: str):
    with pytest.raises(UsageError, match=f"{target} has code for classification and detection"):
        ew.export(shared_file("models/yamnet.tflite"), tmp_path / "out", target=target)


def _all(folder: Path, pattern: str) -> list[Path]:
    return sorted((folder / "app").rglob(pattern))


def _check_filled(folder: Path) -> None:
    """No at sign of a template is left."""
    for path in _all(folder, "*.*"):
        if path.suffix in (".java", ".kt", ".kts", ".swift"):
            assert "@" not in path.read_text().replace("@Override", ""), path
