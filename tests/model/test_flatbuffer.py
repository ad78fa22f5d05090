"""The reader of flatbuffers against damage of every kind, and the writer against the reader."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgewright.errors import FormatError
from edgewright.model.storage.flatbuffer import Blob, decode
from edgewright.model.storage.flatbuffer_writer import encode
from edgewright.model.storage.layout import Layout
from edgewright.model.storage.schema import FILE_IDENTIFIER, TFLITE

from ..exploring import examples
from .builders import add_model, raw

NUMBERS = Layout(
    "All i8:i8 u8:u8 bool:bool i16:i16 u16:u16 i32:i32=-7 u32:u32 i64:i64 u64:u64 f32:f32 f64:f64=1 text:str "
    "bytes:[u8] floats:[f32] longs:[i64] flags:[bool] texts:[str] child:All children:[All] either:<Either> last:i32",
    empty="Nothing",
    unions={"Either": "All Nothing"},
)
IDENTIFIER = b"TEST"
SMALL = raw(add_model())

_integers = {
    name: st.integers(-(2 ** (bits - 1)) if signed else 0, 2 ** (bits - 1 if signed else bits) - 1)
    for name, bits, signed in (
        ("i8", 8, True),
        ("u8", 8, False),
        ("i16", 16, True),
        ("u16", 16, False),
        ("i32", 32, True),
        ("u32", 32, False),
        ("i64", 64, True),
        ("u64", 64, False),
        ("last", 32, True),
    )
}
_plain = st.fixed_dictionaries(
    {},
    optional={
        **_integers,
        "bool": st.booleans(),
        "f32": st.floats(width=32, allow_nan=False),
        "f64": st.floats(allow_nan=False),
        "text": st.text(st.characters(codec="utf-8")),
        "bytes": st.binary(max_size=40),
        "floats": st.lists(st.floats(width=32, allow_nan=False), max_size=5),
        "longs": st.lists(_integers["i64"], max_size=5),
        "flags": st.lists(st.booleans(), max_size=5),
        "texts": st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=4),
    },
)
_tables = st.recursive(
    _plain,
    lambda inner: st.builds(
        lambda base, more: {**base, **more},
        _plain,
        st.fixed_dictionaries(
            {},
            optional={
                "child": inner,
                "children": st.lists(inner, max_size=3),
                "either": st.one_of(st.just(("Nothing", {})), st.tuples(st.just("All"), inner)),
            },
        ),
    ),
    max_leaves=6,
)


def read(data: bytes) -> Any:
    return decode(data, TFLITE, "Model", identifier=FILE_IDENTIFIER, what="the file")


def read_numbers(data: bytes) -> Any:
    return decode(data, NUMBERS, "All", identifier=IDENTIFIER, what="the file")


def plain(value: Any) -> Any:
    """The decoded value with its views as bytes and its vectors as lists, to compare it."""
    if isinstance(value, Blob):
        return bytes(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return (value[0], plain(value[1]))
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def survives(data: bytes) -> None:
    """Damaged bytes are read or refused with `FormatError`; what else can be raised fails the test."""
    try:
        read(data)
    except FormatError as error:
        assert "\n" not in str(error)  # noqa: PT017


@given(_tables)
def test_what_is_written_is_read_again(value: dict[str, Any]) -> None:
    data = encode(value, NUMBERS, "All", identifier=IDENTIFIER)
    found = plain(read_numbers(data))
    assert plain(_with_defaults(value)) == found


def _with_defaults(value: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for field in NUMBERS.fields("All"):
        item = value.get(field.name, field.default)
        if field.name == "child" and item is not None:
            item = _with_defaults(item)
        if field.name == "children" and item is not None:
            item = [_with_defaults(one) for one in item]
        if field.name == "either" and item is not None:
            item = (item[0], _with_defaults(item[1]) if item[0] == "All" else {})
        result[field.name] = item
    return result


@given(_tables)
def test_writing_what_was_read_gives_the_same_bytes(value: dict[str, Any]) -> None:
    data = encode(value, NUMBERS, "All", identifier=IDENTIFIER)
    assert encode(read_numbers(data), NUMBERS, "All", identifier=IDENTIFIER) == data


@pytest.mark.parametrize(
    "name", ["mobilenet_v1_0.25_128_quant", "yamnet", "movie_review", "ssd_mobilenet_v1_coco_quant_metadata"]
)
def test_writing_what_was_read_of_a_real_file_changes_no_value(name: str, shared_file: Callable[[str], Path]) -> None:
    tables = read(shared_file(f"models/{name}.tflite").read_bytes())
    once = encode(tables, TFLITE, "Model", identifier=FILE_IDENTIFIER)
    assert plain(read(once)) == plain(tables)
    assert encode(read(once), TFLITE, "Model", identifier=FILE_IDENTIFIER) == once


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read(data)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_behind_the_right_identifier_never_crash_the_reader(data: bytes) -> None:
    survives(data[:4].ljust(4, b"\x08") + FILE_IDENTIFIER + data[4:])


@given(st.integers(0, len(SMALL) - 1))
def test_a_truncated_file_never_crashes_the_reader(length: int) -> None:
    survives(SMALL[:length])


@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=6))
@settings(max_examples=examples(400))
def test_changed_bytes_never_crash_the_reader(changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(SMALL)
    for place, value in changes:
        damaged[place] = value
    survives(bytes(damaged))


@given(data=st.data())
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_words_of_a_real_file_never_crash_the_reader(
    data: st.DataObject, shared_file: Callable[[str], Path]
) -> None:
    damaged = bytearray(shared_file("sources/kws_ref_model.published.tflite").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = 4 * data.draw(st.integers(0, len(damaged) // 4 - 1))
        struct.pack_into("<I", damaged, place, data.draw(st.sampled_from([0, 1, 4, 2**16, 2**31, 2**32 - 4])))
    survives(bytes(damaged))


def test_bytes_too_few_for_a_header_are_refused_with_their_number() -> None:
    with pytest.raises(FormatError, match="7 bytes are too few"):
        read(b"\x08\0\0\0TFL")


def test_another_identifier_is_named() -> None:
    with pytest.raises(FormatError, match="b'M001' at byte 4 where b'TFL3' belongs"):
        read(SMALL[:4] + b"M001" + SMALL[8:])


def test_an_offset_outside_is_refused() -> None:
    with pytest.raises(FormatError, match="an offset leads to bytes"):
        read(b"\xf0\xff\xff\x7f" + SMALL[4:])


def test_an_offset_of_zero_is_refused() -> None:
    with pytest.raises(FormatError, match="the offset at byte 0 is zero"):
        read(b"\0\0\0\0" + SMALL[4:])


def test_a_misaligned_table_is_refused() -> None:
    with pytest.raises(FormatError, match="a value of alignment 4 lies at byte 10"):
        read(b"\x0a\0\0\0" + SMALL[4:])


def test_a_text_without_its_end_is_refused() -> None:
    data = bytearray(encode({"text": "abc"}, NUMBERS, "All", identifier=IDENTIFIER))
    data[data.index(b"abc") + 3] = ord("d")
    with pytest.raises(FormatError, match="has no end"):
        read_numbers(bytes(data))


def test_a_union_member_of_a_later_version_is_refused_by_its_number() -> None:
    tables = {"either": ("All", {"last": 5})}
    data = bytearray(encode(tables, NUMBERS, "All", identifier=IDENTIFIER))
    position = struct.unpack_from("<I", data)[0]
    vtable = position - struct.unpack_from("<i", data, position)[0]
    number = next(field.number for field in NUMBERS.fields("All") if field.name == "either")
    data[position + struct.unpack_from("<H", data, vtable + 4 + 2 * number)[0]] = 3
    with pytest.raises(FormatError, match=r"either has type 3, unknown to this version \(it knows 2\)"):
        read_numbers(bytes(data))


def test_a_union_that_has_a_type_and_no_value_is_read_as_all_defaults() -> None:
    layout = Layout("Root kind:u8 value:All\nAll i32:i32=-7", empty="", unions={})
    data = encode({"kind": 1}, layout, "Root", identifier=IDENTIFIER)
    as_union = Layout("Root either:<Either>\nAll i32:i32=-7", empty="", unions={"Either": "All"})
    found = decode(data, as_union, "Root", identifier=IDENTIFIER, what="the file")
    assert found == {"either": ("All", {"i32": -7})}


def test_a_table_that_contains_itself_is_refused_and_does_not_recurse_for_ever() -> None:
    data = bytearray(encode({"child": {"last": 1}}, NUMBERS, "All", identifier=IDENTIFIER))
    position = struct.unpack_from("<I", data)[0]
    vtable = position - struct.unpack_from("<i", data, position)[0]
    number = next(field.number for field in NUMBERS.fields("All") if field.name == "child")
    place = position + struct.unpack_from("<H", data, vtable + 4 + 2 * number)[0]
    # Unsigned offsets lead forward only, so a circle needs one that wraps around.
    struct.pack_into("<I", data, place, (position - place) % 2**32)
    with pytest.raises(FormatError):
        read_numbers(bytes(data))


def test_a_vector_shared_by_many_tables_costs_no_more_than_the_budget() -> None:
    shared = {"longs": list(range(4000))}
    data = bytearray(encode({"children": [shared, *[{"longs": [1]}] * 2000]}, NUMBERS, "All", identifier=IDENTIFIER))
    assert len(read_numbers(bytes(data))["children"]) == 2001
    _point_all_children_at_the_first(data)
    with pytest.raises(FormatError, match="the same bytes are used again and again"):
        read_numbers(bytes(data))


def _point_all_children_at_the_first(data: bytearray) -> None:
    position = struct.unpack_from("<I", data)[0]
    vtable = position - struct.unpack_from("<i", data, position)[0]
    number = next(field.number for field in NUMBERS.fields("All") if field.name == "children")
    place = position + struct.unpack_from("<H", data, vtable + 4 + 2 * number)[0]
    vector = place + struct.unpack_from("<I", data, place)[0]
    first = vector + 4 + struct.unpack_from("<I", data, vector + 4)[0]
    for index in range(struct.unpack_from("<I", data, vector)[0]):
        entry = vector + 4 + 4 * index
        if first > entry:
            struct.pack_into("<I", data, entry, first - entry)


def test_an_unknown_field_is_not_dropped_in_silence() -> None:
    with pytest.raises(KeyError, match="All has no field tpyo"):
        encode({"tpyo": 1}, NUMBERS, "All", identifier=IDENTIFIER)


def test_constant_bytes_are_views_into_the_file() -> None:
    data = encode({"bytes": b"abcd"}, NUMBERS, "All", identifier=IDENTIFIER)
    blob = read_numbers(data)["bytes"]
    assert blob.data.obj is data
    assert data[blob.offset : blob.offset + 4] == b"abcd"


def test_a_notation_that_is_no_field_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="'oops' is no field"):
        Layout("Root oops", empty="", unions={}).fields("Root")
