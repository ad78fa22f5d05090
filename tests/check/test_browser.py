"""What is predicted for a browser, and that Chromium really does so."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import edgewright as ew
from browser import Chromium, Page
from deploy.pages import cache_with_litert, served
from edgewright.check import Verdict
from edgewright.deploy.browser import runtime_files
from edgewright.rewrite import passes_for, rewrite

UINT8 = "models/mobilenet_v1_0.25_128_quant.tflite"
FLOAT = "models/mobilenet_v1_0.25_224_float_metadata.tflite"
DETECTOR = "models/ssd_mobilenet_v1_coco_quant_metadata.tflite"
EDGE_TPU = "models/mobilenet_v1_0.25_128_quant_edgetpu.tflite"
SEGMENTER = "models/deeplabv3_mnv2_dm05_pascal_quant.tflite"
FREE_BATCH = "cases/15-labels-only.tflite"
FREE_OUTPUT = "cases/17-where.tflite"
FIT = ("static-batch", "browser")

# Run a model on zeros or on what is given, by the plainest way that the package has; a text: why it did not.
RUN = """(async () => {{
  const {{ Tensor, loadAndCompile }} = await import("@litertjs/core");
  await loading;
  try {{
    const model = await loadAndCompile("{name}", {{ accelerator: "wasm" }});
    const arrays = {{ float32: Float32Array, int32: Int32Array, uint8: Uint8Array }};
    const inputs = model.getInputDetails().map(({{ dtype, shape }}, place) => {{
      const bytes = Uint8Array.from(atob({inputs}[place]), (letter) => letter.charCodeAt(0));
      return new Tensor(new arrays[dtype](bytes.buffer), [...shape]);
    }});
    return (await model.run(inputs)).map((output) => Array.from(output.toTypedArray()));
  }} catch (error) {{
    return String(error.message ?? error);
  }}
}})()"""
PAGE = """<!DOCTYPE html><title>run</title>
<script type="importmap">{"imports": {"@litertjs/core": "./litert/core/dist/index.js",
 "@litertjs/wasm-utils": "./litert/wasm-utils/dist/index.js"}}</script>
<body><script type="module">
import { loadLiteRt } from "@litertjs/core";
window.loading = loadLiteRt("./litert/core/wasm/");
</script>"""


def int8(model: ew.ModelFile) -> ew.ModelFile:
    return rewrite(model, passes_for(modernize=True, int8_edges=True)).model


@pytest.fixture
def model(shared_file) -> Callable[[str], ew.ModelFile]:
    return lambda name: ew.ModelFile.read(shared_file(name))


def problem(model: ew.ModelFile) -> str:
    return ew.check(model, targets="browser").targets[0].problem


def test_what_a_browser_runs_is_said_to_run(model):
    for name in (UINT8, FLOAT):
        report = ew.check(model(name), targets="browser").targets[0]
        assert (report.problem, report.next_steps) == ("", ())
        assert {operator.verdict for operator in report.operators} == {Verdict.RUNS}
        assert "measured with it in Chromium" in report.basis


def test_what_stands_in_the_way_is_named(model):
    assert "input 'input' and 1 more in int8" in problem(int8(model(UINT8)))
    assert "output 'ArgMax' in int64" in problem(model(SEGMENTER))
    assert "of a free size [-1, 8, 8, 3]" in problem(model(FREE_BATCH))
    assert "of a free size [-1]" in problem(model(FREE_OUTPUT))
    assert "declared without a size" in problem(model(DETECTOR))
    assert "output 'TFLite_Detection_PostProcess' and 3 more" in problem(model(DETECTOR))
    assert "operator 0 (edgetpu-custom-op): a custom operator" in problem(model(EDGE_TPU))


def test_the_remedy_is_said_where_it_helps(model):
    for name, change in ((UINT8, int8), (DETECTOR, None), (FREE_BATCH, None)):
        changed = change(model(name)) if change else model(name)
        steps = ew.check(changed, targets="browser").targets[0].next_steps
        assert ["--pass static-batch --pass browser" in step for step in steps] == [True]
        assert problem(rewrite(changed, FIT).model) == ""
    for name in (SEGMENTER, EDGE_TPU, FREE_OUTPUT):
        assert ew.check(model(name), targets="browser").targets[0].next_steps == ()


@pytest.fixture(scope="module")
def page(shared, tmp_path_factory) -> Iterator[tuple[Page, Path]]:
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEWRIGHT_CACHE", str(cache_with_litert(shared)))
        for path, content in runtime_files().items():
            target = folder / "litert" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    (folder / "index.html").write_text(PAGE)
    browser = Chromium(tmp_path_factory.mktemp("browser"))
    with served(folder) as url, browser.page() as opened:
        opened.open(url)
        yield opened, folder
    browser.close()


def in_browser(page: tuple[Page, Path], model: ew.ModelFile, inputs: list[np.ndarray]) -> list[list[float]] | str:
    opened, folder = page
    name = f"{model.sha256}.tflite"
    (folder / name).write_bytes(model.data)
    given = [base64.b64encode(array.tobytes()).decode() for array in inputs]
    return opened.value(RUN.format(name=name, inputs=json.dumps(given)))


def made_up(model: ew.ModelFile) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [
        random.random(spec.shape, np.float32)
        if spec.dtype == "float32"
        else random.integers(0, 100, spec.shape).astype(spec.dtype)
        for spec in model.inputs
    ]


def here(model: ew.ModelFile, inputs: list[np.ndarray]) -> list[np.ndarray]:
    with ew.open_engine(model) as engine:
        return engine.run(dict(zip((spec.name for spec in model.inputs), inputs, strict=True)))


def agree(page: tuple[Page, Path], model: ew.ModelFile) -> bool:
    """Whether Chromium gives what LiteRT gives here."""
    inputs = made_up(model)
    there = in_browser(page, model, inputs)
    if isinstance(there, str):
        return False
    return all(
        len(given) == array.size and np.allclose(np.array(given), array.reshape(-1), rtol=1e-5, atol=1e-6)
        for given, array in zip(there, here(model, inputs), strict=True)
    )


@pytest.mark.extras
@pytest.mark.parametrize("name", [UINT8, FLOAT, SEGMENTER, DETECTOR, FREE_BATCH, FREE_OUTPUT, "int8"])
def test_chromium_does_what_is_predicted(name, model, page):
    asked = int8(model(UINT8)) if name == "int8" else model(name)
    assert agree(page, asked) == (problem(asked) == "")


@pytest.mark.extras
@pytest.mark.parametrize("name", [DETECTOR, FREE_BATCH, "int8"])
def test_chromium_runs_what_the_remedy_makes(name, model, page):
    asked = rewrite(int8(model(UINT8)) if name == "int8" else model(name), FIT).model
    assert problem(asked) == ""
    assert agree(page, asked)


@pytest.mark.extras
def test_chromium_passes_over_an_operator_that_it_does_not_have(model, page):
    """That is why it has to be predicted: nothing says so there."""
    asked = model(EDGE_TPU)
    assert not isinstance(in_browser(page, asked, made_up(asked)), str)
