"""What each builtin operator takes and gives: its option table, and number, types and ranks of its tensors.

Source: the definitions of the TensorFlow Lite dialect (`tensorflow/compiler/mlir/lite/ir/tfl_ops.td`) and what the
kernels of LiteRT ask for when they are prepared (`tflite/kernels`), read generously: where a kernel looks for itself,
more than it takes may stand here. The notation is explained in `operator_notation`.
"""

from __future__ import annotations

from functools import cache

from edgewright.model.checking.operator_notation import OperatorShape, parse

_TABLE = """\
ADD AddOptions x x > x
AVERAGE_POOL_2D Pool2DOptions x4 > x
CONCATENATION ConcatenationOptions a+ > a
CONV_2D Conv2DOptions n4 n4 n > n
DEPTHWISE_CONV_2D DepthwiseConv2DOptions n4 n4 n > n
DEPTH_TO_SPACE DepthToSpaceOptions x4 > x
DEQUANTIZE n > n
EMBEDDING_LOOKUP i1 n > n
FLOOR x > x
FULLY_CONNECTED FullyConnectedOptions n n2 n? > n n?
HASHTABLE_LOOKUP i1 i1 a > a n
L2_NORMALIZATION L2NormOptions x > x
L2_POOL_2D Pool2DOptions x4 > x
LOCAL_RESPONSE_NORMALIZATION LocalResponseNormalizationOptions x4 > x
LOGISTIC x > x
LSH_PROJECTION LSHProjectionOptions n2 v n1~ > n
LSTM LSTMOptions n n?* > n n?*
MAX_POOL_2D Pool2DOptions x4 > x
MUL MulOptions x x > x
RELU x > x
RELU_N1_TO_1 x > x
RELU6 x > x
RESHAPE ReshapeOptions a i~ > a
RESIZE_BILINEAR ResizeBilinearOptions x4 i1 > x
RNN RNNOptions n2 n2 n2 n1 n2 > n
SOFTMAX SoftmaxOptions n > n
SPACE_TO_DEPTH SpaceToDepthOptions x4 > x
SVDF SVDFOptions n2 n2 n2 n1? n2 > n
TANH x > x
CONCAT_EMBEDDINGS ConcatEmbeddingsOptions v* > v*
SKIP_GRAM SkipGramOptions s > s
CALL CallOptions v* > v*
EMBEDDING_LOOKUP_SPARSE EmbeddingLookupSparseOptions i1 i2 i1 f1 f > f
PAD x n2 > x
UNIDIRECTIONAL_SEQUENCE_RNN SequenceRNNOptions n3 n2 n2 n1 n2 > n
GATHER GatherOptions a n > a
BATCH_TO_SPACE_ND x i1 i2 > x
SPACE_TO_BATCH_ND x i1 i2 > x
TRANSPOSE x n1 > x
MEAN ReducerOptions x i > x
SUB SubOptions x x > x
DIV DivOptions x x > x
SQUEEZE SqueezeOptions a > a
UNIDIRECTIONAL_SEQUENCE_LSTM UnidirectionalSequenceLSTMOptions n3 n?* > n
STRIDED_SLICE StridedSliceOptions a i1 i1 i1 > a
BIDIRECTIONAL_SEQUENCE_RNN BidirectionalSequenceRNNOptions n3 n?* > n n?
EXP x > x
TOPK_V2 x n0 > x n
SPLIT SplitOptions i0 x > x+
LOG_SOFTMAX x > x
BIDIRECTIONAL_SEQUENCE_LSTM BidirectionalSequenceLSTMOptions n3 n?* > n n?
CAST CastOptions n > n
PRELU x x > x
MAXIMUM x x > x
ARG_MAX ArgMaxOptions n i0 > i
MINIMUM x x > x
LESS x x > b
NEG x > x
PADV2 x n2 x0 > x
GREATER x x > b
GREATER_EQUAL x x > b
LESS_EQUAL x x > b
SELECT b x x > x
SLICE a i1 i1 > a
SIN x > x
TRANSPOSE_CONV TransposeConvOptions i1 n4 n4 n? > n
SPARSE_TO_DENSE SparseToDenseOptions i i x x > x
TILE a i1 > a
EXPAND_DIMS a i0 > a
EQUAL a a > b
NOT_EQUAL a a > b
LOG x > x
SUM ReducerOptions x i > x
SQRT x > x
RSQRT x > x
SHAPE ShapeOptions v > i
POW x x > x
ARG_MIN ArgMinOptions n i0 > i
FAKE_QUANT FakeQuantOptions f > f
REDUCE_PROD ReducerOptions x i > x
REDUCE_MAX ReducerOptions x i > x
PACK PackOptions a+ > a
LOGICAL_OR b b > b
ONE_HOT OneHotOptions i i0 x0 x0 > x
LOGICAL_AND b b > b
LOGICAL_NOT b > b
UNPACK UnpackOptions x > x+
REDUCE_MIN ReducerOptions x i > x
FLOOR_DIV x x > x
REDUCE_ANY ReducerOptions b i > b
SQUARE x > x
ZEROS_LIKE x > x
FILL i1 a0 > a
FLOOR_MOD x x > x
RANGE x0 x0 x0 > x
RESIZE_NEAREST_NEIGHBOR ResizeNearestNeighborOptions x4 i1 > x
LEAKY_RELU LeakyReluOptions x > x
SQUARED_DIFFERENCE x x > x
MIRROR_PAD MirrorPadOptions x n2 > x
ABS x > x
SPLIT_V SplitVOptions x i1 i0 > x+
UNIQUE UniqueOptions x1 > x i
CEIL x > x
REVERSE_V2 a i1 > a
ADD_N x+ > x
GATHER_ND a n > a
COS x > x
WHERE n > i
RANK v > i
ELU x > x
REVERSE_SEQUENCE ReverseSequenceOptions x i1 > x
MATRIX_DIAG x > x
QUANTIZE n > n
MATRIX_SET_DIAG x x > x
ROUND x > x
HARD_SWISH x > x
IF IfOptions b0 v* > v*
WHILE WhileOptions v* > v*
NON_MAX_SUPPRESSION_V4 f2 f1 i0 f0 f0 > i i
NON_MAX_SUPPRESSION_V5 f2 f1 i0 f0 f0 f0 > i f i
SCATTER_ND i x i1 > x
SELECT_V2 b x x > x
DENSIFY x > x
SEGMENT_SUM x i1 > x
BATCH_MATMUL BatchMatMulOptions n n > n
CUMSUM CumsumOptions x i0 > x
CALL_ONCE CallOnceOptions >
BROADCAST_TO x i1 > x
RFFT2D f i1 > n
CONV_3D Conv3DOptions x5 n5 n? > x
IMAG n > n
REAL n > n
COMPLEX_ABS n > n
HASHTABLE HashtableOptions > r
HASHTABLE_FIND r a v > v
HASHTABLE_IMPORT r a v >
HASHTABLE_SIZE r > i
REDUCE_ALL ReducerOptions b i > b
CONV_3D_TRANSPOSE Conv3DOptions i1 n5 x5 n? > x
VAR_HANDLE VarHandleOptions > r
READ_VARIABLE r > v
ASSIGN_VARIABLE r v >
BROADCAST_ARGS i1 i1 > i
RANDOM_STANDARD_NORMAL RandomOptions i1 > f
BUCKETIZE BucketizeOptions n > i
RANDOM_UNIFORM RandomOptions i1 > f
MULTINOMIAL RandomOptions f2 i0 > i
GELU GeluOptions x > x
DYNAMIC_UPDATE_SLICE x x i1 > x
RELU_0_TO_1 x > x
UNSORTED_SEGMENT_PROD x i i0 > x
UNSORTED_SEGMENT_MAX x i i0 > x
UNSORTED_SEGMENT_SUM x i i0 > x
ATAN2 x x > x
UNSORTED_SEGMENT_MIN x i i0 > x
SIGN x > x
BITCAST n > n
BITWISE_XOR x x > x
RIGHT_SHIFT x x > x
STABLEHLO_LOGISTIC x > x
STABLEHLO_ADD x x > x
STABLEHLO_DIVIDE x x > x
STABLEHLO_MULTIPLY x x > x
STABLEHLO_MAXIMUM x x > x
STABLEHLO_RESHAPE x > x
STABLEHLO_CLAMP x x x > x
STABLEHLO_CONCATENATE StablehloConcatenateOptions x+ > x
STABLEHLO_BROADCAST_IN_DIM StablehloBroadcastInDimOptions x i~ > x
STABLEHLO_CONVOLUTION StablehloConvolutionOptions n n > n
STABLEHLO_SLICE StablehloSliceOptions x > x
STABLEHLO_CUSTOM_CALL StablehloCustomCallOptions v* > v*
STABLEHLO_REDUCE StablehloReduceOptions x+ > x+
STABLEHLO_ABS x > x
STABLEHLO_AND x x > x
STABLEHLO_COSINE x > x
STABLEHLO_EXPONENTIAL x > x
STABLEHLO_FLOOR x > x
STABLEHLO_LOG x > x
STABLEHLO_MINIMUM x x > x
STABLEHLO_NEGATE x > x
STABLEHLO_OR x x > x
STABLEHLO_POWER x x > x
STABLEHLO_REMAINDER x x > x
STABLEHLO_RSQRT x > x
STABLEHLO_SELECT b x x > x
STABLEHLO_SUBTRACT x x > x
STABLEHLO_TANH x > x
STABLEHLO_SCATTER StablehloScatterOptions x i x > x
STABLEHLO_COMPARE StablehloCompareOptions x x > b
STABLEHLO_CONVERT n > n
STABLEHLO_DYNAMIC_SLICE StablehloDynamicSliceOptions x i+ > x
STABLEHLO_DYNAMIC_UPDATE_SLICE x x i+ > x
STABLEHLO_PAD StablehloPadOptions x x > x
STABLEHLO_IOTA StablehloIotaOptions > n
STABLEHLO_DOT_GENERAL StablehloDotGeneralOptions n n > n
STABLEHLO_REDUCE_WINDOW StablehloReduceWindowOptions x+ > x+
STABLEHLO_SORT StablehloSortOptions n+ > n+
STABLEHLO_WHILE StablehloWhileOptions v* > v*
STABLEHLO_GATHER StablehloGatherOptions x i > x
STABLEHLO_TRANSPOSE StablehloTransposeOptions x > x
DILATE x i1 x0 > x
STABLEHLO_RNG_BIT_GENERATOR StablehloRngBitGeneratorOptions n > n n
REDUCE_WINDOW ReduceWindowOptions x x i1 i1 i1 i1 > x
STABLEHLO_COMPOSITE StableHLOCompositeOptions v?* > v*
STABLEHLO_SHIFT_LEFT x x > x
STABLEHLO_CBRT x > x
STABLEHLO_CASE StablehloCaseOptions v+ > v*
"""


@cache
def signature(name: str) -> OperatorShape | None:
    """What a builtin operator takes and gives; `None` for one that no file may hold (it is the runtime's own)."""
    line = _lines().get(name)
    return None if line is None else parse(line)


@cache
def _lines() -> dict[str, list[str]]:
    lines = (line.split() for line in _TABLE.splitlines())
    return {words[0]: words[1:] for words in lines}
