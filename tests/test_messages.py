"""Whatever the command line can print: no text of the source names an argument of Python past `spelling.argument`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edgewright.cli.app import VERBS, _edgewright
from edgewright.cli.words.options import options_of
from messages import Text, arguments, functions, marked, of_commands, python_calls, python_names, texts, typed_words

# What is no argument of ours, or is read by programs in Python only, and where.
OF_PYTHON = {
    "agent/config/settings.py": "parse_link",  # how `Settings` is made
    "agent/dashboard/serving/streams.py": "boundary",  # HTTP's
    "agent/delivery/sequence.py": "done",  # a line of a file
    "agent/health.py": "version",  # of a format, in a header
    "convert/sources/onnx/lowering/tool.py": "message node",  # what the tool prints
    "convert/sources/tensorflow/saved_model.py": "signatures",  # TensorFlow's: how such a file is saved
    "convert/sources/torch/checkpoint.py": "example_inputs weights",  # "In Python, …"
    "deploy/scripting.py": "axis box encoding kind mask sep strict",  # of a program that is written
    "deploy/fleet/fleet_file.py": "stop_after",  # what fleet.toml calls it
    "engine/construction.py": "model_content model_path num_threads",  # `Interpreter`
    "cli/words/bash.py": "kind",  # Bash's
    "engine/explain.py": "allocate_tensors experimental_op_resolver_type experimental_preserve_all_tensors "
    "resize_tensor_input",  # `Interpreter`
    "engine/feeds.py": "open_engine",
    "machine/timing.py": "round_medians turn_s",
    "media/arrays.py": "dtype x y",  # NumPy's: how such a file is saved
    "model/describing/schema.py": "color_space default_score delim_regex_pattern sample_rate",
    "model/storage/schema.py": "custom_options is_variable shape_signature signature_key subgraph_index tensor_index "
    "zero_point",
    "quantization/recipes.py": "io_dtype kept_as",  # `Recipe`
    "report/page.py": "width",  # HTML's
    "report/pictures.py": "encode_png",
    "task/results/segmentation.py": "scores",  # `Segmentation.score_map`
    "task/streaming.py": "find_pictures",
}  # fmt: skip

# Options of other programs, and parts of whole commands.
OF_PROGRAMS = {
    "agent/capture/sources/picamera.py": "--list-cameras --system-site-packages",
    "bundle/program.py": "--help",  # of the device's own program
    "check/next_steps.py": "--modernize --pass",
    "deploy/fleet/releasing.py": "--sign",  # to be said with `argument`
    "deploy/packing/locks.py": "--hash",
    "deploy/targets/java.py": "--enable-native-access",
    "deploy/targets/web.py": "--directory",
    "hub/origins/package.py": "--hash",
    "media/pictures/formats.py": "--upgrade",
    "model/describing/damage.py": "--mean --std",  # becomes `either(command=…)`
}

# What describes an object in memory, which no command is given.
IN_MEMORY = {"example_inputs", "weights"}


def names_in(text: str) -> list[str]:
    return [*python_names(text, arguments()), *python_calls(text, functions())]


def findings() -> Iterator[tuple[Text, list[str]]]:
    return ((text, names_in(text.text)) for text in texts() if " " in text.text.strip())


def test_no_text_names_an_argument_of_python():
    wrong = [
        f"{text.path}:{text.line}: {', '.join(names)}: {text.text[:100]!r}"
        for text, names in findings()
        if names and not set(names) <= set(OF_PYTHON.get(text.path, "").split())
    ]
    assert not wrong, "say it with edgewright.spelling.argument:\n" + "\n".join(wrong)


def test_nothing_is_let_pass_that_is_not_there():
    there = {(text.path, name) for text, names in findings() for name in names}
    assert {(path, name) for path, names in OF_PYTHON.items() for name in names.split()} <= there


def test_no_text_of_the_library_names_an_option_of_the_command_line():
    wrong = [
        f"{text.path}:{text.line}: {', '.join(words)}: {text.text[:100]!r}"
        for text in texts()
        if not text.path.startswith("cli/") and " " in text.text.strip() and text.text not in of_commands()
        if (words := typed_words(text.text)) and not set(words) <= set(OF_PROGRAMS.get(text.path, "").split())
    ]
    assert not wrong, "say it with edgewright.spelling.argument or either:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Name another one with --out, or add --force", ["--out", "--force"]),
        ("saved (--save-dir)", ["--save-dir"]),
        ("run: edgewright inspect --reseal FILE", []),
        ("color: var(--ink)", []),
        ("a - b -- c", []),
    ],
)
def test_the_reader_finds_options(text: str, words: list[str]):
    assert typed_words(text) == words


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("allow overwriting (overwrite=True, --force)", ["overwrite"]),
        ("int8 needs representative_data", ["representative_data"]),
        ("quantize='int8' needs samples", ["quantize"]),
        ("Say it with input_shape, for example (1, 2)", ["input_shape"]),
        ("input_shape {} is no shape", ["input_shape"]),
        ("task={} is unknown", ["task"]),
        ("Use engine='litert'", ["engine"]),
        ("open it with experimental_delegates=[load_delegate('x')]", ["experimental_delegates", "load_delegate"]),
        ("size=(224, 224)", ["size"]),
        ("Raise it with max_pixels={}, or make it smaller", ["max_pixels"]),
        ("labels={}", ["labels"]),
        ("max_drop is {}", ["max_drop"]),
        ("open it again with open_engine()", ["open_engine"]),
        ("the threshold is {}, the labels are 3", []),
        ("Raise it with --max-pixels 9", []),
        ("a label: dog=0.5", []),
        ("saved_model.pb in my_model.keras", []),
    ],
)
def test_the_reader_finds_them(text: str, names: list[str]):
    assert names_in(text) == names


@pytest.mark.parametrize("verb", VERBS)
def test_every_argument_that_a_message_names_is_an_option(verb: str):
    """Of the verb itself, or of another one that the message then names."""
    known = {*options_of(_edgewright.get_command(None, verb)), *IN_MEMORY}
    missing = sorted({f"{text.text} ({text.path}:{text.line})" for text in marked() if text.text not in known})
    assert not missing


@pytest.mark.parametrize("verb", VERBS)
def test_where_another_verb_has_the_option_it_does_have_it(verb: str):
    for name, option in options_of(_edgewright.get_command(None, verb)).items():
        if option.command:
            own = options_of(_edgewright.get_command(None, option.command))[name]
            assert (own.words, own.flag, own.command) == (option.words, option.flag, "")
