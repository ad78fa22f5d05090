from __future__ import annotations

import contextlib

import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from edgewright.convert.graphs.reading import read_graphs
from edgewright.convert.graphs.wire import Message, fields
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
