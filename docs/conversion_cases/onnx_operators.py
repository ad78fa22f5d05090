"""Operators of ONNX for the conversion table, one model each, in the operator sets 11 to 21."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from conversion_cases.case import Case
from conversion_cases.onnx_text import model, positive, whole

_PICTURE = "float[1,3,16,16] x"
_SEQUENCE = "float[6,1,8] x"


def _case(group: str, name: str, *graph: str, refused: tuple[str, ...] = (), **rest: Any) -> Case:
    return Case(group, f"onnx {name}", partial(model, *graph, **rest), refused)


def operator_cases() -> list[Case]:
    """Every single operator."""
    return [
        *_convolutions(),
        *_pooling(),
        *_resizing(),
        *_arithmetic(),
        *_shapes(),
        *_reductions(),
        *_recurrent(),
        *_whole_numbers(),
        *_quantized(),
        *_refused(),
    ]


def _convolutions() -> list[Case]:
    conv = partial(_case, "onnx convolutions")
    return [
        conv("Conv", _PICTURE, "float y", "y = Conv<pads=[1,1,1,1]>(x, w, b)", w=(4, 3, 3, 3), b=(4,), opset=11),
        conv("Conv strided, uneven padding", "float[1,3,17,15] x", "float y",
             "y = Conv<pads=[0,1,2,1], strides=[2,3]>(x, w)", w=(5, 3, 3, 4), opset=13),
        conv("Conv dilated", _PICTURE, "float y", "y = Conv<dilations=[2,3]>(x, w)", w=(4, 3, 3, 3), opset=21),
        conv("Conv in groups", "float[1,8,9,9] x", "float y", "y = Conv<group=4, pads=[1,1,1,1]>(x, w)",
             w=(12, 2, 3, 3)),
        conv("Conv depthwise", "float[1,8,9,9] x", "float y", "y = Conv<group=8, pads=[1,1,1,1]>(x, w)",
             w=(8, 1, 3, 3)),
        conv("Conv depthwise, two outputs a channel", "float[1,4,9,9] x", "float y", "y = Conv<group=4>(x, w)",
             w=(8, 1, 3, 3)),
        conv("Conv SAME_UPPER", _PICTURE, "float y", 'y = Conv<auto_pad="SAME_UPPER", strides=[2,2]>(x, w)',
             w=(4, 3, 3, 3)),
        conv("Conv of one dimension", "float[1,4,20] x", "float y", "y = Conv<pads=[2,2], strides=[2]>(x, w)",
             w=(6, 4, 5)),
        conv("Conv of three dimensions", "float[1,2,6,7,8] x", "float y", "y = Conv<pads=[1,1,1,1,1,1]>(x, w)",
             w=(3, 2, 3, 3, 3)),
        conv("ConvTranspose", "float[1,3,8,8] x", "float y", "y = ConvTranspose<strides=[2,2]>(x, w, b)",
             w=(3, 4, 2, 2), b=(4,)),
        conv("ConvTranspose, padded", "float[1,3,8,8] x", "float y",
             "y = ConvTranspose<strides=[2,2], pads=[1,1,1,1]>(x, w)", w=(3, 4, 4, 4)),
        conv("ConvTranspose, output padding", "float[1,3,8,8] x", "float y",
             "y = ConvTranspose<strides=[2,2], pads=[1,1,1,1], output_padding=[1,1]>(x, w)", w=(3, 4, 3, 3)),
        conv("ConvTranspose, stride 3", "float[1,3,5,5] x", "float y", "y = ConvTranspose<strides=[3,3]>(x, w)",
             w=(3, 4, 3, 3)),
        conv("Gemm", "float[2,8] x", "float y", "y = Gemm<transB=1, alpha=0.5, beta=2.0>(x, w, b)", w=(5, 8), b=(5,)),
        conv("MatMul of three dimensions", "float[2,4,6] a, float[2,6,5] b", "float y", "y = MatMul(a, b)"),
        conv("Einsum", "float[2,4,6] a, float[2,5,6] b", "float y", 'y = Einsum<equation="bij,bkj->bik">(a, b)'),
    ]  # fmt: skip


def _pooling() -> list[Case]:
    pool = partial(_case, "onnx pooling and normalization")
    return [
        pool("MaxPool", _PICTURE, "float y", "y = MaxPool<kernel_shape=[2,2], strides=[2,2]>(x)", opset=11),
        pool("MaxPool, padded, ceil", "float[1,3,15,15] x", "float y",
             "y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1], ceil_mode=1>(x)"),
        pool("MaxPool of one dimension", "float[1,4,20] x", "float y", "y = MaxPool<kernel_shape=[3], strides=[2]>(x)"),
        pool("AveragePool, padding counted", _PICTURE, "float y",
             "y = AveragePool<kernel_shape=[3,3], pads=[1,1,1,1], count_include_pad=1>(x)"),
        pool("AveragePool, padding left out", _PICTURE, "float y",
             "y = AveragePool<kernel_shape=[3,3], pads=[1,1,1,1]>(x)"),
        pool("GlobalAveragePool", _PICTURE, "float y", "y = GlobalAveragePool(x)"),
        pool("GlobalMaxPool", _PICTURE, "float y", "y = GlobalMaxPool(x)"),
        pool("LpPool", _PICTURE, "float y", "y = LpPool<kernel_shape=[2,2], strides=[2,2], p=2>(x)", opset=18),
        pool("BatchNormalization", _PICTURE, "float y", "y = BatchNormalization(x, s, b, m, v)",
             s=positive(3), b=(3,), m=(3,), v=positive(3), opset=15),
        pool("InstanceNormalization", _PICTURE, "float y", "y = InstanceNormalization(x, s, b)", s=positive(3), b=(3,)),
        pool("LayerNormalization", "float[1,6,8] x", "float y", "y = LayerNormalization<axis=-1>(x, s, b)",
             s=positive(8), b=(8,)),
        pool("GroupNormalization", "float[1,6,8,8] x", "float[1,6,8,8] y",
             "y = GroupNormalization<num_groups=3>(x, s, b)", s=positive(6), b=(6,), opset=21),
        pool("LRN", "float[1,8,8,8] x", "float y", "y = LRN<size=5, alpha=0.01, beta=0.75>(x)"),
        pool("LpNormalization", "float[2,8] x", "float y", "y = LpNormalization<axis=1, p=2>(x)"),
    ]  # fmt: skip


def _resizing() -> list[Case]:
    resize = partial(_case, "onnx resizing and padding")
    half, twice = np.array([1, 1, 0.5, 0.5], np.float32), np.array([1, 1, 2, 2], np.float32)
    return [
        resize("Resize nearest, twice", _PICTURE, "float y",
               'y = Resize<mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor">(x, , s)',
               s=twice, opset=13),
        resize("Resize nearest, half-pixel", _PICTURE, "float y", 'y = Resize<mode="nearest">(x, , , n)',
               n=whole(1, 3, 24, 40), opset=18),
        resize("Resize linear, half-pixel", _PICTURE, "float y", 'y = Resize<mode="linear">(x, , s)', s=twice),
        resize("Resize linear, corners", _PICTURE, "float y",
               'y = Resize<mode="linear", coordinate_transformation_mode="align_corners">(x, , , n)',
               n=whole(1, 3, 23, 37)),
        resize("Resize linear, smaller", _PICTURE, "float y", 'y = Resize<mode="linear">(x, , s)', s=half),
        resize("Resize linear, antialiased", _PICTURE, "float y", 'y = Resize<mode="linear", antialias=1>(x, , s)',
               s=half, opset=18),
        resize("Resize cubic", _PICTURE, "float y", 'y = Resize<mode="cubic">(x, , s)', s=twice, opset=18),
        resize("DepthToSpace DCR", "float[1,12,6,6] x", "float y", "y = DepthToSpace<blocksize=2>(x)"),
        resize("DepthToSpace CRD", "float[1,12,6,6] x", "float y", 'y = DepthToSpace<blocksize=2, mode="CRD">(x)'),
        resize("SpaceToDepth", "float[1,3,6,6] x", "float y", "y = SpaceToDepth<blocksize=2>(x)"),
        resize("Pad constant", _PICTURE, "float y", "y = Pad(x, p, v)", p=whole(0, 0, 1, 2, 0, 0, 3, 4),
               v=np.array(0.5, np.float32)),
        resize("Pad reflect", _PICTURE, "float y", 'y = Pad<mode="reflect">(x, p)', p=whole(0, 0, 1, 2, 0, 0, 3, 4)),
        resize("Pad edge", _PICTURE, "float y", 'y = Pad<mode="edge">(x, p)', p=whole(0, 0, 1, 2, 0, 0, 3, 4)),
        resize("GridSample", "float[1,3,8,8] x, float[1,5,6,2] g", "float y", "y = GridSample(x, g)", opset=16),
    ]  # fmt: skip


def _arithmetic() -> list[Case]:
    group = "onnx arithmetic and activations"
    plain = {name: f"y = {name}(x)" for name in (
        "Abs", "Neg", "Exp", "Floor", "Ceil", "Round", "Sin", "Cos", "Tanh", "Sigmoid", "Erf", "Softplus", "Softsign",
        "Elu", "Selu", "HardSwish", "Mish", "Sign", "Atan", "Reciprocal",
    )}  # fmt: skip
    more = {
        "Log and Sqrt": "a = Abs(x) b = Sqrt(a) c = Add(b, one) y = Log(c)",
        "Gelu": "y = Gelu(x)",
        "LeakyRelu": "y = LeakyRelu<alpha=0.2>(x)",
        "PRelu": "y = PRelu(x, slope)",
        "HardSigmoid": "y = HardSigmoid<alpha=0.2, beta=0.4>(x)",
        "Celu": "y = Celu<alpha=1.5>(x)",
        "ThresholdedRelu": "y = ThresholdedRelu<alpha=0.3>(x)",
        "Clip": "y = Clip(x, low, one)",
        "Softmax over channels": "y = Softmax<axis=1>(x)",
        "LogSoftmax": "y = LogSoftmax<axis=-1>(x)",
        "Pow": "a = Abs(x) y = Pow(a, e)",
        "Mod, real": "y = Mod<fmod=1>(x, e)",
        "Where": "c = Greater(x, low) n = Neg(x) y = Where(c, x, n)",
        "Max, Min and Mean of several": "a = Max(x, low) b = Min(x, one) y = Mean(a, b, x)",
        "IsNaN": "n = IsNaN(x) y = Where(n, one, x)",
        "And, Or, Not": "a = Greater(x, low) b = Less(x, one) c = And(a, b) d = Not(c) y = Where(d, x, low)",
    }
    opsets = {"Gelu": 20, "HardSwish": 14, "Mish": 18, "Celu": 12, "Mod, real": 13}
    shared = {"one": np.float32(1), "low": np.float32(-0.5), "e": np.float32(1.7), "slope": positive(3, 1, 1)}
    return [
        Case(group, f"onnx {name}", partial(_with_used, nodes, opsets.get(name, 17), shared))
        for name, nodes in {**plain, **more}.items()
    ]


def _with_used(nodes: str, opset: int, shared: dict[str, Any]) -> Any:
    words = set(nodes.replace("(", " ").replace(")", " ").replace(",", " ").split())
    used = {name: np.asarray(value) for name, value in shared.items() if name in words}
    return model(_PICTURE, "float y", nodes, opset=opset, **used)


def _shapes() -> list[Case]:
    shape = partial(_case, "onnx shapes and choosing")
    return [
        shape("Reshape and Transpose", "float[1,4,6,8] x", "float y",
              "a = Reshape(x, s) y = Transpose<perm=[0,2,3,1]>(a)", s=whole(1, 2, 12, 8)),
        shape("Flatten", "float[2,3,4,5] x", "float y", "y = Flatten<axis=2>(x)"),
        shape("Squeeze, axes as an attribute", "float[1,4,1,6] x", "float y", "y = Squeeze<axes=[0,2]>(x)", opset=11),
        shape("Squeeze, axes as an input", "float[1,4,1,6] x", "float y", "y = Squeeze(x, a)", a=whole(2)),
        shape("Squeeze of every axis of 1", "float[1,4,1,6] x", "float y", "y = Squeeze(x)"),
        shape("Unsqueeze", "float[4,6] x", "float y", "y = Unsqueeze(x, a)", a=whole(0, 3)),
        shape("Slice with steps", "float[1,8,9,10] x", "float y", "y = Slice(x, b, e, a, s)",
              b=whole(1, 8), e=whole(7, 0), a=whole(1, 2), s=whole(2, -1)),
        shape("Split, uneven", "float[1,9,4,4] x", "float a, float b, float c", "a, b, c = Split<axis=1>(x, s)",
              s=whole(2, 3, 4), opset=13),
        shape("Concat", "float[1,2,5,5] a, float[1,3,5,5] b", "float y", "y = Concat<axis=1>(a, b)"),
        shape("Expand", "float[1,3,1,5] x", "float y", "y = Expand(x, s)", s=whole(2, 3, 4, 5)),
        shape("Tile", "float[1,2,3] x", "float y", "y = Tile(x, r)", r=whole(1, 2, 3)),
        shape("Gather", "float[5,4,3] x", "float y", "y = Gather<axis=1>(x, i)", i=whole(3, 0, -1)),
        shape("GatherElements", "float[4,5] x", "float y", "y = GatherElements<axis=1>(x, i)",
              i=np.array([[0, 4, 2], [1, 1, 0], [3, 2, 1], [0, 0, 4]], np.int64)),
        shape("GatherND", "float[4,5,6] x", "float y", "y = GatherND(x, i)", i=np.array([[0, 1], [3, 4]], np.int64)),
        shape("ScatterND", "float[6,4] x, float[2,4] u", "float y", "y = ScatterND(x, i, u)",
              i=np.array([[1], [4]], np.int64)),
        shape("ScatterElements", "float[3,5] x, float[1,3] u", "float y", "y = ScatterElements<axis=1>(x, i, u)",
              i=np.array([[1, 3, 0]], np.int64)),
        shape("Trilu", "float[1,5,5] x", "float y", "y = Trilu<upper=0>(x)"),
        shape("ReverseSequence", "float[6,3,4] x", "float y", "y = ReverseSequence<time_axis=0, batch_axis=1>(x, n)",
              n=whole(6, 3, 1)),
        shape("CumSum", "float[2,6] x", "float y", "y = CumSum(x, a)", a=np.array(1, np.int64)),
        shape("OneHot", "int64[4] i", "float y", "y = OneHot(i, d, v)", d=whole(5), v=np.array([0, 1], np.float32)),
    ]  # fmt: skip


def _reductions() -> list[Case]:
    reduce = partial(_case, "onnx reductions and sorting")
    return [
        reduce("ReduceMean", _PICTURE, "float y", "y = ReduceMean<axes=[2,3], keepdims=0>(x)", opset=13),
        reduce("ReduceSum", _PICTURE, "float y", "y = ReduceSum<keepdims=1>(x, a)", a=whole(1)),
        reduce("ReduceMax", _PICTURE, "float y", "y = ReduceMax<keepdims=0>(x, a)", a=whole(-1), opset=18),
        reduce("ReduceMin", _PICTURE, "float y", "y = ReduceMin<axes=[1]>(x)", opset=13),
        reduce("ReduceProd", "float[2,5] x", "float y", "y = ReduceProd<axes=[1]>(x)", opset=13),
        reduce("ReduceL2", _PICTURE, "float y", "y = ReduceL2<axes=[1]>(x)", opset=13),
        reduce("ReduceL1", _PICTURE, "float y", "y = ReduceL1<axes=[1]>(x)", opset=13),
        reduce("ReduceLogSumExp", "float[2,5] x", "float y", "y = ReduceLogSumExp<axes=[1]>(x)", opset=13),
        reduce("ReduceSumSquare", "float[2,5] x", "float y", "y = ReduceSumSquare<axes=[1]>(x)", opset=13),
        reduce("ArgMax", "float[2,9] x", "int64 y", "y = ArgMax<axis=1, keepdims=0>(x)"),
        reduce("ArgMin", "float[1,5,4,4] x", "int64 y", "y = ArgMin<axis=1>(x)"),
        reduce("TopK", "float[2,9] x", "float v, int64 i", "v, i = TopK<axis=1>(x, k)", k=whole(3)),
        reduce("TopK of the smallest", "float[2,9] x", "float v, int64 i", "v, i = TopK<axis=1, largest=0>(x, k)",
               k=whole(3)),
    ]  # fmt: skip


def _recurrent() -> list[Case]:
    one, two = {"w": (1, 20, 8), "r": (1, 20, 5), "b": (1, 40)}, {"w": (2, 20, 8), "r": (2, 20, 5), "b": (2, 40)}
    rnn = partial(_case, "onnx recurrent")
    return [
        rnn("LSTM", _SEQUENCE, "float y, float h, float c", "y, h, c = LSTM<hidden_size=5>(x, w, r, b)", **one),
        rnn("LSTM, backwards", _SEQUENCE, "float y", 'y = LSTM<hidden_size=5, direction="reverse">(x, w, r, b)', **one),
        rnn("LSTM, both ways", _SEQUENCE, "float y, float h",
            'y, h = LSTM<hidden_size=5, direction="bidirectional">(x, w, r, b)', **two),
        rnn("LSTM, both ways, stacked", _SEQUENCE, "float z",
            'y = LSTM<hidden_size=5, direction="bidirectional">(x, w, r, b) t = Transpose<perm=[0,2,1,3]>(y) '
            's = Reshape(t, n) z = LSTM<hidden_size=5, direction="bidirectional">(s, w2, r2, b2)',
            **two, n=whole(6, 1, 10), w2=(2, 20, 10), r2=(2, 20, 5), b2=(2, 40)),
        rnn("GRU", _SEQUENCE, "float y, float h", "y, h = GRU<hidden_size=5>(x, w, r, b)",
            w=(1, 15, 8), r=(1, 15, 5), b=(1, 30)),
        rnn("GRU, reset after", _SEQUENCE, "float y", "y = GRU<hidden_size=5, linear_before_reset=1>(x, w, r, b)",
            w=(1, 15, 8), r=(1, 15, 5), b=(1, 30)),
        rnn("RNN", _SEQUENCE, "float y", "y = RNN<hidden_size=5>(x, w, r, b)", w=(1, 5, 8), r=(1, 5, 5), b=(1, 10)),
        rnn("LSTM with states that come in", f"{_SEQUENCE}, float[1,1,5] h, float[1,1,5] c",
            "float y, float hn, float cn", "y, hn, cn = LSTM<hidden_size=5>(x, w, r, b, , h, c)", **one),
    ]  # fmt: skip


def _whole_numbers() -> list[Case]:
    number = partial(_case, "onnx whole numbers and choices")
    return [
        number("integer Add, Mul, Div", "int64[4] a, int64[4] b", "int64 y",
               "c = Add(a, b) d = Mul(c, c) e = Add(b, one) y = Div(d, e)", one=whole(1)),
        number("integer Mod", "int64[8] a", "int64 y", "b = Add(a, seven) y = Mod(b, three)", seven=whole(7),
               three=whole(3)),
        number("Cast", "float[2,6] x", "int32 y", "a = Mul(x, ten) y = Cast<to=6>(a)", ten=np.full(1, 10, np.float32)),
        number("Equal", "int64[2,6] a, int64[2,6] b", "bool y", "y = Equal(a, b)"),
        number("embedding", "int64[1,7] i", "float y", "y = Gather(w, i)", w=(11, 6)),
        number("If of two branches", "float[4] x, bool c", "float y",
               "y = If(c)<then_branch = t () => (float[4] a) { a = Neg(x) }, "
               "else_branch = e () => (float[4] b) { b = Exp(x) }>",
               opset=16),
    ]  # fmt: skip


def _quantized() -> list[Case]:
    scale, zero = np.float32(0.02) * np.ones((), np.float32), np.array(128, np.uint8)
    return [
        _case("onnx quantized", "QuantizeLinear and DequantizeLinear", "float[1,3,8,8] x", "float y",
              "q = QuantizeLinear(x, s, z) y = DequantizeLinear(q, s, z)", s=scale, z=zero, opset=13),
        _case("onnx quantized", "Conv between quantizers", "float[1,3,8,8] x", "float y",
              "q = QuantizeLinear(x, s, z) d = DequantizeLinear(q, s, z) y = Conv(d, w)",
              s=scale, z=zero, w=(4, 3, 3, 3), opset=13),
    ]  # fmt: skip


def _refused() -> list[Case]:
    no = partial(_case, "onnx impossible")
    return [
        no("Unique", "float[8] x", "float y", "y = Unique(x)", refused=("Unique",)),
        no("NonZero", "float[8] x", "int64 y", "y = NonZero(x)", refused=("NonZero",)),
        no("Compress", "float[8] x, bool[8] c", "float y", "y = Compress<axis=0>(x, c)", refused=("Compress",)),
        no("RandomNormalLike", "float[8] x", "float y", "r = RandomNormalLike(x) y = Add(x, r)",
           refused=("RandomNormalLike",)),
        no("Dropout in training", "float[64] x", "float y", "y = Dropout(x, r, t)", r=np.array(0.5, np.float32),
           t=np.array(True), refused=("Dropout",)),
        no("Det", "float[1,3,3] x", "float y", "y = Det(x)", refused=("Det",)),
        no("StringNormalizer", "string[3] x", "string y", "y = StringNormalizer(x)", refused=("string",)),
        no("TfIdfVectorizer", "int64[6] x", "float y",
           'y = TfIdfVectorizer<mode="TF", min_gram_length=1, max_gram_length=1, max_skip_count=0, ngram_counts=[0], '
           "ngram_indexes=[0,1], pool_int64s=[0,1]>(x)", refused=("TfIdfVectorizer",)),
        no("DFT, complex", "float[1,16,2] x", "float y", "y = DFT(x, , a)", a=np.array(1, np.int64), opset=20,
           refused=("DFT",)),
        no("sequence as an output", "float[4,4] x", "seq(float[2,4]) y", "y = SplitToSequence(x, n)",
           n=np.array(2, np.int64),
           refused=("sequence",)),
        no("Sin of doubles", "double[4] x", "double y", "y = Sin(x)", refused=("double",)),
    ]  # fmt: skip
