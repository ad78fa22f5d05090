"""Comparing texts: a real model against its definition, and BERT's three inputs on files with known answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgewright as ew
from edgewright.errors import UsageError
from edgewright.model import BertTokenizerOptions, ModelFile, RegexTokenizerOptions
from edgewright.task import open_task, preparation
from task.texts import bert_model, described

SharedFile = Callable[[str], Path]

BERT = BertTokenizerOptions(vocabulary=b"[PAD]\n[UNK]\n[CLS]\n[SEP]\nhello\nworld\n")
# [CLS] hello world [SEP], each 1 more, and nothing where there is no token.
HELLO = [3, 5, 6, 4, 0, 0, 0, 0]


def values(model: ModelFile, text: str, **options: Any) -> list[float]:
    with open_task(model, **options) as embed:
        result = embed(text)
    return (result.vector * result.norm).round(4).tolist()


def test_a_published_embedder_gives_what_its_definition_gives(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file("models/text_embedder_regex.tflite"))
    table, weights = (
        np.frombuffer(model.constant(spec), np.float32).reshape(spec.shape)
        for spec in (model.main.tensors[model.ops[0].inputs[0]], model.main.tensors[model.ops[2].inputs[1]])
    )
    ids = dict(line.rsplit(" ", 1) for line in model.files["vocab.txt"].decode().rstrip().split("\n"))
    words = "<START> it was a great film".split()
    mean = (table[[int(ids[word]) for word in words]].sum(axis=0) + (256 - len(words)) * table[0]) / 256
    row = np.maximum(mean @ weights.T, 0)
    with open_task(model) as embed:
        result = embed("it was a great film")
    assert (embed.kind, result.kind) == ("text-embedding", "text-embedding")
    np.testing.assert_allclose(result.vector * result.norm, row, atol=1e-6)
    assert result.similarity(result) == pytest.approx(1)


@pytest.mark.parametrize("names", list(itertools.permutations(("ids", "mask", "segment_ids"))))
def test_each_input_gets_its_own_whatever_their_order(names: tuple[str, ...]) -> None:
    model = described(bert_model(names), BERT)
    assert values(model, "Hello world") == HELLO


def test_names_of_the_metadata_go_before_the_usual_order() -> None:
    model = bert_model(("a", "b", "c"))
    assert values(described(model, BERT), "hello world") == HELLO
    assert values(described(model, BERT, ("ids", "mask", "segment_ids")), "hello world") == HELLO


def test_a_long_text_keeps_its_end() -> None:
    assert values(described(bert_model(), BERT), "hello " * 20) == [3, 5, 5, 5, 5, 5, 5, 4]


def test_inputs_of_other_integers() -> None:
    assert values(described(bert_model(dtype="int64"), BERT), "hello world") == HELLO


def test_an_open_length_is_as_long_as_the_text() -> None:
    prepare = preparation(described(bert_model(free=True), BERT), "text", {})
    tensors = prepare("hello world").tensors
    assert [array.tolist() for array in tensors.values()] == [[[2, 4, 5, 3]], [[1, 1, 1, 1]], [[0, 0, 0, 0]]]
    assert {array.shape for array in prepare("hello " * 600).tensors.values()} == {(1, 512)}


def test_a_file_that_says_nothing_takes_a_vocabulary(tmp_path: Path) -> None:
    model = bert_model()
    (tmp_path / "vocab.txt").write_bytes(BERT.vocabulary)
    assert values(model, "hello world", vocabulary=tmp_path / "vocab.txt") == HELLO
    with pytest.raises(UsageError, match="Give the file with its words: vocabulary='FILE'"):
        open_task(model)


def test_a_vocabulary_without_bert_s_names_is_one_of_words(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("<PAD>\nhello\nworld\n")
    model = bert_model(("ids",))
    expected = [2, 3, 1, 1, 1, 1, 1, 1]
    assert values(model, "hello world", vocabulary=tmp_path / "words.txt") == expected
    said = described(model, RegexTokenizerOptions(delim_regex_pattern="_", vocabulary=b"nothing 1\n"))
    assert values(said, "hello_world", vocabulary=tmp_path / "words.txt") == expected


def test_a_vocabulary_larger_than_the_table_is_refused() -> None:
    with pytest.raises(UsageError, match="numbers up to 5, and the model knows those up to 4"):
        open_task(described(bert_model(rows=5), BERT))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no such vocabulary"), (b"", "and this file has none"), (b"\xff\xfe", "is no UTF-8 text")],
)
def test_vocabularies_that_cannot_be_read(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "vocab.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        open_task(bert_model(), vocabulary=path)


def test_an_embedder_has_no_labels(shared_file: SharedFile) -> None:
    with pytest.raises(UsageError, match="text-embedding has no option 'threshold'"):
        ew.load(shared_file("models/text_embedder_regex.tflite"), threshold=0.5)
