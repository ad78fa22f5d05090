"""Small models of texts whose outputs are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from edgewright.model import InputMetadata, Metadata, ModelFile, RegexTokenizerOptions
from model import builders

LENGTH, WORDS = 8, 16


def bert_model(
    names: Sequence[str] = ("ids", "mask", "segment_ids"),
    *,
    dtype: str = "int32",
    rows: int = WORDS,
    free: bool = False,
) -> ModelFile:
    """Inputs (1, 8) of these names; the output is 1 more than each number, times the mask, plus 100 times the segment.

    `free`: the length is left open.
    """
    signature: dict[str, Any] = {"shape_signature": [1, -1]} if free else {}
    shape = [1, 1] if free else [1, LENGTH]
    table = np.arange(1, rows + 1, dtype="<f4")
    tensors = [{**builders.tensor(shape, dtype, **signature), "name": name} for name in names]
    tensors += [builders.tensor([rows], data=table.tobytes()), builders.tensor([1], data=np.float32(100).tobytes())]
    tensors += [builders.tensor(shape, **signature) for _ in range(6)]
    roles = {role: place for place, name in enumerate(names) for role in ("ids", "mask", "seg") if role in name[:4]}
    ids, mask, segments = (roles.get(role, place) for place, role in enumerate(("ids", "mask", "seg")))
    table_at, hundred, looked, masked, cast_mask, cast_segments, times, out = range(len(names), len(names) + 8)
    none = ("MulOptions", {"fused_activation_function": 0})
    operators = [builders.operator("GATHER", [table_at, ids], [looked], ("GatherOptions", {"axis": 0}))]
    if len(names) == 3:
        operators += [
            builders.operator("CAST", [mask], [cast_mask]),
            builders.operator("CAST", [segments], [cast_segments]),
            builders.operator("MUL", [looked, cast_mask], [masked], none),
            builders.operator("MUL", [cast_segments, hundred], [times], none),
            builders.operator("ADD", [masked, times], [out], ("AddOptions", {"fused_activation_function": 0})),
        ]
    graph = builders.subgraph(tensors, operators, list(range(len(names))), [out if len(names) == 3 else looked])
    return ModelFile.read(builders.raw(builders.model(graph)))


def described(model: ModelFile, tokenizer: Any, names: Sequence[str] = ()) -> ModelFile:
    inputs = tuple(InputMetadata(name=name) for name in names)
    return model.with_metadata(Metadata(inputs=inputs, tokenizer=tokenizer))


def bag_of_words(
    words: Sequence[str], length: int = LENGTH, *, stored: tuple[str, float, int] | None = None
) -> ModelFile:
    """A model that counts words: the output has the count of each, in their order; <PAD> and unknown words are 0.

    `stored`: the type, scale and zero point of the output.
    """
    table = np.vstack([np.zeros(len(words)), np.eye(len(words))]).astype("<f4")
    tensors = [
        builders.tensor([1, length], "int32"),
        builders.tensor(table.shape, data=table.tobytes()),
        builders.tensor([1], "int32", data=np.array([1], "<i4").tobytes()),
        builders.tensor([1, length, len(words)]),
        builders.tensor([1, len(words)]),
    ]
    operators = [
        builders.operator("GATHER", [1, 0], [3], ("GatherOptions", {"axis": 0})),
        builders.operator("SUM", [3, 2], [4], ("ReducerOptions", {"keep_dims": False})),
    ]
    if stored is not None:
        dtype, scale, zero_point = stored
        quantization = builders.quantized([scale], [zero_point])
        tensors.append(builders.tensor([1, len(words)], dtype, quantization=quantization))
        operators.append(builders.operator("QUANTIZE", [4], [5]))
    graph = builders.subgraph(tensors, operators, [0], [len(tensors) - 1])
    model = ModelFile.read(builders.raw(builders.model(graph)))
    vocabulary = "".join(f"{word} {place}\n" for place, word in enumerate(["<PAD>", *words]))
    return described(model, RegexTokenizerOptions(delim_regex_pattern=r"\s+", vocabulary=vocabulary.encode()))
