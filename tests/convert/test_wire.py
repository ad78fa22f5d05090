from __future__ import annotations

import contextlib

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from edgewright.convert.sources.tensorflow.graphs.reading import read_graphs
from edgewright.convert.sources.tensorflow.graphs.wire import Message, fields
from edgewright.errors import ConversionError


@given(st.dictionaries(st.text(), st.text(), max_size=8))
def test_reads_what_protobuf_wrote(values):
    message = struct_pb2.Struct()
    message.update(values)
    entries = Message(memoryview(message.SerializeToString())).entries(1)
    read = {key: value.text(3) for key, value in entries.items()}
    assert read == values


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(ConversionError):
        read_graphs(data)


@pytest.mark.parametrize("data", [b"\x0a\x05abc", b"\x80", b"\xff" * 11, b"\x0b", b"\x0d\x00"])
def test_broken_bytes_are_refused(data):
    with pytest.raises(ConversionError):
        list(fields(memoryview(data)))


@given(st.integers(0, 2**64 - 1))
def test_numbers_of_any_size(value):
    message = struct_pb2.Value(number_value=1.0).SerializeToString()
    encoded, rest = bytearray([1 << 3]), value
    while rest > 0x7F:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    encoded.append(rest)
    assert next(fields(memoryview(bytes(encoded) + message))) == (1, value)


def text_field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2, len(value)]) + value


def test_a_field_that_is_there_twice_is_refused_where_one_is_meant():
    message = Message(memoryview(text_field(1, b"a") + text_field(1, b"b")))
    assert [bytes(value) for value in message.many(1)] == [b"a", b"b"]
    with pytest.raises(ConversionError, match="field 1 2 times"):
        message.text(1)


def test_a_key_that_is_there_twice_is_refused():
    entry = text_field(1, text_field(1, b"key"))
    with pytest.raises(ConversionError, match="two entries 'key'"):
        Message(memoryview(entry + entry)).entries(1)


def test_fields_that_exclude_each_other_are_refused():
    message = Message(memoryview(text_field(1, b"a") + text_field(2, b"b")))
    message.require_one_of(1, 3)
    with pytest.raises(ConversionError, match=r"\[1, 2\]"):
        message.require_one_of(1, 2, 3)


@pytest.mark.parametrize(
    "data", [b"\x08\x01", b"\x0dabcd", b"\x09abcdefgh"], ids=["number", "four bytes", "eight bytes"]
)
def test_a_number_is_no_text(data):
    with pytest.raises(ConversionError, match="which holds bytes"):
        Message(memoryview(data)).text(1)


@pytest.mark.parametrize("data", [b"\x02\x00", b"\x8a\x80\x80\x80\x10\x00"], ids=["zero", "over 32 bits"])
def test_numbers_of_fields_that_there_are_not(data):
    with pytest.raises(ConversionError, match="there is no field"):
        list(fields(memoryview(data)))
