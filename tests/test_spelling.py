"""Messages name arguments as their reader writes them: Python's words in a program, options on the command line."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from edgewright.cli.app import VERBS, _edgewright
from edgewright.cli.words.options import options_of
from edgewright.errors import UsageError
from edgewright.machine import run_in_child
from edgewright.spelling import Option, argument, either, options, spelled_as

CONVERT = {
    "overwrite": Option(("--force",), flag=True),
    "quantize": Option(("--quantize",)),
    "input_shape": Option(("--input-shape",)),
    "normalization": Option(("--mean", "--std")),
    "source": Option(("SOURCE",)),
    "head": Option(("--head",), command="run"),
}

# argument, in Python, on the command line
SPELLED = [
    (("overwrite", True), "overwrite=True", "--force"),
    (("overwrite",), "overwrite", "--force"),
    (("quantize", "dynamic"), "quantize='dynamic'", "--quantize dynamic"),
    (("quantize",), "quantize", "--quantize"),
    (("input_shape", (1, 224, 224, 3)), "input_shape=(1, 224, 224, 3)", "--input-shape 1,224,224,3"),
    (("input_shape",), "input_shape", "--input-shape"),
    (("normalization", (127.5, 128)), "normalization=(127.5, 128)", "--mean 127.5 --std 128"),
    (("normalization", ([1, 2], [3, 4])), "normalization=([1, 2], [3, 4])", "--mean 1,2 --std 3,4"),
    (("normalization",), "normalization", "--mean and --std"),
    (("source",), "source", "SOURCE"),
    (("head", "scores"), "head='scores'", "--head scores of edgewright run"),
    (("max_pixels", 9), "max_pixels=9", "--max-pixels 9"),
]


@pytest.mark.parametrize(("said", "python", "command"), SPELLED)
def test_an_argument_is_spelled_for_its_reader(said: tuple[str, object], python: str, command: str):
    assert argument(*said) == python
    with spelled_as(CONVERT):
        assert argument(*said) == command
    assert argument(*said) == python


def test_other_words_where_no_single_argument_is_meant():
    words = {"python": "load_delegate()", "command": "--delegate LIBRARY"}
    assert either(**words) == "load_delegate()"
    with spelled_as(CONVERT):
        assert either(**words) == "--delegate LIBRARY"


def test_threads_speak_as_their_process_does():
    heard: list[str] = []
    with spelled_as(CONVERT):
        thread = threading.Thread(target=lambda: heard.append(argument("overwrite", True)))
        thread.start()
        thread.join()
    assert heard == ["--force"]


def refuse() -> None:
    raise UsageError(f"refused: {argument('quantize', 'int8')}")


def test_children_speak_as_their_parent_does():
    with pytest.raises(UsageError, match="quantize='int8'"):
        run_in_child(refuse)
    with spelled_as(CONVERT), pytest.raises(UsageError, match="--quantize int8"):
        run_in_child(refuse)


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_of_a_verb_is_found_under_its_argument(verb: str):
    command = _edgewright.get_command(None, verb)
    known = options_of(command)
    for parameter in command.params:
        assert known[parameter.name].written() in (*parameter.opts, parameter.human_readable_name)


def test_a_command_line_leaves_python_as_it_was(tmp_path):
    program = (
        "from edgewright.cli import main\nfrom edgewright.spelling import options\n"
        "try: main(['inspect', 'missing.tflite'])\nexcept SystemExit as end: print(end.code, options())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == "1 None\n"
    assert options() is None
