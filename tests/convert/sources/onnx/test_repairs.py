"""Every repair computes what the operator did: both run by onnxruntime, in many forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from edgewright.check.remedies import by_itself
from edgewright.convert.sources.onnx.graphs.sizes import fix
from edgewright.convert.sources.onnx.repairs import repaired
from edgewright.convert.sources.onnx.repairs.branches import decide

from .graphs import graph, run

RANDOM = np.random.default_rng(5)


def real(*shape: int) -> Any:
    return RANDOM.normal(0, 1, shape).astype(np.float32)


def agree(model: onnx.ModelProto, *gone: str, **feed: Any) -> None:
    """The repaired model computes the same to 1e-5, and these operators are not in it any more."""
    plain = onnx.ModelProto.FromString(model.SerializeToString())
    fix(plain, {}, "model")
    assert repaired(plain, "model")
    assert not {node.op_type for node in plain.graph.node} & set(gone)
    for mine, other in zip(run(model, feed), run(plain, feed), strict=True):
        assert mine.dtype == other.dtype
        assert np.allclose(mine, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("bounds", "axes"),
    [(("7", "0", "-1"), "1"), (("-1", "-100", "-2"), "0"), (("100", "2", "-3"), "1"), (("4", "-1000", "-1"), "-1")],
)
def test_slices_that_go_backwards(bounds, axes):
    start, end, step = (np.array([int(number)], np.int64) for number in bounds)
    axis = np.array([int(axes)], np.int64)
    model = graph("float[9,8] x", "float y", "y = Slice(x, b, e, a, s)", b=start, e=end, a=axis, s=step)
    agree(model, "Slice", x=real(9, 8))


def test_remainders_of_real_numbers_have_the_sign_of_what_is_divided():
    model = graph("float[4,50] x", "float y", "y = Mod<fmod=1>(x, d)", d=np.float32(1.7))
    agree(model, "Mod", x=5 * real(4, 50))


def test_what_a_repair_says_is_said_as_it_is():
    assert by_itself("LSTM step by step") == "LSTM step by step"
    assert "which Keras 3 does not know" in by_itself("DepthwiseConv2D.groups")


@pytest.mark.parametrize("condition", [True, False])
def test_branches_are_both_computed(condition):
    nodes = (
        "y = If(c)<then_branch = t () => (float[4] a) { b = Neg(x) a = Exp(b) }, "
        "else_branch = e () => (float[4] b) { b = Abs(x) }>"
    )
    agree(graph("float[4] x, bool c", "float y", nodes), "If", x=real(4), c=np.array(condition))


def test_branches_inside_of_branches():
    inner = (
        "If(d)<then_branch = t2 () => (float[4] p) { p = Neg(x) }, else_branch = e2 () => (float[4] q) { q = Exp(x) }>"
    )
    nodes = (
        f"y = If(c)<then_branch = t () => (float[4] a) {{ a = {inner} }}, "
        "else_branch = e () => (float[4] b) { b = Abs(x) }>"
    )
    model = graph("float[4] x, bool c, bool d", "float y", nodes)
    for first in (True, False):
        agree(model, "If", x=real(4), c=np.array(first), d=np.array(not first))


def test_branches_that_follow_from_sizes_are_decided_and_the_others_need_not_fit():
    nodes = (
        "s = Shape(x) d = Gather(s, i) c = Equal(d, n) "
        "y = If(c)<then_branch = t () => (float[1,4] a) { a = Neg(x) }, "
        "else_branch = e () => (float[2,2,2] b) { b = Reshape(x, two) }>"
    )
    model = graph(
        "float[1,4] x", "float y", nodes,
        i=np.array([1], np.int64), n=np.array([4], np.int64), two=np.array([2, 2, 2], np.int64),
    )  # fmt: skip
    decide(model, "model")
    assert [node.op_type for node in model.graph.node][-2:] == ["Neg", "Identity"]


@pytest.mark.parametrize("nearest", ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
@pytest.mark.parametrize("coordinates", ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"])
@pytest.mark.parametrize("sizes", [(7, 5), (24, 31), (3, 2)])
def test_nearest_neighbors(nearest, coordinates, sizes):
    if (nearest, coordinates) == ("floor", "asymmetric"):
        pytest.skip("LiteRT's own")
    given = f'mode="nearest", nearest_mode="{nearest}", coordinate_transformation_mode="{coordinates}"'
    nodes = f"y = Resize<{given}>(x, , , n)"
    model = graph("float[1,2,9,11] x", "float y", nodes, opset=13, n=np.array([1, 2, *sizes], np.int64))
    agree(model, "Resize", x=real(1, 2, 9, 11))


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize("factors", [(0.5, 0.5), (0.3, 0.71), (0.5, 1.0)])
def test_antialiased_resizing(mode, factors):
    nodes = f'y = Resize<mode="{mode}", antialias=1>(x, , s)'
    model = graph("float[1,3,16,17] x", "float y", nodes, opset=18, s=np.array([1, 1, *factors], np.float32))
    agree(model, "Resize", x=real(1, 3, 16, 17))


def test_groups_of_channels():
    model = graph(
        "float[2,6,4,4] x", "float[2,6,4,4] y", "y = GroupNormalization<num_groups=3>(x, s, b)",
        opset=21, s=real(6), b=real(6),
    )  # fmt: skip
    agree(model, "GroupNormalization", x=real(2, 6, 4, 4))


@pytest.mark.parametrize("opset", [11, 13, 18])
@pytest.mark.parametrize("node", ["Softplus", "LogSoftmax<axis=-1>"])
def test_logarithms_of_large_values_stay_finite(node, opset):
    model = graph("float[3,7] x", "float y", f"y = {node}(x)", opset=opset)
    agree(model, "Softplus", "LogSoftmax", x=200 * real(3, 7))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_values_written_to_fixed_places(axis):
    places = np.array([[1, -1, 0], [0, 2, 1]], np.int64)
    model = graph(
        "float[3,4] x, float[2,3] u", "float y", f"y = ScatterElements<axis={axis}>(x, i, u)", opset=18, i=places
    )
    agree(model, "ScatterElements", x=real(3, 4), u=real(2, 3))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "GRU, late", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("given", ["", ", , h", ", , h, c"])
def test_recurrent_layers_begin_each_run_anew(kind, direction, given):
    name = kind.partition(",")[0]
    if "c" in given and name != "LSTM":
        pytest.skip("has no cell")
    gates, ways = {"LSTM": 4, "GRU": 3, "RNN": 1}[name], 2 if direction == "bidirectional" else 1
    weights = {"w": real(ways, gates * 5, 8), "r": real(ways, gates * 5, 5), "b": real(ways, 2 * gates * 5)}
    names = ["y", "h2", "c2"] if name == "LSTM" else ["y", "h2"]
    states = {state: real(ways, 2, 5) for state in "hc" if state in given}
    inputs = ", ".join(["float[6,2,8] x", *(f"float[{ways},2,5] {state}" for state in states)])
    late = ", linear_before_reset=1" if "late" in kind else ""
    nodes = f'{", ".join(names)} = {name}<hidden_size=5, direction="{direction}"{late}>(x, w, r, b{given})'
    model = graph(inputs, ", ".join(f"float {output}" for output in names), nodes, **weights)
    agree(model, name, x=real(6, 2, 8), **states)
