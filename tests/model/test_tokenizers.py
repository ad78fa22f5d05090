"""Tokenizers in the metadata: what real files say, what is written and read again, and what is damaged."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgewright.model import (
    BertTokenizerOptions,
    InputMetadata,
    Metadata,
    ModelFile,
    RegexTokenizerOptions,
    SentencePieceTokenizerOptions,
    inspect,
)
from edgewright.model.describing.reader import read_metadata
from edgewright.model.describing.schema import FILE_IDENTIFIER, METADATA
from edgewright.model.storage.flatbuffer_writer import encode

from .builders import add_model

SharedFile = Callable[[str], Path]

REGEX = RegexTokenizerOptions(delim_regex_pattern=r"\s+", vocabulary=b"a 0\n")
BERT = BertTokenizerOptions(vocabulary=b"[PAD]\n[UNK]\n")
PIECES = SentencePieceTokenizerOptions(model=b"\n\x0b")


def small() -> ModelFile:
    return ModelFile.build(add_model(), {}, "small")


@pytest.mark.parametrize("name", ["nl_classifier_regex", "text_embedder_regex"])
def test_published_files_say_their_tokenizer(name: str, shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file(f"models/{name}.tflite"))
    said = RegexTokenizerOptions(delim_regex_pattern=r"[^\w\']+", vocabulary=model.files["vocab.txt"])
    assert model.metadata.tokenizer == said


@pytest.mark.parametrize("tokenizer", [REGEX, BERT, PIECES])
@pytest.mark.parametrize("inputs", [(), (InputMetadata(mean=(1.0,), std=(2.0,)), InputMetadata())])
def test_every_kind_is_read_as_it_was_written(tokenizer: Any, inputs: Any) -> None:
    metadata = Metadata(inputs=inputs, tokenizer=tokenizer)
    made = small().with_metadata(metadata)
    assert made.metadata == metadata
    assert list(made.files.values()) == [getattr(tokenizer, "model", None) or tokenizer.vocabulary]


def test_one_kind_replaces_another_and_leaves_nothing_behind() -> None:
    inputs = (InputMetadata(mean=(1.0,), std=(2.0,)), InputMetadata())
    model = small().with_metadata(Metadata(inputs=inputs, tokenizer=REGEX))
    for tokenizer in (BERT, PIECES, dataclasses.replace(REGEX, vocabulary=b"b 1\n"), None):
        model = model.with_metadata(dataclasses.replace(model.metadata, tokenizer=tokenizer))
        assert model.metadata == Metadata(inputs=inputs, tokenizer=tokenizer)
        assert len(model.files) == (tokenizer is not None)


def test_a_regex_stands_at_the_input_and_bert_over_all() -> None:
    """Where MediaPipe looks for them."""
    inputs = (InputMetadata(), InputMetadata())
    of_regex = small().with_metadata(Metadata(inputs=inputs, tokenizer=REGEX)).metadata.carried.table
    of_bert = small().with_metadata(Metadata(inputs=inputs, tokenizer=BERT)).metadata.carried.table
    unit = of_regex["subgraph_metadata"][0]["input_tensor_metadata"][0]["process_units"][0]["options"]
    assert unit[0] == "RegexTokenizerOptions"
    assert unit[1]["vocab_file"][0]["type"] == 5
    assert of_bert["subgraph_metadata"][0]["input_process_units"][0]["options"][0] == "BertTokenizerOptions"
    assert (of_regex["min_parser_version"], of_bert["min_parser_version"]) == ("1.2.1", "1.1.0")


def test_a_published_file_is_written_back_as_it_was(shared_file: SharedFile) -> None:
    model = ModelFile.read(shared_file("models/nl_classifier_regex.tflite"))
    again = model.with_metadata(dataclasses.replace(model.metadata, name="other"))
    assert again.files == model.files
    assert again.metadata.carried.table == {**model.metadata.carried.table, "name": "other"}


def damaged(shared_file: SharedFile, change: Callable[[Any], None], files: Any = None) -> Metadata:
    model = ModelFile.read(shared_file("models/nl_classifier_regex.tflite"))
    table = copy.deepcopy(model.metadata.carried.table)
    change(table["subgraph_metadata"][0]["input_tensor_metadata"][0]["process_units"][0]["options"][1])
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    return read_metadata(flatbuffer, {**model.files, **(files or {})})


@pytest.mark.parametrize(
    ("change", "files", "message"),
    [
        ({"vocab_file": None}, {}, "the RegexTokenizerOptions of the metadata name the file None"),
        ({"vocab_file": [{"name": "other.txt"}]}, {}, "name the file 'other.txt', and the model carries"),
        ({"vocab_file": [{"name": "empty.txt"}]}, {"empty.txt": b""}, "has 0 bytes"),
        ({"vocab_file": [{"name": "big.txt"}]}, {"big.txt": bytes((64 << 20) + 1)}, "has 67,108,865 bytes"),
        ({"delim_regex_pattern": None}, {}, "has 0 characters"),
        ({"delim_regex_pattern": "a" * 201}, {}, "has 201 characters"),
    ],
)
def test_damage_is_one_line(shared_file: SharedFile, change: Any, files: Any, message: str) -> None:
    read = damaged(shared_file, lambda options: options.update(change), files)
    assert read.tokenizer is None
    [damage] = read.damage
    assert (damage.part, damage.argument) == ("tokenizer", "vocabulary")
    assert message in damage.text


def test_inspecting_a_file_says_how_texts_become_numbers(shared_file: SharedFile) -> None:
    report = inspect(ModelFile.read(shared_file("models/nl_classifier_regex.tflite"))).to_dict()
    assert report["tokenizer"] == {"kind": "regex", "vocabulary_bytes": 130_899, "pattern": r"[^\w\']+"}
    assert inspect(small()).to_dict()["tokenizer"] is None
    assert inspect(small().with_metadata(Metadata(tokenizer=BERT))).to_dict()["tokenizer"]["kind"] == "BERT"
