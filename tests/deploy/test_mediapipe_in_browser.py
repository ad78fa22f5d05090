"""MediaPipe Tasks in a browser take labels and normalization from a file that was described here."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from PIL import Image

import edgewright as ew
from edgewright.deploy.browser.runtime import Package, fetch_runtime, runtime_files
from edgewright.model import ModelFile

from ..browser import Chromium
from .pages import served

pytestmark = pytest.mark.extras

TASKS = Package(
    "@mediapipe/tasks-vision",
    "1.1.0",
    11967669,
    "ZJqh0wMKOINorfSffvDAxzyO1//c+FiG3IkzOdNDnLqvBB3DbMfj0bB/tys2SNf9S914sgoIbIpF4HTOi336cg==",
    ("vision_bundle.mjs", "wasm/vision_wasm_internal.js", "wasm/vision_wasm_internal.wasm"),
)
MODELS = {
    "mobilenet_v1_0.25_128_quant": 128,
    "mobilenet_v1_0.25_224_float_metadata": 224,
}
CLASSIFY = """(async () => {
  const { ImageClassifier } = await import("./tasks-vision/vision_bundle.mjs");
  const wasm = "./tasks-vision/wasm/vision_wasm_internal";
  const picture = new Image();
  picture.src = %(picture)s;
  await picture.decode();
  const task = await ImageClassifier.createFromOptions(
    { wasmLoaderPath: `${wasm}.js`, wasmBinaryPath: `${wasm}.wasm` },
    { baseOptions: { modelAssetPath: %(model)s, delegate: "CPU" }, maxResults: 3 });
  return task.classify(picture).classifications[0].categories.map((one) => [one.categoryName, one.score]);
})()"""


@pytest.fixture
def folder(tmp_path: Path, shared_file, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page with the package, models that were described here, and a photograph as large as each takes."""
    monkeypatch.setenv("EDGEWRIGHT_CACHE", str(tmp_path / "cache"))
    fetch_runtime(packages=(TASKS,))
    site = tmp_path / "site"
    for path, content in runtime_files((TASKS,)).items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(content)
    (site / "index.html").write_text("<!doctype html><title>tasks</title>")
    for name, side in MODELS.items():
        model = ModelFile.read(shared_file(f"models/{name}.tflite"))
        model.with_metadata(dataclasses.replace(model.metadata, name="described here")).save(site / f"{name}.tflite")
        with Image.open(shared_file("images/cats_and_dogs.jpg")) as photograph:
            photograph.convert("RGB").resize((side, side)).save(site / f"{side}.png")
    return site


def test_the_same_labels_and_scores(folder: Path, tmp_path: Path):
    browser = Chromium(tmp_path / "profile")
    try:
        with served(folder) as address, browser.page() as page:
            page.open(address)
            for name, side in MODELS.items():
                names = {"picture": json.dumps(f"{side}.png"), "model": json.dumps(f"{name}.tflite")}
                said = page.value(CLASSIFY % names)
                with ew.load(folder / f"{name}.tflite") as task:
                    expected = list(task(folder / f"{side}.png").observations())[:3]
                assert [label for label, _ in said] == [one.label for one in expected]
                assert [score for _, score in said] == pytest.approx([one.score for one in expected], abs=2e-6)
    finally:
        browser.close()
