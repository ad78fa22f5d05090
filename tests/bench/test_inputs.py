"""Made-up inputs fit every published model, differ from each other, and are the same for models of one shape."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.bench.inputs import check_comparable, random_inputs
from edgewright.engine import open_engine
from edgewright.errors import UsageError
from edgewright.model import InputMetadata, Metadata, ModelFile

from ..model.builders import one_operator, tensor

MODELS = [
    "mobilenet_v1_0.25_128_quant",
    "mobilenet_v1_0.25_224_float",
    "ssd_mobilenet_v1_coco_quant_metadata",
    "movie_review",
    "yamnet",
]


@pytest.fixture
def read(shared_file):
    return lambda name: ModelFile.read(shared_file(f"models/{name}.tflite"))


@pytest.mark.parametrize("name", MODELS)
def test_every_model_runs_on_them(read, name: str):
    model = read(name)
    with open_engine(model) as engine:
        for inputs in random_inputs(model, 2):
            assert all(np.isfinite(output).all() for output in engine.run(inputs))


def test_they_fill_the_range_of_the_type_and_differ(read):
    model = read("mobilenet_v1_0.25_128_quant")
    first, second = (inputs[model.inputs[0].index] for inputs in random_inputs(model, 2))
    assert (first.min(), first.max()) == (0, 255)
    assert (first != second).mean() > 0.9


def test_floats_are_in_the_range_that_the_file_tells(read):
    plain = read("mobilenet_v1_0.25_224_float")
    said = plain.with_metadata(Metadata(inputs=(InputMetadata(mean=(0.0,), std=(255.0,)),)))
    (unsaid,), (told,) = ([one for inputs in random_inputs(m) for one in inputs.values()][:1] for m in (plain, said))
    assert -1 <= unsaid.min() < -0.99
    assert 0.99 < unsaid.max() <= 1
    assert 0 <= told.min() < 0.01
    np.testing.assert_allclose(told, (unsaid + 1) / 2, atol=1e-6)


@pytest.mark.parametrize("dtype", ["int4", "bfloat16"])
def test_a_type_for_which_nothing_can_be_made_up_is_refused_in_one_line(dtype: str):
    model = ModelFile.build(one_operator("CAST", [tensor([4], dtype)], [tensor([4])]), {})
    with pytest.raises(UsageError, match=f"takes {dtype}, for which no inputs can be made up"):
        random_inputs(model)


def test_a_baseline_with_another_input_is_refused_in_one_line(read):
    with pytest.raises(UsageError, match=r"it takes 1×192×192×3. Measure the two one by one"):
        check_comparable(read("mobilenet_v1_0.25_128_quant"), read("mobilenet_v1_0.75_192_quant"))


def test_a_baseline_may_store_the_same_input_in_another_type(read):
    check_comparable(read("mobilenet_v2_1.0_224_quant"), read("mobilenet_v1_0.25_224_float"))
