"""Texts cut by SentencePiece, with models that are learned here from a few sentences."""

from __future__ import annotations

import io
from typing import Any

import pytest

from edgewright.errors import MissingExtraError, UsageError
from edgewright.media import tokenizer_of
from edgewright.model import SentencePieceTokenizerOptions

SENTENCES = ["the cat sat on the mat", "a dog sat on the cat", "the mat is on a dog", "cats and dogs sat"] * 5


def learned(**options: Any) -> bytes:
    sentencepiece = pytest.importorskip("sentencepiece")
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=model,
        vocab_size=20 + 4 * bool(options),
        minloglevel=2,
        **options,
    )
    return model.getvalue()


def expected(model: bytes, text: str) -> list[int]:
    import sentencepiece

    return list(sentencepiece.SentencePieceProcessor(model_proto=model).encode(text))


def test_pieces_are_those_of_the_library() -> None:
    model = learned()
    tokenize = tokenizer_of(SentencePieceTokenizerOptions(model=model))
    numbers = expected(model, "the dog sat")
    assert tokenize("the dog sat", 64) == (numbers, True)
    assert tokenize("the dog sat", 3) == (numbers[:3], False)
    assert tokenize.largest == 19


def test_signs_for_beginning_and_end_stand_around_the_pieces() -> None:
    """As in ALBERT's models, whose padding has a number of its own."""
    model = learned(control_symbols=["[CLS]", "[SEP]"], pad_id=3, pad_piece="<pad>")
    tokenize = tokenizer_of(SentencePieceTokenizerOptions(model=model))
    numbers = expected(model, "the dog sat")
    ids, whole = tokenize("the dog sat", 64)
    assert (ids[1:-1], whole, tokenize.pad) == (numbers, True, 3)
    assert len({ids[0], ids[-1], *numbers}) == len(set(numbers)) + 2
    assert tokenize("the dog sat", 4) == ([ids[0], *numbers[:2], ids[-1]], False)


@pytest.mark.parametrize("content", [b"\0", b"\n\xff\xff\xff\xff\x0f", b"no model at all", bytes(1000)])
def test_damaged_models_are_one_line(content: bytes) -> None:
    pytest.importorskip("sentencepiece")
    with pytest.raises(UsageError, match="the model of SentencePiece in the file cannot be read"):
        tokenizer_of(SentencePieceTokenizerOptions(model=content))


def test_without_the_library_the_line_to_install_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("edgewright.media.text.sentencepiece.import_module", missing)
    with pytest.raises(MissingExtraError, match=r"Run: pip install 'edgewright\[text\]'"):
        tokenizer_of(SentencePieceTokenizerOptions(model=b"\0"))
