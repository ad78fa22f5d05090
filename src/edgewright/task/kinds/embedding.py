"""Comparing pictures: one row of outputs that is no score of classes is where the picture lies among all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from edgewright.errors import UsageError
from edgewright.model import ModelFile, Operator, OutputMetadata, implied_meaning, maker_of
from edgewright.spelling import argument
from edgewright.task.options import Options, only, unsaid
from edgewright.task.shapes import is_row, makes_row_of_picture

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs
    from edgewright.task.results.embedding import Embedding

# What features come of where their classifier was cut off, and what logits of classes come of as well.
_POOLS = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D", "MEAN", "REDUCE_MAX", "SUM"})
_LAYERS = frozenset({"FULLY_CONNECTED", "CONV_2D"})

# A row that still has the dimensions of a picture comes of a pool, also where a compiler put all in one operator.
_AS_A_POOL = 4

# Division by the length, as one operator, or as it comes of other frameworks: by a root.
_MAKERS = _POOLS | _LAYERS | {"L2_NORMALIZATION"}
_DIVIDES = frozenset({"MUL", "DIV"})
_ROOTS = frozenset({"SQRT", "RSQRT"})

_OF_CLASSES = ("probabilities", "logits")


class EmbeddingDecoder:
    """One row of outputs into an `Embedding`."""

    labels: tuple[str, ...] = ()

    def __init__(self, kind: str) -> None:
        """`kind`: the name of the task."""
        self._kind = kind

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Embedding:
        """Bring the row to unit length."""
        from edgewright.task.results.embedding import Embedding  # of no use to a model of another kind

        return Embedding.of(outputs[0], self._kind)


class _Kind:
    """A picture in and one row of numbers out, which a pool, a layer or a normalization of length computes."""

    name = "embedding"
    input = "picture"

    def recognize(self, model: ModelFile) -> str | None:
        """No labels, and the last step is none that gives scores; of layers it may be the logits of unnamed classes."""
        if not makes_row_of_picture(model) or _output(model).labels or implied_meaning(model) is not None:
            return None
        if says_embedding(model):
            return "it says that it is an embedder"
        maker = maker_of(model)
        if maker is None or not (maker.name in _MAKERS or maker.is_custom or _divides_by_length(model, maker)):
            return None
        if maker.is_custom and len(model.outputs[0].shape) != _AS_A_POOL:
            return None
        return f"its output is a row of {maker.name}, without labels"

    def input_options(self, model: ModelFile) -> Options:
        """Pictures are made small in half the time, and lie as near to themselves in another size as before."""
        return unsaid(model, interpolation="reduced")

    def yields(self, model: ModelFile, options: Options) -> bool:
        """Whether what the caller says makes the row scores of classes: labels, or "logits" or "probabilities".

        Features that a pool made are no logits of a few classes whatever they are called: then the labels have to fit.
        """
        if options.get("meaning") in _OF_CLASSES:
            return True
        labels: Any = options.get("labels")
        if labels is None or says_embedding(model):
            return False
        maker = maker_of(model)
        if isinstance(labels, Sequence) and not isinstance(labels, str) and (not maker or maker.name not in _LAYERS):
            return model.outputs[0].elements - len(labels) in (0, 1)
        return True

    def decoder(self, model: ModelFile, options: Options) -> EmbeddingDecoder:
        """Make a decoder; there are no options."""
        if "labels" in options:
            raise UsageError(
                f"{model.name}: an embedding has no labels. Where its outputs are classes: "
                f"{argument('task', 'classification')}"
            )
        only(options, task=self.name)
        if len(model.outputs) != 1 or not is_row(model.outputs[0]):
            shapes = ", ".join(str(list(spec.shape)) for spec in model.outputs)
            raise UsageError(f"{model.name}: an embedder has one row of outputs; the outputs of this one are {shapes}")
        return EmbeddingDecoder(self.name)


KIND = _Kind()


def says_embedding(model: ModelFile) -> bool:
    """Whether the file's metadata calls the model an embedder, or its output an embedding."""
    return _output(model).meaning == "embedding" or "embed" in model.metadata.name.casefold()


def _divides_by_length(model: ModelFile, operator: Operator) -> bool:
    makers = {index: maker.name for maker in model.ops for index in maker.outputs}
    return operator.name in _DIVIDES and any(makers.get(index) in _ROOTS for index in operator.inputs)


def _output(model: ModelFile) -> OutputMetadata:
    return model.metadata.outputs[0] if model.metadata.outputs else OutputMetadata()
