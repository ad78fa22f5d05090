"""The data files of what targets take, and their rules."""

from __future__ import annotations

import datetime
import struct
from typing import Any

import pytest

from edgewright.check.op_set import OpSet, op_set
from edgewright.check.rules import RULES
from edgewright.errors import EdgewrightError
from edgewright.model import ModelFile
from edgewright.model.storage.schema import BUILTIN_OPERATORS

from ..model.builders import model as tables
from ..model.builders import one_operator, operator, quantized, raw, subgraph, tensor

SETS = ("cpu", "edgetpu", "gpu", "micro")

# Custom operators have names of their own.
CUSTOM = {
    "AudioSpectrogram", "Convolution2DTransposeBias", "MaxPoolingWithArgmax2D", "MaxUnpooling2D", "Mfcc",
    "NumericVerify", "Resampler", "TFLite_Detection_PostProcess",
}  # fmt: skip


@pytest.mark.parametrize("name", SETS)
def test_a_set_says_where_its_facts_are_from_and_when(name: str) -> None:
    known = op_set(name)
    assert known.source.startswith("https://")
    assert datetime.date.fromisoformat(known.date) <= datetime.datetime.now(datetime.UTC).date()
    assert known.operators.keys() <= {*BUILTIN_OPERATORS, *CUSTOM}


def test_every_rule_is_used_and_every_used_rule_exists() -> None:
    used = {rule for name in SETS for rules in op_set(name).operators.values() for rule in rules}
    used |= {rule for name in SETS for rule in op_set(name).everywhere}
    assert used == RULES.keys()


def test_a_misspelt_rule_is_refused() -> None:
    with pytest.raises(EdgewrightError, match="unknown rule 'activation'"):
        OpSet("x", "https://", "2026-01-01", "x", (), {}, {"ADD": {"activation": ["NONE"]}})


def byte_tensor(*shape: int, data: bytes = b"", zero: int = 0) -> dict[str, Any]:
    return tensor(shape, "int8", data, quantization=quantized([0.5], [zero]))


def whole(*values: int) -> dict[str, Any]:
    return tensor([len(values)], "int32", struct.pack(f"<{len(values)}i", *values))


def answer(target: str, *operator_: Any) -> str:
    (node,) = ModelFile.read(raw(one_operator(*operator_))).nodes
    return op_set(target).why_not(node)


def pool(activation: int) -> tuple[str, dict[str, Any]]:
    return "Pool2DOptions", {
        "filter_width": 2, "filter_height": 2, "stride_w": 2, "stride_h": 2, "padding": 1,
        "fused_activation_function": activation,
    }  # fmt: skip


PICTURE, HALF = byte_tensor(1, 4, 4, 8), byte_tensor(1, 2, 2, 8)
EDGE_TPU_CASES = {
    "fits": (("MAX_POOL_2D", [PICTURE], [HALF], pool(0)), ""),
    "fused activation": (("MAX_POOL_2D", [PICTURE], [HALF], pool(1)), "fused activation RELU; none is taken"),
    "type": (("LOGISTIC", [tensor([4])], [tensor([4])]), "takes int8 and uint8, not float32"),
    "unknown": (("NEG", [byte_tensor(4)], [byte_tensor(4)]), "not in the list"),
    "outer axis": (("LOGISTIC", [byte_tensor(2, 4, 4, 8)], [byte_tensor(2, 4, 4, 8)]), "only the innermost 3 axes"),
    "softmax": (("SOFTMAX", [byte_tensor(1, 10)], [byte_tensor(1, 10)], ("SoftmaxOptions", {"beta": 1.0})), ""),
    "softmax of rows": (
        ("SOFTMAX", [byte_tensor(2, 10)], [byte_tensor(2, 10)], ("SoftmaxOptions", {"beta": 1.0})),
        "only the innermost axis",
    ),
    "softmax too wide": (
        ("SOFTMAX", [byte_tensor(1, 16_001)], [byte_tensor(1, 16_001)], ("SoftmaxOptions", {"beta": 1.0})),
        "16,001 elements; at most 16,000",
    ),
    "mean of a picture": (
        ("MEAN", [PICTURE, whole(1, 2)], [byte_tensor(1, 8)], ("ReducerOptions", {"keep_dims": False})), "",
    ),
    "mean of the batch": (
        ("MEAN", [PICTURE, whole(0)], [byte_tensor(4, 4, 8)], ("ReducerOptions", {"keep_dims": False})),
        "the batch is reduced",
    ),
    "mean of few channels": (
        ("MEAN", [byte_tensor(1, 4, 4, 3), whole(-1)], [byte_tensor(1, 4, 4)],
         ("ReducerOptions", {"keep_dims": False})),
        "reduces 3 channels; only multiples of 4",
    ),
    "padding of the batch": (
        ("PAD", [byte_tensor(1, 2), tensor([2, 2], "int32", struct.pack("<4i", 1, 0, 0, 0))], [byte_tensor(2, 2)]),
        "the batch is padded",
    ),
    "padding": (
        ("PAD", [byte_tensor(1, 2), tensor([2, 2], "int32", struct.pack("<4i", 0, 0, 1, 0))], [byte_tensor(1, 3)]), "",
    ),
    "a joined constant": (
        ("CONCATENATION", [byte_tensor(1, 2), byte_tensor(1, 2, data=b"\x01\x02")], [byte_tensor(1, 4)],
         ("ConcatenationOptions", {"axis": 1})),
        "joins a constant",
    ),
    "joined zeros": (
        ("CONCATENATION", [byte_tensor(1, 2, zero=3), byte_tensor(1, 2, data=b"\x03\x03", zero=3)],
         [byte_tensor(1, 4, zero=3)], ("ConcatenationOptions", {"axis": 1})),
        "",
    ),
    "doubling": (
        ("RESIZE_BILINEAR", [PICTURE, whole(8, 8)], [byte_tensor(1, 8, 8, 8)], ("ResizeBilinearOptions", {})), "",
    ),
    "enlarging": (
        ("RESIZE_BILINEAR", [HALF, whole(34, 34)], [byte_tensor(1, 34, 34, 8)], ("ResizeBilinearOptions", {})),
        "enlarges 17 times (2×2 to 34×34)",
    ),
    "a free size": (
        ("LOGISTIC", [{**byte_tensor(1, 1), "shape_signature": [1, -1]}],
         [{**byte_tensor(1, 1), "shape_signature": [1, -1]}]),
        "its size is free",
    ),
    "a free batch": (
        ("LOGISTIC", [{**byte_tensor(1, 4), "shape_signature": [-1, 4]}],
         [{**byte_tensor(1, 4), "shape_signature": [-1, 4]}]),
        "",
    ),
    "computed weights": (
        ("FULLY_CONNECTED", [byte_tensor(1, 4), byte_tensor(1, 4)], [byte_tensor(1, 1)], ("FullyConnectedOptions", {})),
        "input 1 is computed",
    ),
    "strides": (
        ("STRIDED_SLICE", [byte_tensor(4), whole(0), whole(4), whole(2)], [byte_tensor(2)],
         ("StridedSliceOptions", {})),
        "strides [2]",
    ),
    "packing along the batch": (
        ("PACK", [byte_tensor(4), byte_tensor(4)], [byte_tensor(2, 4)],
         ("PackOptions", {"values_count": 2, "axis": 0})),
        "the batch is packed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", EDGE_TPU_CASES)
def test_patterns_for_the_edge_tpu(case: str) -> None:
    operator_, expected = EDGE_TPU_CASES[case]
    said = answer("edgetpu", *operator_)
    assert expected in said if expected else said == ""


GPU_CASES = {
    "fits": (("ABS", [tensor([1, 2])], [tensor([1, 2])]), ""),
    "five dimensions": (("ABS", [tensor([1, 1, 1, 1, 2])], [tensor([1, 1, 1, 1, 2])]), "5 dimensions; at most 4"),
    "type": (("ABS", [tensor([2], "int32")], [tensor([2], "int32")]), "not int32"),
    "beta": (
        ("SOFTMAX", [tensor([1, 2])], [tensor([1, 2])], ("SoftmaxOptions", {"beta": 2.0})), "beta 2; 1 is taken",
    ),
    "both stretched": (
        ("MUL", [tensor([1, 2, 1]), tensor([1, 1, 2])], [tensor([1, 2, 2])], ("MulOptions", {})), "stretches both",
    ),
    "slice of two dimensions": (
        ("SLICE", [tensor([2, 2]), whole(0, 0), whole(1, 1)], [tensor([1, 1])]), "2 dimensions",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", GPU_CASES)
def test_patterns_for_the_gpu(case: str) -> None:
    operator_, expected = GPU_CASES[case]
    said = answer("gpu", *operator_)
    assert expected in said if expected else said == ""


def test_a_newer_version_than_the_compiler_knows() -> None:
    weights = byte_tensor(1, 1, 1, 1, data=b"\x01")
    options = ("TransposeConvOptions", {"stride_w": 1, "stride_h": 1, "padding": 1})
    built = one_operator(
        "TRANSPOSE_CONV", [whole(1, 2, 2, 1), weights, byte_tensor(1, 2, 2, 1)], [byte_tensor(1, 2, 2, 1)], options
    )
    for version, expected in ((3, ""), (4, "version 4; 3 is the newest that is known")):
        built["operator_codes"][0]["version"] = version
        (node,) = ModelFile.read(raw(built)).nodes
        assert op_set("edgetpu").why_not(node) == expected


def test_operators_beside_a_refused_one_form_pieces() -> None:
    from edgewright.check.partition import Piece, blockers, neighbors, pieces

    names = ["ABS", "NEG", "ABS", "ABS"]  # 0 → 1 → 2, and 3 beside them from the same input
    edges = [(0, 1), (1, 2), (2, 3), (0, 4)]
    operators = [operator(name, [a], [b]) for name, (a, b) in zip(names, edges, strict=True)]
    main = ModelFile.read(raw(tables(subgraph([tensor([2])] * 5, operators, [0], [3, 4])))).main
    taken = {0, 2, 3}
    assert pieces(main, taken) == [Piece(True, (0, 3)), Piece(False, (1,)), Piece(True, (2,))]
    assert neighbors(main, {0, 3}) == {1}
    assert blockers(main, {1}) == {2: 1}
