"""A function that is called at a place: plain values and files go there, what it returns or raises comes back."""

from __future__ import annotations

import sys

import pytest

from edgewright.errors import ChildCrashError, EdgewrightError, ModelError, UsageError
from edgewright.machine.elsewhere.dialogue import error_of, heard, lines_of, request
from edgewright.machine.progress import silent

from ...here import Here


def test_what_a_function_returns_comes_back_with_its_progress(shared_file):
    told = []
    figures = Here().call(
        "edgewright.bench.placed:measure",
        {"names": {"model": "net.tflite"}, "images": False, "engines": ["litert"], "threads": [1], "rounds": 1},
        {"model": shared_file("models/mobilenet_v1_0.25_128_quant.tflite").read_bytes()},
        lambda *step: told.append(step),
    )
    assert figures["model"]["name"] == "net.tflite"
    assert ("latency", 1, 1) in told


def test_an_error_comes_back_as_what_it_was_with_the_name_of_the_place(tmp_path):
    (tmp_path / "bad").write_bytes(b"no model")
    asked = {"names": {"model": "bad.tflite"}, "images": False}
    with pytest.raises(ModelError, match=r"^this machine: bad.tflite: "):
        Here().call("edgewright.bench.placed:measure", asked, {"model": tmp_path / "bad"})


def test_a_process_that_dies_is_told():
    with pytest.raises(ChildCrashError, match=r"ended with 1: .*no_such_room"):
        Here().call("edgewright.no_such_room:work", {}, {})


def test_nothing_but_edgewright_is_called():
    with pytest.raises(EdgewrightError, match="os:getpid is no function of Edgewright"):
        Here().call("os:getpid", {}, {})


def test_what_libraries_print_is_no_answer():
    lines = [b"INFO: delegate\n", b"7\n", b'{"progress": ["step", 1, 2]}\n', b'{"result": [1.5, null]}\n']
    assert heard(lines_of(lines), "there", silent) == [1.5, None]
    with pytest.raises(ChildCrashError, match="there: it gave no answer"):
        heard([], "there", silent)


def test_errors_that_need_more_than_a_text_come_back_as_errors_all_the_same():
    with pytest.raises(UsageError, match=r"^there: no$"):
        heard([error_of(UsageError("no"))], "there", silent)
    with pytest.raises(EdgewrightError, match=r"^there: no$"):
        heard([{"error": "KeyError", "text": "no"}], "there", silent)


def test_a_request_is_one_line():
    assert request("edgewright.x:y", {"a": "1\n2"}, {"f": "/p"}).count(b"\n") == 1


def test_asking_is_no_part_of_starting():
    import subprocess

    program = "import sys, edgewright, edgewright.machine; print([n for n in sys.modules if 'elsewhere' in n])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
