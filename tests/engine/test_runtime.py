"""Which runtime is used, and that each of the three works in silence."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

import ai_edge_litert
import pytest

import edgewright
from edgewright.engine import Interpreter, load_runtime
from edgewright.engine.runtime import VARIABLE
from edgewright.errors import EngineError, UsageError

MODEL = "models/mobilenet_v1_0.25_224_float.tflite"

# Prints the runtime and the index of the largest output; then an error and a dynamic model's chatter, if any.
SCRIPT = """
import sys
import numpy as np
from edgewright.engine import Interpreter, load_delegate, load_runtime, open_engine
from edgewright.model import ModelFile

model = ModelFile.read(sys.argv[1])
interpreter = Interpreter(sys.argv[1], num_threads=2)
interpreter.allocate_tensors()
picture = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
interpreter.set_tensor(model.inputs[0].index, picture)
interpreter.invoke()
output = interpreter.get_tensor(model.outputs[0].index)
with open_engine(model) as engine:
    assert np.array_equal(engine.run(picture)[0], output)
view = interpreter.tensor(model.inputs[0].index)()
try:
    interpreter.invoke()
except RuntimeError as error:
    assert "a view from tensor() is alive" in str(error), error
try:
    Interpreter(sys.argv[2]).allocate_tensors()
except RuntimeError as error:
    assert "compiled for the Edge TPU" in str(error), error
for call, words in [
    (lambda: interpreter.set_tensor(model.inputs[0].index, picture[0]), "Add the batch axis"),
    (lambda: interpreter.set_tensor(999, picture), "no tensor 999"),
    (lambda: load_delegate("libnowhere.so.1"), "cannot be loaded"),
]:
    try:
        call()
    except ValueError as error:
        assert words in str(error), error
    else:
        raise SystemExit(f"not refused: {words}")
print(load_runtime().name, int(output.argmax()))
"""


def run(python, name, shared_file, **environment):
    files = shared_file(MODEL), shared_file("models/mobilenet_v1_0.25_128_quant_edgetpu.tflite")
    return subprocess.run(
        [str(python), "-c", SCRIPT, *map(str, files)],
        env={**os.environ, VARIABLE: name, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_litert_is_preferred_and_its_version_known():
    runtime = load_runtime()
    assert (runtime.name, runtime.version) == ("ai_edge_litert", ai_edge_litert.__version__)
    assert str(runtime) == f"ai_edge_litert {ai_edge_litert.__version__}"


def test_an_unknown_runtime_is_refused_with_the_choices(monkeypatch):
    monkeypatch.setenv(VARIABLE, "onnx")
    with pytest.raises(UsageError, match="Choose one of: ai_edge_litert, tflite_runtime, tensorflow"):
        load_runtime()


def test_a_forced_runtime_that_is_missing_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setenv(VARIABLE, "tflite_runtime")
    with pytest.raises(EngineError, match=r"\(tflite_runtime: No module named .*pip install ai-edge-litert"):
        load_runtime()


@pytest.mark.parametrize("name", ["ai_edge_litert", "tensorflow"])
def test_models_run_in_silence(name, shared_file):
    done = run(sys.executable, name, shared_file)
    assert (done.stderr, done.returncode) == ("", 0)
    assert done.stdout.split()[0] == name


def test_an_argument_that_only_newer_runtimes_have_is_refused_by_name(rectifier, monkeypatch):
    pytest.importorskip("tensorflow")
    monkeypatch.setenv(VARIABLE, "tensorflow")
    with pytest.raises(ValueError, match=r"tensorflow \S+ has no experimental_disable_delegate_node_fusion"):
        Interpreter(model_content=rectifier, experimental_disable_delegate_node_fusion=True)


@pytest.mark.extras
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="tflite_runtime has wheels for Python 3.11 and older")
@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no wheel of tflite_runtime to test with")
def test_models_run_with_tflite_runtime(tmp_path, shared_file):
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "tflite-runtime", "numpy<2"], check=True)
    source = Path(edgewright.__file__).parents[1]
    done = run(python, "", shared_file, PYTHONPATH=str(source))
    assert (done.stderr, done.returncode) == ("", 0)
    litert = run(sys.executable, "ai_edge_litert", shared_file)
    assert done.stdout.split() == ["tflite_runtime", litert.stdout.split()[1]]
