"""The exported page in a real Chromium: the same numbers as `run` on the same bytes, and it is fit to be used."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from browser import Chromium, Page
from deploy.pages import cache_with_litert, served
from edgewright.deploy import export
from edgewright.media import Preparation
from edgewright.rewrite import passes_for, rewrite

pytestmark = pytest.mark.extras

UINT8 = "models/mobilenet_v1_0.25_128_quant.tflite"
FLOAT = "models/mobilenet_v1_0.25_224_float_metadata.tflite"
DETECTOR = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"
PHOTOS = ("cat.bmp", "cats_and_dogs.jpg", "grace_hopper.bmp", "owl.jpg", "parrot.jpg", "sunflower.bmp")
ATTACK = "<img src=x onerror='window.hacked=1'><script>window.hacked=1</script>\u202e"

OF_PIXELS = """(async () => {{
  const {{ model }} = await import("/model.js");
  const bytes = Uint8Array.from(atob("{pixels}"), (letter) => letter.charCodeAt(0));
  return await (await model()).ofPixels(bytes);
}})()"""

FITTED = """(async () => {{
  const {{ model }} = await import("/model.js");
  const {{ decoded, fitted, placed }} = await import("/pictures.js");
  const picture = await decoded(await (await fetch("/{name}")).blob());
  const said = (await model()).said.pixels;
  const pixels = fitted(picture, placed(picture, said), said);
  return btoa(Array.from(pixels, (byte) => String.fromCharCode(byte)).join(""));
}})()"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    one = Chromium(tmp_path_factory.mktemp("browser"))
    yield one
    one.close()


@pytest.fixture(scope="module")
def exported(shared, tmp_path_factory) -> Callable[[ew.ModelFile], Path]:
    """The folder of a model."""
    cache = cache_with_litert(shared)
    made: dict[str, Path] = {}

    def write(model: ew.ModelFile) -> Path:
        if model.sha256 not in made:
            folder = tmp_path_factory.mktemp("site") / "page"
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("EDGEWRIGHT_CACHE", str(cache))
                export(model, folder, target="web")
            made[model.sha256] = folder
        return made[model.sha256]

    return write


@pytest.fixture
def opened(browser, exported) -> Iterator[Callable[[ew.ModelFile], Page]]:
    """The page of a model, once it is ready."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def open_page(model: ew.ModelFile, folder: Path | None = None, **how: object) -> Page:
            url = stack.enter_context(served(folder or exported(model)))
            page = stack.enter_context(browser.page(**how))
            page.open(url)
            page.until("document.querySelector('#state').dataset.state !== 'waiting'")
            return page

        yield open_page


def int8(model: ew.ModelFile) -> ew.ModelFile:
    """The same in int8, its input and output too."""
    made = rewrite(model, passes_for(modernize=True, int8_edges=True)).model
    assert made.inputs[0].dtype == made.outputs[0].dtype == "int8"
    return made


def prepared(model: ew.ModelFile, path: Path) -> np.ndarray:
    """A photograph in the size of the model's input, so that nothing is left to resize: (height, width, 3) uint8."""
    _, height, width, _ = model.inputs[0].shape
    return np.asarray(Image.open(path).convert("RGB").resize((width, height), Image.Resampling.BILINEAR))


def of_page(page: Page, pixels: np.ndarray) -> list[dict]:
    return page.value(OF_PIXELS.format(pixels=base64.b64encode(pixels.tobytes()).decode()))


def choose(page: Page, path: Path) -> None:
    """Give the page a file as a person does."""
    root = page.call("DOM.getDocument")["root"]["nodeId"]
    node = page.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    page.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)


# The same numbers


@pytest.mark.parametrize(
    ("name", "change", "tolerance"),
    [(UINT8, None, 0), ("models/mobilenet_v2_1.0_224_quant.tflite", None, 0), (UINT8, int8, 0), (FLOAT, None, 1e-6)],
    ids=["uint8", "uint8 v2", "int8", "float"],
)
def test_a_classifier_says_what_run_says_of_the_same_bytes(name, change, tolerance, shared_file, opened):
    model = ew.ModelFile.read(shared_file(name))
    model = change(model) if change else model
    page, task = opened(model), ew.load(model)
    for photo in PHOTOS:
        pixels = prepared(model, shared_file(f"images/{photo}"))
        here = task(pixels).scores
        there = np.zeros_like(here)
        for found in of_page(page, pixels):
            there[found["index"]] = found["score"]
        assert np.abs(here - there).max() <= tolerance, photo
        assert here.max() > 0.01


def test_a_detector_says_what_run_says_of_the_same_bytes(shared_file, opened):
    model = ew.ModelFile.read(shared_file(DETECTOR))
    page, task = opened(model), ew.load(model)
    count = 0
    for photo in PHOTOS:
        pixels = prepared(model, shared_file(f"images/{photo}"))
        here, there = task(pixels), of_page(page, pixels)
        assert [(one.label, one.index) for one in here] == [(one["label"], one["index"]) for one in there], photo
        assert [one.score for one in here] == [one["score"] for one in there], photo
        np.testing.assert_allclose(here.xyxy, np.reshape([one["box"] for one in there], (-1, 4)), atol=1e-4)
        count += len(there)
    assert count > 10


def test_the_build_for_browsers_without_relaxed_simd_gives_the_same(shared_file, exported, opened, tmp_path):
    for name, tolerance in ((UINT8, 0), (FLOAT, 1e-6)):
        model = ew.ModelFile.read(shared_file(name))
        folder = tmp_path / name.partition("/")[2]
        shutil.copytree(exported(model), folder)
        wasm = folder / "litert/core/wasm"
        (wasm / "litert_wasm_compat_internal.js").replace(wasm / "litert_wasm_internal.js")
        (wasm / "litert_wasm_internal.wasm").unlink()
        page, pixels = opened(model, folder), prepared(model, shared_file("images/parrot.jpg"))
        here = ew.load(model)(pixels).scores
        there = {found["index"]: found["score"] for found in of_page(page, pixels)}
        assert max(abs(there[index] - score) for index, score in enumerate(here.tolist())) <= tolerance


def test_logits_become_shares(shared_file, opened):
    model = ew.ModelFile.read(shared_file(FLOAT))
    output = replace(model.metadata.outputs[0], meaning="logits")
    model = model.with_metadata(replace(model.metadata, outputs=(output,)))
    pixels = prepared(model, shared_file("images/parrot.jpg"))
    here = ew.load(model)(pixels).scores
    there = {found["index"]: found["score"] for found in of_page(opened(model), pixels)}
    assert sum(there.values()) == pytest.approx(1, abs=1e-5)
    assert max(abs(there[index] - score) for index, score in enumerate(here.tolist())) <= 1e-6


# From the picture on


@pytest.mark.parametrize(
    ("resize", "interpolation"), [("stretch", "bilinear"), ("crop", "bicubic"), ("letterbox", "sharp")]
)
def test_a_picture_becomes_the_very_pixels_that_it_becomes_here(
    resize, interpolation, shared_file, exported, opened, tmp_path
):
    model = ew.ModelFile.read(shared_file(UINT8))
    how = {"resize": resize, "interpolation": interpolation, "crop_fraction": 0.875 if resize == "crop" else None}
    how |= {"pad": 77 if resize == "letterbox" else None}
    described = replace(model.metadata.inputs[0], **how)
    model = model.with_metadata(replace(model.metadata, inputs=(described,)))
    page = opened(model, shutil.copytree(exported(model), tmp_path / "page"))
    for number, size in enumerate([(640, 427), (427, 640), (200, 640), (128, 128), (60, 100)]):
        noise = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)
        Image.fromarray(noise).save(tmp_path / "page" / f"{number}.png")
        there = np.frombuffer(base64.b64decode(page.value(FITTED.format(name=f"{number}.png"))), np.uint8)
        here = Preparation.of(model.inputs[0], model.metadata.inputs[0]).fit(tmp_path / "page" / f"{number}.png").pixels
        assert (here.reshape(-1) == there).all(), size


@pytest.mark.parametrize("name", [UINT8, FLOAT, DETECTOR])
def test_a_chosen_photograph_gets_the_label_that_run_gives_it(name, shared_file, opened):
    model = ew.ModelFile.read(shared_file(name))
    page, task = opened(model), ew.load(model)
    for photo in ("cat.bmp", "parrot.jpg", "grace_hopper.bmp"):
        here = task(shared_file(f"images/{photo}")).observations()
        page.value("document.querySelector('#took').textContent = ''")
        choose(page, shared_file(f"images/{photo}"))
        page.until("document.querySelector('#took').textContent")
        shown = page.texts("#results .label")
        assert shown[:1] == [one.label for one in here[:1]], photo
        assert page.texts("#tags .tag") == [] if name != DETECTOR else len(page.texts("#tags .tag")) == len(shown)


def test_nothing_is_asked_of_any_other_place(shared_file, opened):
    page = opened(ew.ModelFile.read(shared_file(DETECTOR)))
    choose(page, shared_file("images/cat.bmp"))
    page.until("document.querySelector('#took').textContent")
    asked = {told["request"]["url"] for told in page.happened("Network.requestWillBeSent")}
    origin = page.value("location.origin")
    assert {url for url in asked if not url.startswith(f"{origin}/")} == set()
    assert f"{origin}/model.tflite" in asked
    assert page.value("fetch('http://127.0.0.2/').then(() => 'sent', () => 'refused')") == "refused"
    assert [told for told in page.happened("Log.entryAdded") if "Content Security" in told["entry"]["text"]] != []


# What can go wrong


def test_hostile_labels_and_names_are_text(shared_file, exported, opened, tmp_path):
    model = ew.ModelFile.read(shared_file(UINT8))
    labels = tuple(f"{ATTACK}{number}" for number in range(1001))
    output = replace(model.metadata.outputs[0], labels=labels)
    hostile = model.with_metadata(replace(model.metadata, name=ATTACK, outputs=(output,)))
    page = opened(hostile)
    choose(page, shared_file("images/cat.bmp"))
    page.until("document.querySelector('#took').textContent")
    assert page.texts("#title") == [ATTACK]
    assert all(text.startswith(ATTACK) for text in page.texts("#results .label"))
    assert page.value("window.hacked === undefined && document.images.length === 0")


def test_a_hostile_detector_draws_its_labels_as_text(shared_file, exported, opened, tmp_path):
    model = ew.ModelFile.read(shared_file(DETECTOR))
    folder = Path(shutil.copytree(exported(model), tmp_path / "page"))
    said = json.loads((folder / "model.json").read_text())
    said["decoding"]["labels"] = [ATTACK] * 90
    (folder / "model.json").write_text(json.dumps(said))
    page = opened(model, folder)
    choose(page, shared_file("images/cat.bmp"))
    page.until("document.querySelectorAll('#tags .tag').length")
    assert all(text.startswith(ATTACK) for text in page.texts("#tags .tag"))
    assert page.value("window.hacked === undefined && document.images.length === 0")


def test_what_is_no_picture_is_said_to_be_none(shared_file, opened, tmp_path):
    page = opened(ew.ModelFile.read(shared_file(UINT8)))
    (tmp_path / "letter.jpg").write_text("Dear model")
    choose(page, tmp_path / "letter.jpg")
    page.until("!document.querySelector('#trouble').hidden")
    assert "no picture that this browser reads" in page.texts("#trouble")[0]


def test_a_camera_that_is_refused_is_explained(shared_file, opened):
    page = opened(ew.ModelFile.read(shared_file(UINT8)))
    page.click("#camera")
    page.until("!document.querySelector('#trouble').hidden")
    assert "choose a picture" in page.texts("#trouble")[0].lower()
    assert page.texts("#camera") == ["Use the camera"]


def test_a_browser_without_simd_is_told_so(shared_file, browser, exported):
    with served(exported(ew.ModelFile.read(shared_file(UINT8)))) as url, browser.page() as page:
        page.call("Page.addScriptToEvaluateOnNewDocument", source="WebAssembly.validate = () => false")
        page.open(url)
        page.until("!document.querySelector('#trouble').hidden")
        assert "has no WebAssembly with SIMD" in page.texts("#trouble")[0]
        assert page.texts("#state") == ["cannot start"]


def test_a_page_that_is_opened_as_a_file_says_to_serve_it(shared_file, browser, exported):
    with browser.page() as page:
        page.open((exported(ew.ModelFile.read(shared_file(UINT8))) / "index.html").as_uri())
        page.until("!document.querySelector('#trouble').hidden")
        assert "has to be served: run python -m http.server" in page.texts("#trouble")[0]


def test_a_missing_model_is_named(shared_file, browser, exported, tmp_path):
    folder = Path(shutil.copytree(exported(ew.ModelFile.read(shared_file(UINT8))), tmp_path / "page"))
    (folder / "model.tflite").unlink()
    with served(folder) as url, browser.page() as page:
        page.open(url)
        page.until("!document.querySelector('#trouble').hidden")
        assert "model.tflite is not beside this page" in page.texts("#trouble")[0]


def test_a_camera_is_followed_until_it_is_stopped(shared_file, exported, tmp_path):
    browser = Chromium(tmp_path / "profile", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    try:
        with served(exported(ew.ModelFile.read(shared_file(UINT8)))) as url, browser.page() as page:
            page.open(url)
            page.until("document.querySelector('#state').dataset.state === 'well'")
            page.click("#camera")
            page.until("document.querySelectorAll('#results li').length === 5")
            assert page.texts("#state") == ["live"]
            page.click("#camera")
            page.until("document.querySelector('#state').dataset.state === 'well'")
            assert page.texts("#camera") == ["Use the camera"]
    finally:
        browser.close()


@pytest.mark.parametrize(("width", "touch"), [(1280, False), (390, True), (320, True)])
def test_it_fits_desks_and_phones(width, touch, shared_file, opened):
    page = opened(ew.ModelFile.read(shared_file(DETECTOR)), width=width, height=800, touch=touch)
    choose(page, shared_file("images/cats_and_dogs.jpg"))
    page.until("document.querySelector('#took').textContent")
    assert page.value("document.documentElement.scrollWidth <= innerWidth")
    canvas, stage = page.place("#picture"), page.place("#boxes")
    assert np.allclose(canvas, stage, atol=1)
