"""Values are found where they stand in a TOML file, and replaced with nothing else touched."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.deploy.packing.toml_values import line_of, quoted, replaced, values_in

# Every way to write what there is to write: TOML 1.0.
STRANGE = '''\
# model = "no"
model = "a#b.tflite" # "quotes" = 'here'
"quoted key" = "it's # not a comment"
'bare.dots' = """
two "lines" and \\""" three ""\\" """
raw = \'\'\'C:\\new
'' "still" \'\'\'\'\'
a . b."c.d" = 1 # dotted
when = 1979-05-27 07:32:00Z
list = [ 1, # one
  [ "x]", 'y[' ], { z = [ 2 ], "w" = "}" },
]
empty = [ ]
none = {}
inline = { first = { second = "deep", third = [ { fourth = 4 } ] }, last = inf }
\t[ table . "sub.table" ] # header
\tkey = true
[[sinks]]
send = "stdout"
[sinks.home_assistant]
name = "one"
[[sinks]]
send = "file:x"
credentials = "two"
[[sinks.deep]]
n = 1
[[sinks.deep]]
n = 2
[sinks.deep.inner]
m = 3
[after]
end="last"'''


def get(told: object, path: tuple[str | int, ...]) -> object:
    for name in path:
        told = told[name]  # type: ignore[index]
    return told


def leaves(told: object, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """Places of all values that are no tables and no lists."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else None
    if inner is None:
        return {path}
    return {leaf for name, value in inner for leaf in leaves(value, (*path, name))}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_value_stands_where_it_is_said_to(newline):
    text = STRANGE.replace("\n", newline)
    told, placed = tomllib.loads(text), values_in(text)
    for value in placed:
        assert tomllib.loads(f"a = {text[value.start : value.end]}")["a"] == get(told, value.path), value
    assert {value.path for value in placed} >= leaves(told)
    assert len({value.path for value in placed}) == len(placed)


def test_what_is_replaced_is_replaced_and_nothing_else():
    new = {("sinks", 1, "credentials"): 'é"\\\n\x7f', ("inline", "first", "third", 0, "fourth"): "5", ("model",): "m"}
    text = replaced(STRANGE, new)
    assert {path: get(tomllib.loads(text), path) for path in new} == new
    back = replaced(text, {("model",): "a#b.tflite", ("sinks", 1, "credentials"): "two"})
    assert back.replace('fourth = "5"', "fourth = 4") == STRANGE


def test_lines_are_counted_from_one():
    places = {value.path: line_of(STRANGE, value.start) for value in values_in(STRANGE)}
    assert (places["model",], places["after", "end"]) == (2, STRANGE.count("\n") + 1)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_written_as_toml_reads_it(text):
    assert tomllib.loads(f"a = {quoted(text)}")["a"] == text
