"""Frozen graphs of TensorFlow 1 and `tf.function`s: converted and proven, or refused before anything of them runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright import convert
from edgewright.convert.sources.registry import find_source
from edgewright.engine import open_engine
from edgewright.errors import (
    ConversionError,
    EdgewrightError,
    UnsupportedOperatorError,
    UntrustedSourceError,
    UsageError,
)
from edgewright.evaluate import compare
from edgewright.machine import run_in_child
from edgewright.model import ModelFile

from ..sharing import Shared
from .graph_sources import outcomes


@pytest.fixture(scope="module")
def folder(shared: Shared) -> Path:
    return shared.folder("graph-sources", lambda folder: (folder / "secret").write_text("not to be read"))


@pytest.fixture(scope="module")
def converted(shared: Shared, folder: Path, shared_file: Callable[[str], Path]) -> dict[str, Any]:
    published = shared_file("sources/kws_ref_model")
    return shared.value("graph-outcomes", lambda: run_in_child(outcomes, folder, published))


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("graph, alone", {"net_images": (1, 4)}, {"net_scores": (1, 3)}),
        ("graph, named", {"net_images": (1, 4)}, {"net_hidden": (1, 6), "net_scores": (1, 3)}),
        ("graph, from the middle", {"net_hidden": (1, 6)}, {"net_scores": (1, 3)}),
        ("graph, picture", {"images": (1, 8, 8, 3)}, {"features": (1, 5)}),
        ("graph, names alike", {"a_b": (1, 2), "a_b_1": (1, 2)}, {"sum": (1, 2)}),
        ("graph, two ends, named", {"images": (1, 4)}, {"small": (1, 4), "large": (1, 4)}),
        ("graph, without shape, said", {"net_images": (1, 4)}, {"net_scores": (1, 3)}),
        ("function, declared", {"images": (1, 4)}, {"output": (1, 3)}),
        ("function, with a word of Python", {"tensor_in": (1, 4)}, {"output": (1, 3)}),
        ("function, concrete", {"images": (1, 4)}, {"output": (1, 3)}),
        ("function, for examples", {"first": (1, 4), "second": (1, 4)}, {"a": (1, 4), "z": (1, 4)}),
    ],
)
def test_it_converts_with_its_names_and_sizes(converted, name: str, inputs: dict, outputs: dict):
    product = converted[name]
    assert not isinstance(product, Exception), product
    model = ModelFile.read(product.data)
    assert {spec.name: spec.shape for spec in model.inputs} == inputs
    assert {spec.name: spec.shape for spec in model.outputs} == outputs
    assert min(output.snr_db for output in product.agreement.outputs) > 100


def test_a_published_network_is_the_same_whether_frozen_or_a_saved_model(converted):
    frozen, whole = (ModelFile.read(converted[name].data) for name in ("graph, published", "SavedModel, published"))
    samples = np.random.default_rng(0).normal(size=(4, *frozen.inputs[0].shape)).astype(np.float32)
    one, other = ([open_engine(model).run(sample) for sample in samples] for model in (frozen, whole))
    assert compare(one, other).outputs[0].snr_db > 100


def test_a_free_batch_stays_free_where_that_is_asked(converted):
    model = ModelFile.read(converted["function, declared, free batch"].data)
    assert model.inputs[0].shape_signature == (-1, 4)


def test_a_frozen_graph_becomes_int8(converted):
    product = converted["graph, int8"]
    assert not isinstance(product, Exception), product
    assert len(product.data) < 4000


REFUSED = {
    "graph, two ends": (UsageError, "nothing else uses small, large. Name its outputs: outputs"),
    "graph, unknown output": (UsageError, "there is no tensor 'net/scorse' in the graph. Did you mean 'net/scores'?"),
    "graph, unknown input": (UsageError, "there is no tensor 'pixels' in the graph. It has net/images"),
    "graph, named twice": (UsageError, "names a tensor twice: net/scores, net/scores:0"),
    "graph, without placeholder": (UsageError, "depends on no placeholder. Name its inputs: inputs"),
    "graph, without shape": (UsageError, "input 'net_images' may have any number of dimensions"),
    "graph, not frozen": (ConversionError, "it is not frozen: 1 variables have no value in it (bias). Freeze it"),
    "graph, writes a file": (UntrustedSourceError, "operator WriteFile (WriteFile)"),
    "graph, writes in a branch": (UntrustedSourceError, "operator WriteFile ("),
    "graph, graph in a text": (UntrustedSourceError, "holds a graph in a text, whose operator WriteFile"),
    "graph, reads a checkpoint": (UntrustedSourceError, "operator RestoreV2 (RestoreV2) reads or writes checkpoints"),
    "graph, cut off": (ConversionError, "the graph is damaged"),
    "graph, given twice": (ConversionError, "the graph is damaged: the graph has two nodes named 'net/images'"),
    "function, without examples": (UsageError, "tf.function several: it was declared without input_signature"),
    "function, with too few examples": (ConversionError, "tf.function several: it cannot be called with these inputs"),
    "function, with unfitting examples": (
        ConversionError,
        "these inputs: ValueError: Dimensions must be equal, but are 5",
    ),
    "function, without inputs": (ConversionError, "tf.function constant: it takes no input"),
    "function, with a fixed batch": (UsageError, "no input of it has a free batch, so none can stay free. Leave"),
    "function, writes a file": (UntrustedSourceError, "tf.function writing: operator WriteFile"),
    "function, keeps count": (UnsupportedOperatorError, "operator AssignVariableOp"),
    "function, calls Python": (UntrustedSourceError, "operator EagerPyFunc"),
    "function, without its variables": (
        ConversionError,
        "adding: variables that it uses are gone. Keep the",
    ),
    "function, with a table": (ConversionError, "nothing keeps alive but its program, as a table is. Keep it in a"),
    "function, without an operator": (UnsupportedOperatorError, "operator AsString"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_one_line_that_says_why(converted, folder: Path, name: str):
    kind, words = REFUSED[name]
    error = converted[name]
    assert type(error) is kind, error
    assert words in str(error)
    assert "\n" not in str(error)
    assert not (folder / "written").exists()


def test_no_kind_is_left_out(converted):
    proven = {name for name, outcome in converted.items() if not isinstance(outcome, EdgewrightError)}
    assert proven | set(REFUSED) == set(converted)


def test_a_graph_of_more_than_2_gb_is_refused_unread(tmp_path: Path):
    path = tmp_path / "huge.pb"
    with path.open("wb") as stream:
        stream.write(b"\x0a\x10\x0a\x01x\x12\x0bPlaceholder")
        stream.truncate(2**31 + 5)
    assert find_source(path).name == "frozen_graph"
    with pytest.raises(ConversionError, match=r"huge\.pb: the file is larger than 2 GB, which no graph can be$"):
        convert(path)


@pytest.mark.parametrize(
    "start", [b"\x08", b"\x0a", b"\x0a\xff\xff", b"\x0a\x10\x0a\x01x\x12", b"\x0a\x10\x0a\x01\x00\x12\x01A"]
)
def test_what_only_begins_like_a_graph_is_none(tmp_path: Path, start: bytes):
    (tmp_path / "other.pb").write_bytes(start)
    with pytest.raises(ConversionError, match="not a model that is known here"):
        find_source(tmp_path / "other.pb")


def test_the_command_takes_a_frozen_graph(edgewright, converted, folder: Path, tmp_path: Path):
    done = edgewright(
        "convert", folder / "two_ends.pb", "--outputs", "large", "-o", tmp_path / "large.tflite", "--json"
    )
    assert done.returncode == 0, done.stderr
    refused = edgewright("convert", folder / "two_ends.pb", "-o", tmp_path / "other.tflite")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "nothing else uses small, large. Name its outputs: --outputs" in refused.stderr
