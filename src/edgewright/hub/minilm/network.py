"""The network MiniLM-L6 as a graph: words to a vector of unit length, with pooling inside.

Architecture: BERT (Devlin et al. 2018, arXiv 1810.04805) with 6 layers of 384 numbers and 12 heads (Wang et al. 2020,
arXiv 2002.10957); the mean over the words that are there, and unit length, are of Sentence-BERT (Reimers and Gurevych
2019, arXiv 1908.10084), as `1_Pooling` and `2_Normalize` of all-MiniLM-L6-v2 have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from edgewright.errors import HubError
from edgewright.hub.minilm.graph import GraphWriter
from edgewright.hub.minilm.safetensors import Tensor
from edgewright.model import BertTokenizerOptions, InputMetadata, Metadata, ModelFile, OutputMetadata

LAYERS, WIDTH, HEADS, INNER = 6, 384, 12, 1536
WORDS, SEGMENTS = 30_522, 2
LENGTH = 64
"""Tokens of a text; the network was trained on up to 128, and a message has fewer."""

EPSILON = 1e-12
INPUTS = ("ids", "mask", "segment_ids")

_HEAD = WIDTH // HEADS
_PLACES = 512
_DENSE = {
    "attention.self.query": (WIDTH, WIDTH), "attention.self.key": (WIDTH, WIDTH),
    "attention.self.value": (WIDTH, WIDTH), "attention.output.dense": (WIDTH, WIDTH),
    "intermediate.dense": (INNER, WIDTH), "output.dense": (WIDTH, INNER),
}  # fmt: skip
# What is added to the score of a word that is not there, before the softmax.
_ABSENT = 1e4
_LEVELS = 127


def build(
    tensors: Mapping[str, Tensor], name: str, *, quantized: bool = True, factors: Mapping[str, Tensor] | None = None
) -> ModelFile:
    """Build the model of its published tensors.

    Inputs are ids, mask and segment_ids, int32 (1, 64); the output is float32 (1, 384). `quantized`: weights and the
    table of words have 8 bits, with a scale for each row, and activations are quantized while it runs.
    `factors` are of `evening.evened`, as the tensors then are.
    Raises HubError where a tensor is missing, has another shape, or numbers that are not finite.
    """
    check(tensors, name)
    return _Builder(tensors, name, quantized, factors or {}).build()


def check(tensors: Mapping[str, Tensor], name: str) -> None:
    """Raise HubError where a tensor is missing, has another shape, or numbers that are not finite."""
    for tensor, shape in _shapes():
        found = tensors.get(tensor)
        if found is None:
            raise HubError(f"{name}: the tensor {tensor!r} of MiniLM is missing")
        if found.shape != shape or not np.isfinite(found).all():
            raise HubError(f"{name}: {tensor} wants {shape} finite numbers, got {found.shape}")


def _shapes() -> Iterator[tuple[str, tuple[int, ...]]]:
    """All tensors of the network with their shapes; weights of layers are (out, in)."""
    yield "embeddings.word_embeddings.weight", (WORDS, WIDTH)
    yield "embeddings.position_embeddings.weight", (_PLACES, WIDTH)
    yield "embeddings.token_type_embeddings.weight", (SEGMENTS, WIDTH)
    layers = [f"encoder.layer.{layer}" for layer in range(LAYERS)]
    for name in ("embeddings", *(f"{layer}.{part}" for layer in layers for part in ("attention.output", "output"))):
        yield from ((f"{name}.LayerNorm.{part}", (WIDTH,)) for part in ("weight", "bias"))
    for layer in layers:
        for part, (wide, narrow) in _DENSE.items():
            yield f"{layer}.{part}.weight", (wide, narrow)
            yield f"{layer}.{part}.bias", (wide,)


def with_vocabulary(model: ModelFile, vocabulary: bytes) -> ModelFile:
    """The model with its words in it, saying what each input and the output is."""
    said = Metadata(
        inputs=tuple(InputMetadata(name=name, kind="feature") for name in INPUTS),
        outputs=(OutputMetadata(name="embedding", meaning="embedding", kind="feature"),),
        tokenizer=BertTokenizerOptions(vocabulary=vocabulary),
    )
    return model.with_metadata(said)


class _Builder:
    """The graph on its way; methods take and return indices of tensors."""

    def __init__(
        self, tensors: Mapping[str, Tensor], name: str, quantized: bool, factors: Mapping[str, Tensor]
    ) -> None:
        self._published = tensors
        self._factors = factors
        self._name = name
        self._quantized = quantized
        self._graph = GraphWriter()
        self._epsilon = self._graph.constant("epsilon", np.array([EPSILON], np.float32))
        self._last = self._whole("last_axis", 1)
        self._swap = self._whole("swap_heads", 1, 0, 2)

    def build(self) -> ModelFile:
        ids, mask, segments = (self._graph.input(name, (1, LENGTH), "int32") for name in INPUTS)
        present = self._operator("CAST", [mask], (1, LENGTH), "Cast", in_data_type=2, out_data_type=0)
        absent = self._absent(present)
        x = self._embedded(ids, segments)
        for layer in range(LAYERS):
            x = self._layer(x, absent, f"encoder.layer.{layer}")
        return self._graph.model([self._pooled(x, present)], self._name)

    def _embedded(self, ids: int, segments: int) -> int:
        """Words, their places and their segments, (64, 384)."""
        words = self._looked_up(ids, "embeddings.word_embeddings", self._quantized)
        segment = self._looked_up(segments, "embeddings.token_type_embeddings", False)
        places = self._published["embeddings.position_embeddings.weight"][:LENGTH]
        x = self._add(words, self._graph.constant("embeddings.position_embeddings.weight", places))
        return self._normalized(self._add(x, segment), "embeddings.LayerNorm")

    def _looked_up(self, numbers: int, name: str, quantized: bool) -> int:
        table = self._weights(f"{name}.weight", self._published[f"{name}.weight"], quantized)
        row = self._graph.operator("RESHAPE", [numbers, self._whole("shape", LENGTH)], (LENGTH,), dtype="int32")
        return self._operator("EMBEDDING_LOOKUP", [row, table], (LENGTH, WIDTH))

    def _absent(self, present: int) -> int:
        """What is added to the scores: 0 for a word that is there, a large negative number for one that is not."""
        one, much = (
            self._graph.constant(name, np.array([value], np.float32)) for name, value in (("one", 1), ("much", _ABSENT))
        )
        shifted = self._operator("SUB", [present, one], (1, LENGTH), "Sub")
        return self._reshaped(self._operator("MUL", [shifted, much], (1, LENGTH), "Mul"), 1, 1, LENGTH)

    def _layer(self, x: int, absent: int, name: str) -> int:
        attended = self._dense(self._attention(x, absent, f"{name}.attention.self"), f"{name}.attention.output.dense")
        x = self._normalized(self._add(x, attended), f"{name}.attention.output.LayerNorm")
        inner = self._dense(self._evened(x, f"{name}.intermediate.dense"), f"{name}.intermediate.dense", INNER)
        active = self._operator("GELU", [inner], (LENGTH, INNER), "Gelu", approximate=False)
        outer = self._dense(active, f"{name}.output.dense")
        return self._normalized(self._add(x, outer), f"{name}.output.LayerNorm")

    def _attention(self, x: int, absent: int, name: str) -> int:
        """softmax(q k / sqrt(32) + absent) v for each head; the root is in the weights of q."""
        x = self._evened(x, f"{name}.query")
        query, key, value = (
            self._heads(self._dense(x, f"{name}.{part}", factor=factor))
            for part, factor in (("query", _HEAD**-0.5), ("key", 1.0), ("value", 1.0))
        )
        square = (HEADS, LENGTH, LENGTH)
        scores = self._operator("BATCH_MATMUL", [query, key], square, "BatchMatMul", adj_x=False, adj_y=True)
        shares = self._operator("SOFTMAX", [self._add(scores, absent, square)], square, "Softmax", beta=1.0)
        found = self._operator(
            "BATCH_MATMUL", [shares, value], (HEADS, LENGTH, _HEAD), "BatchMatMul", adj_x=False, adj_y=False
        )
        together = self._operator("TRANSPOSE", [found, self._swap], (LENGTH, HEADS, _HEAD), "Transpose")
        return self._reshaped(together, LENGTH, WIDTH)

    def _evened(self, x: int, name: str) -> int:
        """What a layer takes, its channels multiplied by the factors that there are for it."""
        if name not in self._factors:
            return x
        factor = self._graph.constant(f"{name}.factor", self._factors[name])
        return self._operator("MUL", [x, factor], (LENGTH, WIDTH), "Mul")

    def _heads(self, x: int) -> int:
        apart = self._reshaped(x, LENGTH, HEADS, _HEAD)
        return self._operator("TRANSPOSE", [apart, self._swap], (HEADS, LENGTH, _HEAD), "Transpose")

    def _normalized(self, x: int, name: str) -> int:
        """(x - mean) / sqrt(variance + epsilon) * weight + bias over the last axis (Ba et al. 2016)."""
        row, one = (LENGTH, WIDTH), (LENGTH, 1)
        mean = self._operator("MEAN", [x, self._last], one, "Reducer", keep_dims=True)
        apart = self._operator("SUB", [x, mean], row, "Sub")
        squares = self._operator("MUL", [apart, apart], row, "Mul")
        variance = self._operator("MEAN", [squares, self._last], one, "Reducer", keep_dims=True)
        factor = self._operator("RSQRT", [self._add(variance, self._epsilon, one)], one)
        weight, bias = (
            self._graph.constant(f"{name}.{part}", self._published[f"{name}.{part}"]) for part in ("weight", "bias")
        )
        scaled = self._operator("MUL", [self._operator("MUL", [apart, factor], row, "Mul"), weight], row, "Mul")
        return self._add(scaled, bias)

    def _dense(self, x: int, name: str, wide: int = WIDTH, *, factor: float = 1.0) -> int:
        values = self._published[f"{name}.weight"] * np.float32(factor)
        weights = self._weights(f"{name}.weight", values, self._quantized)
        bias = self._graph.constant(f"{name}.bias", self._published[f"{name}.bias"] * np.float32(factor))
        return self._operator(
            "FULLY_CONNECTED",
            [x, weights, bias],
            (LENGTH, wide),
            "FullyConnected",
            asymmetric_quantize_inputs=self._quantized,
        )

    def _pooled(self, x: int, present: int) -> int:
        """The sum over the words that are there, in unit length: that of their mean is the same."""
        there = self._operator("MUL", [x, self._reshaped(present, LENGTH, 1)], (LENGTH, WIDTH), "Mul")
        axis = self._whole("words_axis", 0)
        total = self._operator("SUM", [there, axis], (1, WIDTH), "Reducer", keep_dims=True)
        return self._operator("L2_NORMALIZATION", [total], (1, WIDTH), "L2Norm", name="embedding")

    def _weights(self, name: str, values: Tensor, quantized: bool) -> int:
        """A table of weights; in 8 bits the largest of each row is 127 (symmetric, per channel)."""
        if not quantized:
            return self._graph.constant(name, values)
        scales = np.maximum(np.abs(values).max(axis=1), np.finfo(np.float32).tiny) / np.float32(_LEVELS)
        return self._graph.constant(name, np.rint(values / scales[:, None]).astype(np.int8), scales)

    def _add(self, x: int, y: int, shape: Sequence[int] = (LENGTH, WIDTH)) -> int:
        return self._operator("ADD", [x, y], shape, "Add")

    def _reshaped(self, x: int, *shape: int) -> int:
        return self._operator("RESHAPE", [x, self._whole("shape", *shape)], shape, "Reshape", new_shape=list(shape))

    def _whole(self, name: str, *values: int) -> int:
        return self._graph.constant(name, np.array(values, np.int32))

    def _operator(
        self,
        kind: str,
        inputs: Sequence[int],
        shape: Sequence[int],
        options: str = "",
        *,
        name: str = "",
        **said: object,
    ) -> int:
        union = (f"{options}Options", said) if options else None
        return self._graph.operator(kind, inputs, shape, name=name, options=union)
