"""Sharing equal constants: bytes are saved, numbers stay, states keep their own."""

from __future__ import annotations

import numpy as np

from edgewright.evaluate import Runner
from edgewright.model import ModelFile
from edgewright.rewrite import rewrite

from ..model.builders import operator, subgraph, tensor
from .graphs import ADD, built, constant, named

SHARE = ["share-buffers"]


def sums(*constants: list[float]) -> ModelFile:
    """x + constants[0] + constants[1] + …"""
    count = len(constants)
    tensors = [tensor([len(constants[0])]), *map(constant, constants), *[tensor([len(constants[0])])] * count]
    operators = [operator("ADD", [count + i if i else 0, i + 1], [count + 1 + i], ADD) for i in range(count)]
    return built(subgraph(named(tensors), operators, [0], [2 * count]))


def run(model: ModelFile, values: list[float]) -> list[float]:
    with Runner(model) as runner:
        return runner(np.array(values, np.float32))[0].tolist()


def test_equal_constants_share_one_buffer():
    values = [float(one) for one in range(1000)]
    before = sums(values, [1.0] * 1000, values, values)
    result = rewrite(before, SHARE)
    assert result.changes == ("share-buffers: 2 buffers of 8,000 bytes shared with one of the same bytes",)
    assert before.weight_bytes - result.model.weight_bytes == 8000
    assert before.size - result.model.size > 7000
    assert run(result.model, values) == run(before, values)
    assert rewrite(result.model, SHARE).model is result.model


def test_a_thousand_uses_of_one_buffer_are_read_again():
    before = sums(*[[1.0, 2.0, 3.0, 4.0]] * 1000)
    after = rewrite(before, SHARE).model
    assert ModelFile.read(after.data).weight_bytes == 16


def test_other_types_with_the_same_bytes_share_too():
    zeros = [0] * 100
    tensors = [
        tensor([100]), constant(zeros), constant(zeros, "int32"),
        tensor([100]), tensor([100], "int32"), tensor([100], "int32"),
    ]  # fmt: skip
    operators = [operator("ADD", [0, 1], [3], ADD), operator("ADD", [4, 2], [5], ADD)]
    after = rewrite(built(subgraph(named(tensors), operators, [0, 4], [3, 5])), SHARE).model
    assert after.main.tensors[1].buffer == after.main.tensors[2].buffer


def test_a_few_bytes_are_not_worth_it():
    before = sums([1.0, 2.0], [1.0, 2.0])
    result = rewrite(before, SHARE)
    assert result.model is before
    assert "8 bytes in all" in result.left_alone[0].reason


def test_metadata_with_the_bytes_of_a_constant_keeps_its_own():
    values = [float(one) for one in range(100)]
    tables = sums(values).edit()
    tables["buffers"].append({"data": np.array(values, "<f4").tobytes()})
    tables["metadata"] += [{"name": "other", "buffer": len(tables["buffers"]) - 1}]
    before = ModelFile.build(tables, {})
    assert rewrite(before, SHARE).model is before
