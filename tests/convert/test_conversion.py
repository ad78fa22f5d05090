"""`convert` from outside: published models, live objects, metadata, silence, interruption."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright.convert import convert
from edgewright.errors import (
    ConversionError,
    MissingExtraError,
    UsageError,
)
from edgewright.evaluate import Runner, agreement
from edgewright.model import ModelFile

from ..model.builders import one_operator, raw, tensor

HERE = Path(__file__).parent

PUBLISHED = {
    "pretrainedResnet.h5": ("pretrainedResnet.published.tflite", (32, 32, 3), 255.0, ("input_1", "dense")),
    "vww_96.h5": ("vww_96.published.tflite", (96, 96, 3), 1.0, ("input_1", "dense")),
    "kws_ref_model": ("kws_ref_model.published.tflite", (49, 10, 1), 30.0, ("input_1", "dense")),
}


@pytest.fixture(scope="module", params=PUBLISHED)
def published(request, tmp_path_factory):
    """A published source converted, and its authors' own conversion."""
    sources = Path(os.environ.get("EDGEWRIGHT_SHARED", HERE.parents[2] / "shared")) / "sources"
    if not (sources / request.param).exists():
        pytest.skip(f"fixture sources/{request.param} is missing beside the project")
    copy = tmp_path_factory.mktemp("published") / request.param
    (shutil.copytree if (sources / request.param).is_dir() else shutil.copyfile)(sources / request.param, copy)
    before = {path: path.read_bytes() for path in [copy, *copy.rglob("*")] if path.is_file()}
    model = convert(copy)
    after = {path: path.read_bytes() for path in [copy, *copy.rglob("*")] if path.is_file()}
    file, shape, high, names = PUBLISHED[request.param]
    return model, ModelFile.read(sources / file), shape, high, names, before == after


def test_published_model_agrees_with_its_authors_conversion(published):
    model, theirs, shape, high, _, _ = published
    inputs = [np.random.default_rng(seed).uniform(0, high, (1, *shape)).astype(np.float32) for seed in range(6)]
    assert theirs.inputs[0].dtype == "float32"
    (output,) = agreement(theirs, model, inputs).outputs
    assert output.varies
    assert output.same_shape
    assert output.finite
    if model.metadata.provenance.source != "kws_ref_model":  # its weights are others, see the next test
        assert output.snr_db > 60


def weight_shapes(model: ModelFile) -> list[tuple[str, tuple[int, ...]]]:
    tensors = model.main.tensors
    read = [(operator.name, tensors[index]) for operator in model.ops for index in operator.inputs]
    return [(name, tensor.shape) for name, tensor in read if len(model.constant(tensor)) and tensor.dtype != "int32"]


def test_published_model_is_the_network_that_its_authors_converted(published):
    """Holds for all three; the weights of kws_ref_model come from another training run (their correlation is 0.1)."""
    model, theirs, _, _, _, _ = published
    assert weight_shapes(model) == weight_shapes(theirs)


def test_published_model_agrees_with_its_source(published):
    model = published[0]
    measured = model.metadata.provenance.measured["agreement"]
    assert measured["samples"] == 8
    assert all(output["varies"] and float(output["snr_db"]) > 100 for output in measured["outputs"])


def test_names_are_the_sources_own(published):
    model, names = published[0], published[4]
    assert (model.inputs[0].name, model.outputs[0].name) == names
    assert (model.metadata.inputs[0].name, model.metadata.outputs[0].name) == names
    assert [signature.key for signature in model.signatures] == ["serving_default"]


def test_provenance_says_where_the_file_came_from(published):
    provenance = published[0].metadata.provenance
    assert provenance.source in PUBLISHED
    assert len(provenance.source_sha256) == 64
    assert {"edgewright", "tensorflow"} <= set(provenance.tools)
    assert provenance.steps[0]["step"] == "convert"


def test_source_is_left_as_it_was(published):
    assert published[5]


# ----- live objects


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    temporary = tmp_path_factory.mktemp("tmp")
    environment = {**os.environ, "TMPDIR": str(temporary), "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, str(HERE / "live_objects.py"), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return folder, done, list(temporary.iterdir())


def test_live_object_with_its_own_classes_converts(live):
    folder = live[0]
    model = ModelFile.read(folder / "own.tflite")
    expected = np.load(folder / "own.npz")
    assert [spec.name for spec in model.outputs] == ["first", "last"]
    with Runner(model) as run:
        for row in range(3):
            first, last = run(expected["inputs"][row : row + 1])
            np.testing.assert_allclose(first, expected["first"][row : row + 1], rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(last, expected["last"][row : row + 1], rtol=1e-5, atol=1e-6)


def test_object_of_mixed_float16_is_built_anew_in_float32_and_left_as_it_was(live):
    said = json.loads((live[0] / "said.json").read_text())
    (step,) = ModelFile.read(live[0] / "mixed.tflite").metadata.provenance.steps
    assert step["removed"] == ["policy mixed_float16"]
    assert said["mixed afterwards"] == "float16"
    assert said["same weights"]


def test_object_of_mixed_float16_with_code_of_its_own_is_told_the_line_to_write(live):
    refusal = json.loads((live[0] / "said.json").read_text())["mixed, with code of its own"]
    assert "LiteRT has no kernel for float16" in refusal
    assert "keras.config.set_dtype_policy('float32')" in refusal


def test_object_that_was_never_called_asks_for_its_shape(live):
    said = json.loads((live[0] / "said.json").read_text())
    assert said["never called"].startswith("UsageError")
    assert "input_shape" in said["never called"]
    assert ModelFile.read(live[0] / "shaped.tflite").inputs[0].shape == (1, 4)


def test_object_is_left_as_it_was(live):
    assert json.loads((live[0] / "said.json").read_text())["unroll afterwards"] is False
    assert ModelFile.read(live[0] / "gru.tflite").metadata.provenance.steps[0]["removed"] == ["loop of gru"]


def test_export_in_the_callers_process_prints_nothing(live):
    assert live[1].stdout == "stdout works afterwards\n"
    theirs = ("oneDNN", "rebuild TensorFlow", "All log messages before", "cuda")
    own = [line for line in live[1].stderr.splitlines() if not any(word in line for word in theirs)]
    assert own == ["stderr works afterwards"]


def test_no_temporary_file_stays(live):
    assert live[2] == []


# ----- .tflite files that pass through


@pytest.fixture
def float_model(shared_file):
    return shared_file("models/mobilenet_v1_0.25_224_float.tflite")


def test_tflite_passes_through_and_gets_metadata(float_model):
    labels = [f"class {index}" for index in range(1001)]
    model = convert(float_model, labels=labels, normalization=(127.5, 127.5))
    assert model.metadata.task == "classification"
    assert model.metadata.inputs[0].mean == (127.5,)
    assert model.metadata.inputs[0].color_space == "RGB"
    assert model.metadata.outputs[0].labels == tuple(labels)
    assert model.metadata.outputs[0].meaning == "probabilities"
    assert model.ops == ModelFile.read(float_model).ops


@pytest.mark.parametrize(
    ("name", "count", "task"),
    [("movie_review", 2, "text-classification"), ("audio_527_without_metadata", 527, "audio-classification")],
)
def test_labels_make_a_classifier_of_what_the_model_takes(shared_file, name, count, task):
    model = convert(shared_file(f"models/{name}.tflite"), labels=[f"class {index}" for index in range(count)])
    assert model.metadata.task == task


def test_labels_for_a_row_of_numbers_mean_classification(tmp_path):
    path = tmp_path / "row.tflite"
    path.write_bytes(raw(one_operator("LOGISTIC", [tensor([1, 8])], [tensor([1, 8])])))
    assert convert(path, labels=list("abcdefgh")).metadata.task == "classification"


def test_tflite_without_anything_to_add_is_the_same_file(float_model):
    assert convert(float_model).metadata.inputs[0].name == "input"


def test_one_label_too_few_says_what_is_missing(float_model):
    with pytest.raises(UsageError, match=r"1000 labels fit no output.*1001 wide.*background class"):
        convert(float_model, labels=[str(index) for index in range(1000)])


def test_labels_of_a_file(float_model, tmp_path):
    (tmp_path / "labels.txt").write_text("\n".join(f"class {index}" for index in range(1001)) + "\n")
    assert convert(float_model, labels=tmp_path / "labels.txt").metadata.outputs[0].labels[1000] == "class 1000"


def test_normalization_for_other_channels_is_refused(float_model):
    with pytest.raises(UsageError, match="2 channels"):
        convert(float_model, normalization=((0, 0), (1, 1)))


def test_tflite_cannot_be_quantized_without_its_source(float_model):
    with pytest.raises(UsageError, match="needs the model that it was made from"):
        convert(float_model, quantize="float16")


# ----- as the user gets it


def test_missing_file_suggests_the_one_beside_it(tmp_path):
    (tmp_path / "my_model.keras").write_bytes(b"PK")
    with pytest.raises(ConversionError, match=r"no such file or folder\. Did you mean '.*my_model\.keras'\?"):
        convert(tmp_path / "my_model")


def test_folder_without_a_model(tmp_path):
    with pytest.raises(ConversionError, match=r"without saved_model\.pb"):
        convert(tmp_path)


def test_object_of_another_kind():
    with pytest.raises(ConversionError, match=r"a builtins\.dict cannot be converted"):
        convert({})


def test_suffix_does_not_matter_where_the_content_is_known(source_models, tmp_path):
    renamed = tmp_path / "model.bin"
    shutil.copyfile(source_models / "digits.h5", renamed)
    steps: list[tuple[str, int, int]] = []
    model = convert(renamed, labels=list("0123456789"), progress=lambda *step: steps.append(step))
    assert model.metadata.outputs[0].meaning == "logits"
    stages = [
        "starting TensorFlow, reading model.bin",
        "running it on inputs",
        "converting",
        "comparing the file with it",
    ]
    assert steps == [(stage, done, done) for stage in stages for done in (0, 1)]


@pytest.mark.parametrize("module", ["tensorflow", "h5py"])
def test_missing_extra_says_what_to_install(source_models, tmp_path, monkeypatch, module):
    (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError('no {module}', name='{module}')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[convert\]'"):
        convert(source_models / "digits.h5")


def test_ctrl_c_leaves_nothing_behind(source_models, tmp_path):
    script = (
        "import sys\n"
        "from edgewright.convert import convert\n"
        "convert(sys.argv[1], progress=lambda step, done, total: print(step, flush=True))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", script, str(source_models / "convolution.h5")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "converting":
                break
        assert any(tmp_path.iterdir())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode != 0
    assert list(tmp_path.iterdir()) == []
