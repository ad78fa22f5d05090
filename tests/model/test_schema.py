"""The table of field numbers against the generated schema that `ai-edge-litert` ships."""

from __future__ import annotations

from typing import Any

import pytest

from edgewright.model.checking import operator_table
from edgewright.model.storage.schema import BUILTIN_OPERATORS, TENSOR_TYPES, TFLITE

from .generated_schema import describe
from .schema_comparison import ours, theirs


@pytest.fixture(scope="module")
def generated() -> dict[str, Any]:
    return describe(pytest.importorskip("ai_edge_litert.schema_py_generated"))


def test_has_every_table_of_the_generated_schema_and_no_other(generated: dict[str, Any]) -> None:
    assert set(TFLITE.tables) == set(generated["tables"])
    assert len(TFLITE.tables) > 150


def test_every_field_has_number_type_and_default_of_the_generated_schema(generated: dict[str, Any]) -> None:
    expected = theirs(generated)
    for table, fields in ours(TFLITE).items():
        assert fields == expected[table], table


def test_no_table_has_more_slots_than_the_known_and_the_retired_fields(generated: dict[str, Any]) -> None:
    # A slot beyond our last field would be a field that neither side names.
    for name, table in generated["tables"].items():
        fields = TFLITE.fields(name)
        used = fields[-1].number + (2 if fields[-1].kind == "union" else 1) if fields else 0
        assert table["slots"] == used, name


def test_unions_have_the_members_of_the_generated_schema_in_their_order(generated: dict[str, Any]) -> None:
    assert {name: list(members) for name, members in TFLITE.unions.items()} == generated["unions"]


def test_operator_names_are_the_generated_enumeration(generated: dict[str, Any]) -> None:
    numbers = generated["enums"]["BuiltinOperator"]
    assert {name: number for number, name in enumerate(BUILTIN_OPERATORS)} == numbers


def test_tensor_types_are_the_generated_enumeration(generated: dict[str, Any]) -> None:
    numbers = generated["enums"]["TensorType"]
    plain = {name.replace("_", "").upper(): number for number, name in enumerate(TENSOR_TYPES)}
    assert plain == {name.replace("_", "").upper(): number for name, number in numbers.items()}


def test_the_bytes_of_a_buffer_are_aligned_for_vector_instructions() -> None:
    (data,) = (field for field in TFLITE.fields("Buffer") if field.name == "data")
    assert data.align == 16


def test_every_operator_of_the_schema_is_in_the_operator_table_but_the_runtimes_own() -> None:
    own = {"CUSTOM", "DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"}
    assert {name for name in BUILTIN_OPERATORS if operator_table.signature(name) is None} == own


def test_every_option_table_of_the_operator_table_is_a_member_of_an_options_union() -> None:
    members = {*TFLITE.unions["BuiltinOptions"], *TFLITE.unions["BuiltinOptions2"]}
    named = {operator_table.signature(name).options for name in BUILTIN_OPERATORS if operator_table.signature(name)}
    assert named - {None} <= members


def test_every_option_table_with_a_field_belongs_to_an_operator() -> None:
    used = {operator_table.signature(name).options for name in BUILTIN_OPERATORS if operator_table.signature(name)}
    members = {*TFLITE.unions["BuiltinOptions"], *TFLITE.unions["BuiltinOptions2"]}
    assert {name for name in members if TFLITE.fields(name)} == used - {None}
