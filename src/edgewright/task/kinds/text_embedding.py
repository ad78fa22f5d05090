"""Comparing texts: one row of outputs that is no score of classes is where the text lies among all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.model import ModelFile, implied_meaning
from edgewright.task.inputs.text import takes_text
from edgewright.task.options import Options, only, says_classes
from edgewright.task.shapes import is_row

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs
    from edgewright.task.results.embedding import Embedding


class TextEmbeddingDecoder:
    """One row of outputs into an `Embedding`."""

    labels: tuple[str, ...] = ()

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Embedding:
        """Bring the row to unit length."""
        from edgewright.task.results.embedding import Embedding

        return Embedding.of(outputs[0], _Kind.name)


class _Kind:
    """Words in, and a row of numbers that are no scores."""

    name = "text-embedding"
    input = "text"

    def recognize(self, model: ModelFile) -> str | None:
        """Numbers of words in, and a row that has no labels and does not end in probabilities."""
        if len(model.outputs) != 1 or not is_row(model.outputs[0]) or not takes_text(model):
            return None
        said = model.metadata.outputs
        if (said and said[0].labels) or implied_meaning(model) is not None:
            return None
        return "it takes words, and its output is one row of numbers that are no probabilities"

    def yields(self, model: ModelFile, options: Options) -> bool:
        """Whether what the caller says makes the row one of scores."""
        return says_classes(options)

    def decoder(self, model: ModelFile, options: Options) -> TextEmbeddingDecoder:
        """Make a decoder; there are no options."""
        only(options, task=self.name)
        if len(model.outputs) != 1 or not is_row(model.outputs[0]):
            shapes = ", ".join(str(list(spec.shape)) for spec in model.outputs)
            raise UsageError(f"{model.name}: an embedder has one row of outputs; the outputs of this one are {shapes}")
        return TextEmbeddingDecoder()


KIND = _Kind()
