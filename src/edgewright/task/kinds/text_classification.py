"""Classifying texts: numbers of words in, one row of outputs with a score for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.model import ModelFile, implied_meaning
from edgewright.task.inputs.text import takes_text
from edgewright.task.kinds.classification import ClassificationDecoder, ranking
from edgewright.task.options import Options, says_classes
from edgewright.task.shapes import is_row

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs
    from edgewright.task.results.text_classification import TextClassification


class TextDecoder:
    """One row of outputs into a `TextClassification`, as a classifier of pictures ranks it."""

    def __init__(self, rank: ClassificationDecoder) -> None:
        self.labels, self.notices = rank.labels, rank.notices
        self.takes_minus_infinity = rank.takes_minus_infinity
        self._rank = rank

    def __call__(self, outputs: Outputs, prepared: Prepared) -> TextClassification:
        """Rank the classes of one text."""
        from edgewright.task.results.text_classification import TextClassification

        text, whole = prepared.text or ("", True)
        return TextClassification(self._rank(outputs, prepared), text, whole)


class _Kind:
    """Words in, classes out."""

    name = "text-classification"
    input = "text"

    def recognize(self, model: ModelFile) -> str | None:
        """Numbers of words in, and a row that has labels or ends in probabilities."""
        if len(model.outputs) != 1 or not is_row(model.outputs[0]) or not takes_text(model):
            return None
        said = model.metadata.outputs
        labeled = bool(said and said[0].labels)
        if not labeled and implied_meaning(model) is None:
            return None
        return "it takes words, and its output is one row of scores"

    def told(self, model: ModelFile, options: Options) -> str | None:
        """Any row of numbers made of words is one of scores where the caller says so, or has names for them."""
        one_row = len(model.outputs) == 1 and is_row(model.outputs[0])
        return "its outputs are said to be classes" if one_row and says_classes(options) and takes_text(model) else None

    def decoder(self, model: ModelFile, options: Options) -> TextDecoder:
        """Make a decoder; its options are those of the classification of pictures."""
        return TextDecoder(ranking(model, options, self.name))


KIND = _Kind()
