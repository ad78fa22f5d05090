"""Facts of an error travel as attributes, also out of a child process; the text has them all."""

from __future__ import annotations

import platform
import sys

import pytest

from edgewright import errors
from edgewright.errors import ChildCrashError, ConversionError, DelegateError, EdgewrightError, MissingExtraError
from edgewright.machine import run_in_child

FACTS = {"where": "m.keras", "remedy": "Use another"}
TAKES_OTHER_WORDS = {
    "MissingExtraError",
    "MissingReaderError",
    "ChildError",
    "ChildCrashError",
    "ChildMemoryError",
    "ChildTimeoutError",
}
KINDS = [
    kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, EdgewrightError) and name not in TAKES_OTHER_WORDS
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_says_where_and_what_to_do_in_its_text_and_beside_it(kind):
    error = kind("it broke", **FACTS)
    assert str(error) == "m.keras: it broke. Use another"
    assert (error.where, error.message, error.remedy) == ("m.keras", "it broke", "Use another")
    assert str(kind("it broke")) == "it broke"
    assert (kind("it broke").where, kind("it broke").remedy) == ("", "")


def test_a_missing_extra_says_what_to_type():
    error = MissingExtraError("Converting", "convert")
    assert error.remedy == "Run: pip install 'edgewright[convert]'"
    assert str(error) == f"Converting needs an extra that is not installed. {error.remedy}"


_BUILT = "Its parts are built for Python 3.11 to 3.13"
_SYSTEMS = ", on Linux (x86-64) and macOS (Apple silicon)"


@pytest.mark.parametrize(
    ("extra", "version", "system", "words"),
    [
        ("torch", (3, 11, 7), ("Linux", "x86_64"), "Run"),
        ("torch", (3, 13, 0), ("Darwin", "arm64"), "Run"),
        ("torch", (3, 12, 1), ("Windows", "AMD64"), f"{_BUILT}{_SYSTEMS}: run there"),
        ("jax", (3, 12, 1), ("Linux", "aarch64"), f"{_BUILT}{_SYSTEMS}: run there"),
        ("onnx", (3, 14, 0), ("Linux", "aarch64"), f"{_BUILT}: run there"),
        ("video", (3, 14, 0), ("Windows", "AMD64"), "Run"),
    ],
)
def test_where_an_extra_has_no_parts_it_is_said_which_python_has_them(monkeypatch, extra, version, system, words):
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(platform, "system", lambda: system[0])
    monkeypatch.setattr(platform, "machine", lambda: system[1])
    error = MissingExtraError("Converting", extra)
    monkeypatch.undo()
    assert error.remedy == f"{words}: pip install 'edgewright[{extra}]'"


@pytest.mark.parametrize("name", ["fail_to_convert", "fail_as_the_system"])
def test_facts_come_out_of_a_child(name):
    from machine import child_functions

    with pytest.raises((ConversionError, DelegateError)) as caught:
        run_in_child(getattr(child_functions, name))
    assert str(caught.value) == "m.keras: it broke. Use another"
    assert (caught.value.where, caught.value.remedy) == ("m.keras", "Use another")


@pytest.mark.parametrize(
    ("name", "ending"), [("leave_with_code", "exit code 3"), ("die_of_a_signal", "SIGSEGV"), ("raise_something", "")]
)
def test_how_a_child_ended_is_no_part_of_its_log(name, ending):
    """What the child printed last speaks of another ending than its own."""
    from machine import child_functions

    with pytest.raises(ChildCrashError) as caught:
        run_in_child(getattr(child_functions, name))
    assert caught.value.ending == ending
    assert "died of SIGBUS, exit code 99" in str(caught.value)
    assert "SIGBUS" not in caught.value.summary
