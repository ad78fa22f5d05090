"""What is written out for the converter leaves the computation as it was."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgewright.convert.sources.layout import Layout
from edgewright.convert.sources.onnx.graphs.explicit import drop_identities, write_shapes_out
from edgewright.convert.sources.onnx.graphs.sizes import fix
from edgewright.convert.sources.onnx.graphs.turning import turn

from .graphs import graph, run

PICTURE = np.random.default_rng(1).normal(0, 1, (1, 3, 6, 5)).astype(np.float32)


def copied(model: onnx.ModelProto) -> onnx.ModelProto:
    return onnx.ModelProto.FromString(model.SerializeToString())


def test_a_value_has_one_name_whether_it_comes_out_or_is_used_inside_or_both():
    nodes = "a = Neg(x) b = Identity(a) y = Identity(b) c = Identity(x) z = Exp(b) u = Identity(c)"
    model = graph("float[1,3,6,5] x", "float y, float z, float u", nodes)
    plain = copied(model)
    drop_identities(plain)
    assert [node.op_type for node in plain.graph.node] == ["Neg", "Exp", "Identity"]
    for mine, other in zip(run(model, {"x": PICTURE}), run(plain, {"x": PICTURE}), strict=True):
        assert np.array_equal(mine, other)


def test_sizes_stand_for_what_is_left_as_it_was():
    model = graph("float[1,3,6,5] x", "float y", "y = Reshape(x, s)", s=np.array([0, -1, 5], np.int64))
    fix(model, {}, "model")
    write_shapes_out(model)
    (shape,) = (tensor for tensor in model.graph.initializer if tensor.name == model.graph.node[0].input[1])
    assert onnx.numpy_helper.to_array(shape).tolist() == [1, 18, 5]


@pytest.mark.parametrize("held", [False, True])
def test_pictures_are_turned_where_they_go_in_and_come_out(held):
    model = graph(
        "float[1,3,6,5] x", "float y, float z, float m",
        "y = Conv<pads=[1,1,1,1]>(x, w) z = Neg(y) m = GlobalMaxPool(z)",
        w=(4, 3, 3, 3),
    )  # fmt: skip
    turned = copied(model)
    fix(turned, {}, "model")
    turn(turned, Layout((True,), (True, True, False)), [(1, 4, 6, 5), (1, 4, 6, 5), (1, 4, 1, 1)], held=held)
    ours = run(model, {"x": PICTURE})
    theirs = run(turned, {"x": PICTURE.transpose(0, 2, 3, 1)})
    for mine, other, back in zip(ours, theirs, (True, True, False), strict=True):
        assert np.array_equal(mine.transpose(0, 2, 3, 1) if back else mine, other)
