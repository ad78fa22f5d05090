"""Makes the numbers that MiniLM's layers take more even, so that 8 bits hold them better.

Behind a normalization some channels are twenty times as large as most, and what is quantized while the network runs has
one scale for all of them. So each channel is divided by a factor there, and the weights that it meets are multiplied by
the same: in real numbers nothing changes. Source: SmoothQuant (Xiao et al. 2022, arXiv 2211.10438), with half of the
difference moved (alpha = 0.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from edgewright.hub.minilm.network import EPSILON, HEADS, LAYERS
from edgewright.hub.minilm.safetensors import Tensor

SENTENCES = (
    "Hello, how are you today?", "I will call you back later.", "The weather is nice in Rome.", "no",
    "Please send me the report by Friday.", "What is the capital of France?", "He bought two tickets.",
    "It was terrible and boring.", "Where did you put the keys?",
    "We need more time to finish this project, sorry.",
)  # fmt: skip
"""Some that show how large each channel gets."""

# The layers that take what a normalization gives: the parts of attention together, and the first behind it.
_ATTENTION = ("attention.self.query", "attention.self.key", "attention.self.value")
_INNER = ("intermediate.dense",)

Tensors = Mapping[str, Tensor]


def evened(tensors: Tensors, texts: Sequence[Sequence[int]]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The tensors with weights multiplied, and by its name what the input of each layer is multiplied by, (384,).

    `texts` are the numbers of the words of `SENTENCES`, with those for beginning and end.
    """
    reach: dict[str, Tensor] = {}
    for ids in texts:
        for name, x in _taken(tensors, list(ids)):
            largest = np.abs(x).max(axis=0)
            reach[name] = np.maximum(reach.get(name, largest), largest)
    changed, factors = dict(tensors), dict[str, Tensor]()
    for layer in range(LAYERS):
        for parts in (_ATTENTION, _INNER):
            names = [f"encoder.layer.{layer}.{part}" for part in parts]
            weights = [tensors[f"{name}.weight"] for name in names]
            factor = _factor(reach[names[0]], np.max([np.abs(one).max(axis=0) for one in weights], axis=0))
            changed |= {f"{name}.weight": one * factor for name, one in zip(names, weights, strict=True)}
            factors |= dict.fromkeys(names, np.reciprocal(factor))
    return changed, factors


def _factor(activations: Tensor, weights: Tensor) -> Tensor:
    """sqrt(activation / weight) for the largest of each channel, around 1."""
    least = np.finfo(np.float32).tiny
    ratio: Tensor = np.sqrt(np.maximum(activations, least) / np.maximum(weights, least))
    even: Tensor = (ratio / np.exp(np.log(ratio).mean())).astype(np.float32)
    return even


def _taken(tensors: Tensors, ids: list[int]) -> Iterator[tuple[str, Tensor]]:
    """Run the network on a text, and give what the first of each group of layers takes, (words, 384)."""
    x = tensors["embeddings.word_embeddings.weight"][ids] + tensors["embeddings.token_type_embeddings.weight"][0]
    x = _normalized(tensors, x + tensors["embeddings.position_embeddings.weight"][: len(ids)], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        yield f"{name}.{_ATTENTION[0]}", x
        found = _attention(tensors, x, name)
        x = x + _dense(tensors, found, f"{name}.attention.output.dense")
        x = _normalized(tensors, x, f"{name}.attention.output.LayerNorm")
        yield f"{name}.{_INNER[0]}", x
        inner = _dense(tensors, x, f"{name}.{_INNER[0]}")
        # GELU by its approximation with tanh (Hendrycks and Gimpel 2016), near enough for a range.
        inner = inner * (1 + np.tanh(np.sqrt(2 / np.pi) * (inner + 0.044715 * inner**3))) / 2
        x = _normalized(tensors, x + _dense(tensors, inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")


def _attention(tensors: Tensors, x: Tensor, name: str) -> Tensor:
    parts = (_dense(tensors, x, f"{name}.{part}") for part in _ATTENTION)
    query, key, value = (part.reshape(len(x), HEADS, -1).transpose(1, 0, 2) for part in parts)
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found = (powers / powers.sum(axis=-1, keepdims=True)) @ value
    together: Tensor = found.transpose(1, 0, 2).reshape(len(x), -1)
    return together


def _dense(tensors: Tensors, x: Tensor, name: str) -> Tensor:
    result: Tensor = x @ tensors[f"{name}.weight"].T + tensors[f"{name}.bias"]
    return result


def _normalized(tensors: Tensors, x: Tensor, name: str) -> Tensor:
    apart = x - x.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((apart**2).mean(axis=-1, keepdims=True) + EPSILON)
    result: Tensor = apart / deviation * tensors[f"{name}.weight"] + tensors[f"{name}.bias"]
    return result
