"""The seal: written, found, and broken by every change."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import DigestError, FormatError, ModelError
from edgewright.model import Metadata, ModelFile
from edgewright.model.storage.digest import MARK, NAME, SIZE

from .builders import add_model, raw

SEALED = ModelFile.build(add_model(), {}).with_metadata(Metadata(name="adder"))


def seal_place(model: ModelFile) -> int:
    """Where the 32 bytes are, found without our own reader's help: by what they must hold."""
    for place in range(len(model.data) - SIZE + 1):
        zeroed = model.data[:place] + bytes(SIZE) + model.data[place + SIZE :]
        if hashlib.sha256(zeroed).digest() == model.data[place : place + SIZE]:
            return place
    raise AssertionError("no place in the file holds the digest of the rest")


def test_the_seal_is_the_digest_of_the_file_with_the_seal_zeroed() -> None:
    assert seal_place(SEALED) > 0
    assert SEALED.sealed


def test_a_foreign_file_has_no_seal() -> None:
    assert not ModelFile.read(raw(add_model())).sealed


def test_writing_metadata_seals_a_foreign_file(shared_file: Callable[[str], Path]) -> None:
    foreign = ModelFile.read(shared_file("sources/kws_ref_model.published.tflite"))
    assert not foreign.sealed
    assert foreign.with_metadata(Metadata(name="words")).sealed


@pytest.mark.parametrize("place", range(0, len(SEALED.data), 7))
def test_any_changed_bit_is_noticed(place: int) -> None:
    damaged = bytearray(SEALED.data)
    damaged[place] ^= 1 << (place % 8)
    with pytest.raises((DigestError, FormatError)):
        ModelFile.read(bytes(damaged))


@given(st.integers(0, len(SEALED.data) - 1))
def test_any_truncation_is_noticed(length: int) -> None:
    with pytest.raises((DigestError, FormatError)):
        ModelFile.read(SEALED.data[:length])


def test_bytes_that_were_added_are_noticed() -> None:
    with pytest.raises(DigestError):
        ModelFile.read(SEALED.data + b"\0")


@given(st.binary(min_size=1, max_size=17), st.integers(0, 16))
def test_damage_to_the_name_of_the_seal_does_not_make_the_file_a_foreign_one(noise: bytes, start: int) -> None:
    place = SEALED.data.index(NAME.encode()) + start
    noise = noise[: 17 - start]
    damaged = SEALED.data[:place] + noise + SEALED.data[place + len(noise) :]
    if damaged == SEALED.data:
        return
    with pytest.raises(ModelError):
        ModelFile.read(damaged)


def test_a_file_that_lost_its_seal_says_so() -> None:
    tables = SEALED.edit()
    tables["metadata"] = [entry for entry in tables["metadata"] if entry["name"] != NAME]
    with pytest.raises(DigestError, match="the digest inside the file is gone"):
        ModelFile.read(raw(tables) + MARK)


def test_a_seal_of_another_length_is_refused() -> None:
    tables = SEALED.edit()
    index = next(entry["buffer"] for entry in tables["metadata"] if entry["name"] == NAME)
    tables["buffers"][index] = {"data": bytes(31)}
    with pytest.raises(DigestError, match="the digest inside the file is damaged: 32 bytes expected"):
        ModelFile.read(raw(tables))


def test_a_changed_file_can_be_read_on_purpose_and_sealed_again() -> None:
    place = seal_place(SEALED)
    damaged = SEALED.data[:place] + bytes(SIZE) + SEALED.data[place + SIZE :]
    with pytest.raises(DigestError, match="inspect --reseal"):
        ModelFile.read(damaged)
    opened = ModelFile.read(damaged, check_seal=False)
    resealed = opened.with_metadata(opened.metadata)
    assert ModelFile.read(resealed.data).sealed
    assert resealed.metadata.name == "adder"


def test_sealing_again_keeps_every_byte_even_of_files_that_cannot_be_read() -> None:
    files = {"labels.txt": b"red\ngreen\n", "notes.txt": b"mine"}
    sealed = ModelFile.build(add_model(), files)
    edited = sealed.data.replace(b"green", b"GREEN")
    again = ModelFile.read(edited, check_seal=False).resealed()
    place = seal_place(again)
    assert again.data[:place] == edited[:place]
    assert again.data[place + SIZE :] == edited[place + SIZE :]
    assert [damage.part for damage in again.metadata.damage] == ["file labels.txt"]
    assert ModelFile.read(again.data).sealed


def test_a_file_whose_seal_is_gone_is_given_a_new_one() -> None:
    tables = SEALED.edit()
    tables["metadata"] = [entry for entry in tables["metadata"] if entry["name"] != NAME]
    bare = raw(tables) + MARK
    again = ModelFile.read(bare, check_seal=False).resealed()
    assert ModelFile.read(again.data).sealed


def test_a_seal_that_points_at_weights_does_not_overwrite_them() -> None:
    numbers = struct.pack("<8f", *range(8))
    tables = SEALED.edit()
    graph = tables["subgraphs"][0]
    graph["tensors"] = [{**one, "shape": [8], "shape_signature": None} for one in graph["tensors"]]
    tables["buffers"].append({"data": numbers})
    weights = len(tables["buffers"]) - 1
    graph["tensors"][1]["buffer"] = weights
    graph["inputs"] = [0]
    next(entry for entry in tables["metadata"] if entry["name"] == NAME)["buffer"] = weights
    opened = ModelFile.read(raw(tables), check_seal=False)
    assert bytes(opened.with_metadata(Metadata()).constant(opened.main.tensors[1])) == numbers


def test_the_seal_covers_the_associated_files() -> None:
    model = ModelFile.build(add_model(), {"notes.txt": b"remember the milk"})
    with pytest.raises(DigestError):
        ModelFile.read(model.data.replace(b"milk", b"wine"))
