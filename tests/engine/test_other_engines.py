"""OpenVINO and LiteRT's CompiledModel: the outputs of LiteRT, or a refusal in one line, for every published file."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from PIL import Image

from edgewright.engine import load_delegate, open_engine
from edgewright.errors import DelegateError, EngineError, InterpreterError, MissingExtraError, UsageError
from edgewright.evaluate import compare
from edgewright.model import ModelFile

OTHERS = ("litert-compiled", "openvino")

# Signal to noise in dB that OpenVINO reaches beside LiteRT, on noise; LiteRT's own two sets of kernels have no more.
FILES = {
    "models/mobilenet_v1_0.25_128_quant.tflite": 12,
    "models/mobilenet_v1_0.25_224_float.tflite": 60,
    "models/movie_review.tflite": 60,
    "models/yamnet.tflite": 10,
    "sources/kws_ref_model.published.tflite": 40,
    "sources/pretrainedResnet.published.tflite": 60,
    "sources/vww_96.published.tflite": 60,
}
SLOW_FILES = {
    "models/mobilenet_v2_1.0_224_quant.tflite": 8,
    "models/mobilenet_v1_0.75_192_quant.tflite": 12,
    "models/mobilenet_v1_1.0_224_quant_embedding_extractor.tflite": 20,
    "models/movenet_single_pose_lightning_ptq.tflite": 8,
}
EDGE_TPU = (
    "deeplabv3_mnv2_pascal_quant",
    "mobilenet_v1_0.25_128_quant",
    "mobilenet_v1_1.0_224_quant_embedding_extractor",
    "movenet_single_pose_lightning_ptq",
)


def noise(model: ModelFile, count: int) -> list[dict[int, np.ndarray]]:
    random = np.random.default_rng(3)

    def one(spec):
        if spec.dtype == "uint8":
            # Plain noise looks alike to a network: eight by eight patches.
            patches = random.integers(0, 256, (1, *(-(-size // 8) for size in spec.shape[1:3]), 3), np.uint8)
            return patches.repeat(8, 1).repeat(8, 2)[:, : spec.shape[1], : spec.shape[2]]
        if "int" in spec.dtype:
            return random.integers(0, 50, spec.shape).astype(spec.dtype)
        return random.uniform(-1, 1, spec.shape).astype(spec.dtype)

    return [{spec.index: one(spec) for spec in model.inputs} for _ in range(count)]


def outputs(model: ModelFile, engine: str, inputs) -> list[list[np.ndarray]]:
    with open_engine(model, engine=engine, threads=2) as opened:
        return [opened.run(one) for one in inputs]


def check(model: ModelFile, least_db: float) -> None:
    inputs = noise(model, 4)
    usual = outputs(model, "litert", inputs)
    assert not compare(usual, usual).vacuous
    for engine in OTHERS:
        found = outputs(model, engine, inputs)
        assert [[(a.dtype, a.shape) for a in run] for run in found] == [
            [(a.dtype, a.shape) for a in run] for run in usual
        ]
        for one in compare(usual, found).outputs:
            assert one.snr_db >= (least_db if engine == "openvino" else 200), engine


@pytest.mark.parametrize("name", FILES)
def test_other_engines_compute_what_litert_computes(name, shared_file):
    check(ModelFile.read(shared_file(name)), FILES[name])


@pytest.mark.extras
@pytest.mark.parametrize("name", SLOW_FILES)
def test_other_engines_compute_what_litert_computes_on_large_models(name, shared_file):
    check(ModelFile.read(shared_file(name)), SLOW_FILES[name])


@pytest.mark.extras
@pytest.mark.parametrize("engine", OTHERS)
def test_a_segmentation_of_a_photograph_is_the_same(shared_file, engine):
    model = ModelFile.read(shared_file("models/deeplabv3_mnv2_pascal_quant.tflite"))
    picture = np.asarray(Image.open(shared_file("images/bird_segmentation.bmp")).convert("RGB").resize((513, 513)))
    (usual,), (found,) = (
        outputs(model, one, [{model.inputs[0].index: picture[None]}])[0] for one in ("litert", engine)
    )
    assert len(np.unique(usual)) > 1
    assert np.mean(usual != found) < 0.005


@pytest.mark.parametrize("name", EDGE_TPU)
@pytest.mark.parametrize("engine", OTHERS)
def test_files_for_the_edge_tpu_are_refused_in_one_line(name, engine, shared_file, capfd):
    model = ModelFile.read(shared_file(f"models/{name}_edgetpu.tflite"))
    with pytest.raises(EngineError, match=r"edgetpu.tflite: .*operator edgetpu-custom-op") as refusal:
        open_engine(model, engine=engine)
    assert "\n" not in str(refusal.value)
    assert capfd.readouterr().err == ""


def test_a_detector_runs_compiled_and_is_refused_by_openvino(shared_file):
    """Without being asked for their details, CompiledModel reserves 4 bytes for outputs of 160."""
    model = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
    inputs = noise(model, 2)
    for one, other in zip(outputs(model, "litert", inputs), outputs(model, "litert-compiled", inputs), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    with pytest.raises(EngineError, match=r"OpenVINO does not know the operator TFLite_Detection_PostProcess\. Use"):
        open_engine(model, engine="openvino")


@pytest.mark.parametrize("engine", OTHERS)
def test_inputs_go_by_name_and_free_dimensions_take_what_is_given(adder, engine):
    with open_engine(ModelFile.read(adder), engine=engine) as opened:
        for batch in (1, 4, 2, 1):
            a, b = np.ones((batch, 3), np.float32), np.full((batch, 3), 2, np.float32)
            (total,) = opened.run({"b": b, "a": a})
            assert np.array_equal(total, a + b)


@pytest.mark.parametrize("engine", OTHERS)
def test_inputs_keep_their_places(subtractor, engine):
    with open_engine(ModelFile.read(subtractor), engine=engine) as opened:
        (left,) = opened.run({"z": np.full((1, 3), 5, np.float32), "a": np.full((1, 3), 2, np.float32)})
    assert left.tolist() == [[3, 3, 3]]


@pytest.mark.parametrize("engine", OTHERS)
def test_what_does_not_fit_is_refused_and_the_engine_goes_on(adder, row, engine):
    with open_engine(ModelFile.read(adder), engine=engine) as opened:
        with pytest.raises(InterpreterError, match="got no array for b"):
            opened.run({"a": row})
        with pytest.raises(InterpreterError, match=r"takes float32 \(1, 3\), got float64 \(1, 3\)"):
            opened.run({"a": row, "b": row.astype(float)})
        with pytest.raises(InterpreterError):
            opened.run({"a": np.ones((2, 3), np.float32), "b": np.ones((5, 3), np.float32)})
        (total,) = opened.run({"a": row, "b": row})
    assert np.array_equal(total, 2 * row)


@pytest.mark.parametrize("engine", OTHERS)
def test_arrays_in_any_layout_go_in_and_outputs_are_copies(rectifier, row, engine):
    with open_engine(ModelFile.read(rectifier), engine=engine) as opened:
        (first,) = opened.run(row)
        wide = np.repeat(-3 * row, 2, axis=1)[:, ::2]
        wide.flags.writeable = False
        (second,) = opened.run(wide)
    assert np.array_equal(first, abs(row))
    assert np.array_equal(second, 3 * abs(row))


@pytest.mark.parametrize("engine", OTHERS)
def test_a_closed_engine_is_refused_and_can_be_closed_again(rectifier, row, engine):
    opened = open_engine(ModelFile.read(rectifier), engine=engine)
    opened.close()
    opened.close()
    with pytest.raises(EngineError, match="the engine is closed"):
        opened.run(row)


@pytest.mark.parametrize("engine", ["litert", *OTHERS])
def test_a_closed_engine_keeps_no_model(rectifier, row, engine):
    model = ModelFile.read(rectifier)
    opened, held = open_engine(model, engine=engine), weakref.ref(model)
    opened.run(row)
    opened.close()
    del model
    gc.collect()
    assert held() is None


@pytest.mark.parametrize("engine", OTHERS)
def test_text_is_refused(text_model, engine):
    with pytest.raises(EngineError):
        open_engine(ModelFile.read(text_model), engine=engine)


@pytest.mark.parametrize("engine", OTHERS)
def test_two_threads_with_an_engine_each(shared_file, engine):
    model = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"))
    inputs = noise(model, 6)
    alone = outputs(model, engine, inputs)
    found: dict[int, list] = {}
    workers = [threading.Thread(target=lambda n=n: found.update({n: outputs(model, engine, inputs)})) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for n in range(2):
        assert all(np.array_equal(a[0], b[0]) for a, b in zip(alone, found[n], strict=True))


@pytest.mark.parametrize("engine", [*OTHERS, "litert"])
def test_impossible_numbers_of_threads_are_refused(rectifier, engine):
    with pytest.raises(UsageError, match="threads is 0; it is 1 to 256"):
        open_engine(ModelFile.read(rectifier), engine=engine, threads=0)


@pytest.mark.parametrize("engine", OTHERS)
def test_options_and_delegates_of_other_engines_are_refused(rectifier, engine):
    model = ModelFile.read(rectifier)
    with pytest.raises(UsageError, match=f"engine '{engine}' has no option delegates. Delegates belong to LiteRT"):
        open_engine(model, engine=engine, delegates=["libedgetpu.so.1"])
    with pytest.raises(UsageError, match=f"engine '{engine}' has no option precision"):
        open_engine(model, engine=engine, precision=8)


def test_litert_takes_delegates_by_path_and_says_what_is_missing(rectifier):
    with pytest.raises(DelegateError, match=r"libedgetpu.so.1: the delegate's library cannot be loaded"):
        open_engine(ModelFile.read(rectifier), delegates=["libedgetpu.so.1"])
    with pytest.raises(DelegateError, match="libnowhere"):
        load_delegate("libnowhere.so")


def test_reduced_precision_is_an_option_of_openvino(shared_file):
    model = ModelFile.read(shared_file("sources/kws_ref_model.published.tflite"))
    one = noise(model, 1)[0]
    with open_engine(model, engine="openvino", allow_reduced_precision=True) as free:
        loose = free.run(one)[0]
    with open_engine(model, engine="openvino") as exact:
        assert str(exact._request.get_compiled_model().get_property("INFERENCE_PRECISION_HINT")) == "<Type: 'float32'>"
        assert np.allclose(exact.run(one)[0], loose, atol=0.05)


def test_a_missing_package_is_named_with_what_to_install(rectifier, monkeypatch):
    from edgewright.engine import openvino_engine

    openvino_engine._core.cache_clear()
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[openvino\]'"):
        open_engine(ModelFile.read(rectifier), engine="openvino")


QUIET = """
import os, pathlib, sys
import numpy as np
from edgewright.engine import open_engine
from edgewright.model import ModelFile
sockets = []
sys.addaudithook(lambda event, _: sockets.append(event) if event.startswith("socket.") else None)
model = ModelFile.read(sys.argv[1])
for engine in ("litert-compiled", "openvino"):
    with open_engine(model, engine=engine) as opened:
        opened.run(np.zeros(model.inputs[0].shape, model.inputs[0].dtype))
assert not sockets, sockets
assert not [path for path in pathlib.Path(os.environ["HOME"]).rglob("*")]
assert not [path for path in pathlib.Path(os.environ["TMPDIR"]).rglob("*")]
print("done")
"""


def test_nothing_is_printed_sent_or_left_behind(shared_file, tmp_path, monkeypatch):
    for name in ("HOME", "TMPDIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    done = subprocess.run([sys.executable, "-c", QUIET, model], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("done\n", "")


LAST_WORDS = """
import atexit, sys
atexit.register(lambda: print("my last words", file=sys.stderr))
from edgewright.engine import open_engine
open_engine(sys.argv[1], engine=sys.argv[2])
"""


@pytest.mark.parametrize("engine", OTHERS)
def test_what_a_program_says_as_it_ends_is_heard(shared_file, engine):
    model = shared_file("models/movie_review.tflite")
    command = [sys.executable, "-c", LAST_WORDS, model, engine]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == "my last words\n"


def test_the_default_stays_litert(rectifier):
    from edgewright.engine import LiteRTEngine

    with open_engine(ModelFile.read(rectifier)) as engine:
        assert isinstance(engine, LiteRTEngine)
