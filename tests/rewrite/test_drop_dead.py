"""Dropping what nothing uses: all of it goes, nothing else does, and the rest computes the same."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.evaluate import Runner
from edgewright.model import ModelFile
from edgewright.rewrite import rewrite

from ..model.builders import model, operator, subgraph, tensor
from .graphs import ADD, built, constant, named

DROP = ["drop-dead"]


def with_dead_parts() -> ModelFile:
    """x + 1 between two chains that end nowhere, with a buffer and an operator code that nothing refers to."""
    tensors = [
        constant([9.0]), tensor([4]), tensor([4]), tensor([4]),
        constant([1.0]), tensor([4]), tensor([4]), constant([7.0]),
    ]  # fmt: skip
    operators = [
        operator("NEG", [1], [2], ("NegOptions", {})),
        operator("EXP", [2], [3], ("ExpOptions", {})),
        operator("ADD", [1, 4], [5], ADD),
        operator("ADD", [5, 0], [6], ADD),
    ]
    tables = model(subgraph(named(tensors), operators, [1], [5]))
    tables["buffers"].append({"data": b"nobody reads this"})
    return ModelFile.build(tables, {})


def run(model: ModelFile, *values: float) -> list[float]:
    with Runner(model) as runner:
        return runner(np.array(values, np.float32))[0].tolist()


def test_chains_that_end_nowhere_go_with_all_that_they_need():
    before = with_dead_parts()
    result = rewrite(before, DROP)
    after = result.model
    assert [one.name for one in after.ops] == ["ADD"]
    assert [spec.name for spec in after.main.tensors] == ["tensor_1", "tensor_4", "tensor_5"]
    assert b"nobody reads this" not in after.data
    assert result.changes == (
        "drop-dead: 3 operators, 5 tensors, 3 buffers, 2 operator codes dropped that nothing uses",
    )
    assert run(after, 1, 2, 3, 4) == run(before, 1, 2, 3, 4) == [2, 3, 4, 5]


def test_a_second_time_there_is_nothing_left():
    once = rewrite(with_dead_parts(), DROP).model
    assert rewrite(once, DROP).model is once


def test_what_a_signature_names_stays_and_is_numbered_anew():
    tables = with_dead_parts().edit()
    tables["signature_defs"] = [
        {
            "signature_key": "serve",
            "subgraph_index": 0,
            "inputs": [{"name": "x", "tensor_index": 1}],
            "outputs": [{"name": "y", "tensor_index": 5}, {"name": "negative", "tensor_index": 2}],
        }
    ]
    after = rewrite(ModelFile.build(tables, {}), DROP).model
    (signature,) = after.signatures
    names = {name: after.main.tensors[index].name for name, index in {**signature.inputs, **signature.outputs}.items()}
    assert names == {"x": "tensor_1", "y": "tensor_5", "negative": "tensor_2"}
    assert [one.name for one in after.ops] == ["NEG", "ADD"]


def test_an_input_that_nothing_reads_stays():
    tensors = named([tensor([4]), tensor([4]), tensor([4])])
    before = built(subgraph(tensors, [operator("NEG", [1], [2], ("NegOptions", {}))], [0, 1], [2]))
    assert rewrite(before, DROP).model is before


@pytest.mark.parametrize("name", ["RANDOM_UNIFORM", "my_operator"])
def test_an_operator_that_may_do_more_than_compute_is_left_alone(name: str):
    tensors = named([tensor([4]), tensor([4]), constant([4], "int32"), tensor([4])])
    options = ("RandomOptions", {}) if name == "RANDOM_UNIFORM" else None
    before = built(
        subgraph(tensors, [operator("NEG", [0], [1], ("NegOptions", {})), operator(name, [2], [3], options)], [0], [1])
    )
    result = rewrite(before, DROP)
    assert result.model is before
    (left,) = result.left_alone
    assert left.where == f"operator 1 ({name})"
    assert "may do more" in left.reason


def test_metadata_that_may_count_tensors_keeps_their_numbers():
    tables = with_dead_parts().edit()
    tables["buffers"] += [{"data": b"places in memory"}, {"data": b"nor this one"}]
    tables["metadata"] += [{"name": "OfflineMemoryAllocation", "buffer": len(tables["buffers"]) - 2}]
    before = ModelFile.build(tables, {})
    result = rewrite(before, DROP)
    assert len(result.model.main.tensors) == len(before.main.tensors)
    assert b"places in memory" in result.model.data
    assert b"nor this one" not in result.model.data
    assert [one.where for one in result.left_alone] == ["metadata 'OfflineMemoryAllocation'"]


def test_a_subgraph_that_nothing_runs_is_named():
    main = subgraph(named([tensor([4]), tensor([4])]), [operator("NEG", [0], [1], ("NegOptions", {}))], [0], [1])
    result = rewrite(built(main, {**main, "name": "spare"}), DROP)
    assert [one.where for one in result.left_alone] == ["subgraph 1 (spare)"]


def test_empty_buffers_alone_are_not_worth_another_file():
    tables = rewrite(with_dead_parts(), DROP).model.edit()
    tables["buffers"].append({"data": None})
    before = ModelFile.build(tables, {})
    assert rewrite(before, DROP).model is before
