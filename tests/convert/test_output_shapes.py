"""Outputs have the shapes that come out of the runtime: those are compared, and those the file declares."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.errors import ToleranceError
from edgewright.model import ModelFile

from ..optimize.networks import dense
from .float_source import FloatModel, proven

WEIGHTS = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def network(weights: np.ndarray) -> ModelFile:
    return dense([(weights, np.zeros(len(weights), np.float32))])


def declaring(model: ModelFile, shape: list[int]) -> ModelFile:
    """The model with another shape written for its output; it runs as before."""
    tables = model.edit()
    tables["subgraphs"][0]["tensors"][model.outputs[0].index]["shape"] = shape
    return ModelFile.build(tables, {}, "declares.tflite")


@pytest.mark.parametrize("declared", [[1, 5], [6], [], [1, 1, 6]])
def test_a_file_declares_what_comes_out_of_it(tmp_path, declared):
    right = network(WEIGHTS)
    product = proven(FloatModel(right, declaring(right, declared)), tmp_path)
    (output,) = ModelFile.read(product.data).outputs
    assert output.shape == (1, 6)
    assert product.agreement.outputs[0].snr_db > 100


def test_a_shape_that_only_the_declaration_has_proves_nothing(tmp_path):
    other = declaring(network(WEIGHTS[:5]), [1, 6])
    with pytest.raises(ToleranceError, match=r"\(1, 5\) comes out of the file, \(1, 6\) of the source"):
        proven(FloatModel(network(WEIGHTS), other), tmp_path)
