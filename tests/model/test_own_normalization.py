"""Models that normalize their pixels themselves, and what their metadata say of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from edgewright.model import InputMetadata, Metadata, ModelFile, conflicting_normalization, inspect
from edgewright.model.own_normalization import own_normalization
from edgewright.task import open_task

from .builders import model, operator, subgraph, tensor

EMBEDDER = "models/mobilenet_v2_0.35_96_embedder.tflite"
SIDE = 4
_WHOLE = ("Pool2DOptions", {"filter_width": SIDE, "filter_height": SIDE, "stride_w": 1, "stride_h": 1, "padding": 1})


def steps(*names_and_values: tuple[str, Any], turned: Sequence[int] = (), dtype: str = "float32") -> ModelFile:
    """Arithmetic with constants and then a pool; in the places `turned` the constant comes first."""
    shape = [1, SIDE, SIDE, 3]
    tensors, operators, last = [tensor(shape, dtype, name="picture")], [], 0
    for place, (name, value) in enumerate(names_and_values):
        values = np.asarray(value, "<f4")
        tensors += [tensor(values.shape, data=values.tobytes(), name=f"c{place}"), tensor(shape, name=f"x{place}")]
        inputs = [len(tensors) - 2, last] if place in turned else [last, len(tensors) - 2]
        options = (f"{name.capitalize()}Options", {"fused_activation_function": 0})
        operators.append(operator(name, inputs, [len(tensors) - 1], options))
        last = len(tensors) - 1
    tensors.append(tensor([1, 1, 1, 3], name="mean"))
    operators.append(operator("AVERAGE_POOL_2D", [last], [len(tensors) - 1], _WHOLE))
    return ModelFile.build(model(subgraph(tensors, operators, [0], [len(tensors) - 1])), {}, "steps.tflite")


def said(made: ModelFile, mean: tuple[float, ...], std: tuple[float, ...]) -> ModelFile:
    return made.with_metadata(Metadata(inputs=(InputMetadata(kind="image", mean=mean, std=std),)))


@pytest.mark.parametrize(
    ("made", "factor", "offset"),
    [
        (steps(("MUL", 2), ("SUB", 1)), (2,), (-1,)),
        (steps(("SUB", 0.5), ("DIV", 0.5)), (2,), (-1,)),
        (steps(("MUL", 2), ("SUB", 1), turned=(0, 1)), (-2,), (1,)),
        (steps(("ADD", [1, 2, 3]), ("MUL", [[[2, 1, 0.5]]])), (2, 1, 0.5), (2, 2, 1.5)),
    ],
)
def test_arithmetic_is_one_factor_and_one_offset(
    made: ModelFile, factor: tuple[float, ...], offset: tuple[float, ...]
) -> None:
    """And the runtime computes the same."""
    own = own_normalization(made)
    assert own is not None
    assert (own.factor, own.offset) == (pytest.approx(factor), pytest.approx(offset))
    picture = np.broadcast_to(np.array([10, 20, 40], np.uint8), (SIDE, SIDE, 3))
    with open_task(made, task="embedding", normalization=(0, 1)) as embed:
        result = embed(picture)
    wanted = np.array(own.factor) * [10, 20, 40] + np.array(own.offset)
    np.testing.assert_allclose(result.vector * result.norm, wanted, rtol=1e-5)


@pytest.mark.parametrize(
    "made",
    [steps(), steps(("DIV", 2), turned=(0,)), steps(("MUL", np.ones((SIDE, SIDE, 3))))],
    ids=["pool", "1/x", "map"],
)
def test_other_first_steps_are_no_normalization(made: ModelFile) -> None:
    assert own_normalization(made) is None


IMAGENET = ("SUB", [0.485, 0.456, 0.406]), ("DIV", [0.229, 0.224, 0.225])


@pytest.mark.parametrize(
    ("made", "mean", "std", "words"),
    [
        (
            steps(("MUL", 2), ("SUB", 1)),
            127.5,
            127.5,
            "so it wants pixel / 255 (normalization=(0.0, 255.0)); but its metadata",
        ),
        (
            steps(("MUL", 1 / 255)),
            0,
            255,
            "so it wants pixel (normalization=(0.0, 1.0)); but its metadata says pixel / 255",
        ),
        (steps(("MUL", 1 / 255)), 127.5, 127.5, "which takes pixels from -0.00392 to 0.00392"),
        (steps(*IMAGENET), 127.5, 127.5, "so it wants pixel / 255"),
        (steps(("MUL", 1 / 255), *IMAGENET), 0, 255, "so it wants pixel (normalization=(0.0, 1.0))"),
    ],
)
def test_a_second_normalization_is_found(made: ModelFile, mean: float, std: float, words: str) -> None:
    there = said(made, (mean,), (std,))
    conflict = conflicting_normalization(there, there.metadata.inputs[0])
    assert conflict is not None
    assert words in conflict
    assert ("normalized twice", conflict) in [(one.name, one.text) for one in inspect(there).findings]


@pytest.mark.parametrize(
    ("made", "mean", "std"),
    [
        (steps(("MUL", 2), ("SUB", 1)), 0, 255),
        (steps(("MUL", 0.5)), 127.5, 127.5),
        (steps(("MUL", 1.37), ("ADD", 0.21)), 127.5, 127.5),
        (steps(*IMAGENET), 0, 255),
        (steps(), 127.5, 127.5),
    ],
)
def test_what_fits_or_may_be_learned_is_left_alone(made: ModelFile, mean: float, std: float) -> None:
    there = said(made, (mean,), (std,))
    assert conflicting_normalization(there, there.metadata.inputs[0]) is None


def test_where_nothing_is_said_the_operators_tell() -> None:
    [finding] = [one for one in inspect(steps(("MUL", 2), ("SUB", 1))).findings if "normalize" in one.name]
    assert finding.name == "normalizes by itself"
    assert finding.text == (
        "its first operators, MUL and SUB, compute 2 · x - 1 already, so it wants pixel / 255 "
        "(normalization=(0.0, 255.0))"
    )


def test_who_runs_it_is_told_unless_he_says_better(shared_file: Any) -> None:
    embedder = ModelFile.read(shared_file(EMBEDDER))
    with open_task(embedder) as told, open_task(embedder, normalization=(0, 255)) as knows:
        [notice] = told.notices
        assert "its metadata says (pixel - 127.5) / 127.5, which takes pixels from -3 to 1" in notice
        assert knows.notices == ()
