"""Sources: what stands in the way is named by layer, with a remedy; what is wrong without an error is caught.

Each check of a source starts TensorFlow: those that tests/cli/test_check_source.py or tests/convert make as well are
extras here.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright.check import SourceReport, check_layers, check_source, layer_page, layer_table, source_tables
from edgewright.convert import advice, convert, find_advice
from edgewright.errors import DataError
from edgewright.model import InputMetadata, Metadata, ModelFile

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"


@pytest.fixture(scope="module")
def sources(check_sources) -> Path:
    return check_sources


@pytest.fixture(scope="module")
def chain(sources) -> ModelFile:
    report = check_source(sources / "chain.keras")
    assert report.model is not None
    assert report.snr_db > 100
    return report.model


@pytest.fixture(scope="module")
def inverse(sources) -> SourceReport:
    return check_source(sources / "inverse")


# What stands in the way.


def test_operator_is_named_with_why_and_what_to_do(inverse):
    (problem,) = inverse.problems
    assert problem.operator == "MatrixInverse"
    assert "Select TF" in problem.why
    assert "numpy.linalg" in problem.instead
    assert problem.page == "unsupported-ops.md#decompositions"


def test_text_is_refused_before_anything_runs(sources):
    report = check_source(sources / "text.keras")
    assert not report.converts
    assert "type string" in report.problems[0].detail


@pytest.mark.extras
def test_code_is_not_run_unless_trusted(sources):
    report = check_source(sources / "lambda.keras")
    assert "'mine' (Lambda)" in report.problems[0].detail
    assert check_source(sources / "lambda.keras", trust=True).converts


@pytest.mark.extras
def test_state_between_runs_is_refused_by_layer(sources):
    """The converter lets it through, and a run of the file starts from uninitialised memory."""
    (problem,) = check_source(sources / "stateful.keras").problems
    assert problem.operator == "AssignVariableOp"
    assert problem.place.startswith("layer gru")


@pytest.mark.extras
def test_fix_unrolls_recurrent_layers_for_a_free_batch(sources):
    report = check_source(sources / "recurrent.keras", dynamic_batch=True, fix=True)
    assert {problem.why for problem in report.problems} == {"wants a static element shape"}
    assert [(attempt.remedy, attempt.outcome) for attempt in report.attempts] == [("unroll", "helped")]
    assert report.model.inputs[0].shape_signature == (-1, 5, 3)
    assert report.snr_db > 100
    assert "WHILE" not in {operator.name for operator in report.model.ops}


def test_tables_fit_the_terminal(inverse):
    for width in (80, 120):
        lines = [line for table in source_tables(inverse) for line in table.to_text(width).splitlines()]
        assert max(map(len, lines[1:])) <= width
    assert "MatrixInverse" in json.dumps(inverse.to_dict())


# Wrong without an error.


@pytest.mark.extras
def test_lgamma_with_a_free_batch_returns_nothing(sources):
    report = check_source(sources / "lgamma", dynamic_batch=True)
    assert not report.converts
    assert "(0, 4) comes out of the file" in report.problems[0].detail


@pytest.mark.parametrize(
    ("name", "operator", "where"),
    [("fft", "FFT", "RESHAPE"), pytest.param("rfft_60", "RFFT2D", "RFFT2D", marks=pytest.mark.extras)],
)
def test_file_that_the_runtime_refuses_is_blamed_on_the_source_operator(sources, name, operator, where):
    (problem,) = check_source(sources / name).problems
    assert problem.operator == operator
    assert problem.why == "converts, but LiteRT refuses the file"
    assert where in problem.detail


@pytest.mark.extras
def test_agreement_on_constant_outputs_is_no_proof(sources):
    report = check_source(sources / "constant.keras")
    assert not report.converts
    assert "nothing could be compared" in report.problems[0].detail


@pytest.mark.extras
def test_recipe_that_changes_nothing_is_said(sources):
    report = check_source(sources / "recurrent.keras", quantize="dynamic")
    assert not report.converts
    assert "changed nothing" in report.problems[0].detail


@pytest.mark.extras
def test_lost_variables_show_at_the_first_layer(sources):
    """`from_concrete_functions` with a model of Keras 3 gives a file without an error, and infinities."""
    report = check_layers(sources / "lost.keras", sources / "lost.tflite")
    assert report.first is report.layers[0]
    assert report.first.layer.startswith("conv2d")
    assert not report.layers[-1].agreement.finite


# Where do they part?


def test_sound_file_agrees_at_every_layer(sources, chain):
    report = check_layers(sources / "chain.keras", chain)
    assert report.agrees
    assert {layer.layer for layer in report.layers} >= {"conv2d", "re_lu", "dense", "dense_1", "scores"}
    assert all(layer.agreement.snr_db > 100 for layer in report.layers)


_EXTRA_LAYERS = [pytest.param(layer, marks=pytest.mark.extras) for layer in ("conv2d", "dense")]


@pytest.mark.parametrize("layer", [*_EXTRA_LAYERS, "dense_1"])
def test_broken_layer_is_the_one_that_is_named(sources, chain, layer):
    report = check_layers(sources / "chain.keras", broken(chain, layer))
    assert report.first is not None
    assert report.first.layer == layer
    assert f"They part at {layer}" in layer_table(report).to_text(80)
    assert layer in layer_page(report).to_html()


def test_saved_model_is_compared_by_scope(sources, chain):
    report = check_layers(sources / "chain_saved", broken(chain, "scores"))
    assert report.first is not None
    assert report.first.output


def test_inputs_of_an_unsaid_range_are_no_proof_that_all_agrees(sources, chain):
    report = check_layers(sources / "chain.keras", chain)
    assert not report.range_known
    assert "They agree on these inputs, but nothing says how the model takes pixels" in layer_table(report).to_text(200)


def said(model: ModelFile, mean: float, std: float) -> ModelFile:
    return model.with_metadata(Metadata(inputs=(InputMetadata(kind="image", mean=(mean,), std=(std,)),)))


@pytest.mark.parametrize("form", ["bytes", "floats", "normalized"])
def test_layers_are_compared_on_data_prepared_as_the_file_says(sources, chain, form):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3))
    data = {"bytes": pixels.astype(np.uint8), "floats": pixels.astype(np.float32), "normalized": pixels / 255}[form]
    report = check_layers(sources / "chain.keras", said(chain, 0, 255), representative_data=data)
    assert report.range_known
    assert report.agrees
    assert "They agree throughout" in layer_table(report).to_text(200)
    [first] = [layer for layer in report.layers if layer.layer == "conv2d"]
    assert first.agreement.scale < 10  # of pixels from 0 to 255 it would be hundreds


def test_data_outside_of_what_the_file_is_for_are_refused(sources, chain):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3)).astype(np.uint8)
    with pytest.raises(DataError, match="numbers from 0 to 1, but the model makes -1 to 1 of pixels from 0 to 255"):
        check_layers(sources / "chain.keras", said(chain, 127.5, 127.5), representative_data=pixels / 255)
    calibrated = convert(sources / "chain.keras", quantize="int8", representative_data=pixels.astype(np.float32) / 255)
    with pytest.raises(DataError, match=r"numbers from 0 to 255 go into .*, which takes 0 to 1 and cuts off the rest"):
        check_layers(sources / "chain.keras", calibrated, representative_data=pixels)


@pytest.mark.extras
def test_published_conversion_agrees_with_its_source(shared_file):
    report = check_layers(
        shared_file("sources/pretrainedResnet.h5"), shared_file("sources/pretrainedResnet.published.tflite")
    )
    assert report.agrees
    assert len(report.layers) > 12


def broken(model: ModelFile, layer: str) -> ModelFile:
    """The file with the weights of one layer doubled."""
    tables = model.edit()
    main = tables["subgraphs"][0]
    scope = re.compile(rf"(^|/){layer}(/|$)")
    places = [one for one in model.ops if scope.search(model.main.tensors[one.outputs[0]].name.split(";")[0])]
    weights = next(
        model.main.tensors[index]
        for one in places
        for index in one.inputs[1:]
        if len(model.constant(model.main.tensors[index])) > 32
    )
    data = np.frombuffer(model.constant(weights), np.float32) * 2 + 0.1
    tables["buffers"][main["tensors"][weights.index]["buffer"]]["data"] = data.astype(np.float32).tobytes()
    return ModelFile.build(tables, model.files, model.name)


# The table of advice.


def test_every_entry_of_the_advice_has_its_section():
    page = (DOCS / "unsupported-ops.md").read_text(encoding="utf-8")
    for entry in advice():
        assert f'<a id="{entry.page.partition("#")[2]}"></a>' in page


def test_page_is_what_the_table_says():
    sys.path.insert(0, str(DOCS))
    try:
        import generate_unsupported_ops as generator
    finally:
        sys.path.remove(str(DOCS))
    assert generator.PAGE.read_text(encoding="utf-8") == generator.page()


def test_operator_named_in_full_goes_before_a_pattern():
    assert find_advice("StringToHashBucketFast").key == "hashing"
    assert find_advice("TensorListReserve").key == "loops"
    assert find_advice("Relu") is None
