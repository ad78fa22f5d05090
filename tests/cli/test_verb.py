"""What all verbs read and say in the same way: sizes of an option, and one line for whoever looks on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from edgewright.cli.app import VERBS, _edgewright
from edgewright.cli.verb import say, sizes

from ..conftest import Run

NO_SIZES = ["inf", "nan", "1.9", "1,1e3", "0,3", "-1", "", "1,,2", "9" * 5000]


@pytest.mark.parametrize("text", NO_SIZES)
def test_sizes_are_whole_numbers_and_nothing_is_cut_to_one(text: str) -> None:
    with pytest.raises(click.BadParameter, match="whole numbers of at least 1"):
        sizes(text, "--input-shape")


def test_sizes_are_read_in_their_order() -> None:
    assert sizes("1, 224,224,3", "--input-shape") == (1, 224, 224, 3)
    assert sizes(None, "--input-shape") == ()


@pytest.mark.parametrize("verb", ["check", "convert"])
@pytest.mark.parametrize("text", ["inf", "nan", "1.9"])
def test_a_shape_that_is_none_is_refused_in_one_line(verb: str, text: str, edgewright: Run, tmp_path: Path) -> None:
    source = tmp_path / "model.keras"
    source.write_bytes(b"PK\x03\x04")
    done = edgewright(verb, source, "--input-shape", text)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
    assert "--input-shape" in done.stderr
    assert "unforeseen" not in done.stderr


def test_what_is_said_stays_on_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    say("a\nb\x1b]0;title\x07")
    assert capfd.readouterr().err == "edgewright: a b\ufffd]0;title\ufffd\n"


def _commands() -> Iterator[tuple[str, click.Command]]:
    for verb in VERBS:
        command = _edgewright.get_command(click.Context(_edgewright), verb)
        assert command is not None
        yield verb, command
        for name, part in getattr(command, "commands", {}).items():
            yield f"{verb} {name}", part


@pytest.mark.parametrize(("verb", "command"), [*_commands()], ids=lambda value: value if isinstance(value, str) else "")
def test_what_is_written_is_named_alike_by_all(verb: str, command: click.Command) -> None:
    options = [option for option in command.params if isinstance(option, click.Option)]
    for option in options:
        assert ("-o" in option.opts) == ("--out" in option.opts), option.opts
        assert "--report" not in option.opts
    assert "--json" in [word for option in options for word in option.opts] or isinstance(command, click.Group)


@pytest.mark.parametrize(
    ("verb", "word"),
    [
        ("run", "--save-dir"),
        ("watch", "--output"),
        ("fleet release", "--to"),
        ("optimize", "--report"),
        ("check", "--report"),
    ],
)
def test_names_that_options_had_before_still_work(verb: str, word: str) -> None:
    command = dict(_commands())[verb]
    context = click.Context(command, info_name=verb)
    parsed, _, _ = command.make_parser(context).parse_args([word, "here"])
    assert "here" in parsed.values()
    assert word not in command.get_help(context)
