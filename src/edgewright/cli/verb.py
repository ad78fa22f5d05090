"""What all verbs have in common: `--json`, and how results are printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

_DIGITS = 10  # Python refuses to read numbers of thousands.

FAILED = 1
"""The exit code of a verb that did not do what it was asked for."""

HELP = {"help_option_names": ["-h", "--help"]}


class GroupedCommand(click.Command):
    """A command whose --help shows its options under headings: `groups` is heading -> names of the options."""

    def __init__(self, *arguments: Any, groups: Mapping[str, Sequence[str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups, then what belongs to none."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {option.name or "": option.get_help_record(ctx) for option in options}
        grouped = [(heading, [records.pop(name) for name in names]) for heading, names in self._groups.items()]
        for heading, found in (*grouped, ("Other", list(records.values()))):
            if lines := [record for record in found if record]:
                with formatter.section(heading):
                    formatter.write_dl(lines)


class Renamed(click.Option):
    """An option that had other names `before`: they still work, and no help shows them."""

    def __init__(self, *arguments: Any, before: Sequence[str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._before = before

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Have all names read."""
        shown = self.opts
        self.opts = [*shown, *self._before]
        super().add_to_parser(parser, ctx)
        self.opts = shown


def json_option(function: _F) -> _F:
    """Add `--json`, which prints one JSON document for programs in place of tables for people."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")(function)


def normalization(mean: str | None, std: str | None) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    """What `--mean` and `--std` say together; None where neither is given."""
    if (mean is None) != (std is None):
        raise click.UsageError("--mean and --std go together")
    return None if mean is None else (numbers(mean, "--mean"), numbers(std, "--std"))


def print_json(document: Any, *, err: bool = False) -> None:
    """Print one JSON document; numbers that JSON has not, NaN and infinity, are null.

    `err`: on standard error, where results of another form have standard output.
    """
    from edgewright.documents import escaped, json_text

    click.echo(escaped(json_text(document, indent=2)), err=err)


def given_words() -> dict[str, str]:
    """What was typed: the names of arguments and options, with their words."""
    context = click.get_current_context()
    return {
        name: word_of(parameter)
        for parameter in context.command.params
        if (name := parameter.name or "")
        and context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        and context.params.get(name) not in (None, ())
    }


def word_of(parameter: click.Parameter) -> str:
    """How it is written: an option by the first of its long names, which help has first too."""
    if not isinstance(parameter, click.Option):
        return parameter.human_readable_name
    return next((word for word in parameter.opts if word.startswith("--")), parameter.opts[-1])


def refuse_others(allowed: Collection[str], word: str) -> None:
    """Raise `click.UsageError` where anything was typed that does not go with `word`, which allows these names."""
    others = [typed for name, typed in given_words().items() if name not in allowed]
    if others:
        raise click.UsageError(f"{others[0]} does not go with {word}")


@contextmanager
def told_by(option: str, hint: str = "") -> Iterator[None]:
    """Say of a value that cannot be which option it was given to."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}{hint}") from None


def say(text: object) -> None:
    """Say one line to whoever looks on; what comes out of a file cannot steer a terminal with it."""
    from edgewright.report import printable

    # `click.echo` would write into a bar; with its end in a second call, another thread could write in between.
    if sys.stderr is not None:
        sys.stderr.write(f"edgewright: {printable(text)}\n")


def say_some(what: str, lines: Sequence[object], most: int = 5) -> None:
    """Say the first few of many lines below what they are; --json has all."""
    if not lines:
        return
    from edgewright.report import printable

    say(f"{what} ({len(lines):,}):")
    for line in lines[:most]:
        click.echo(f"  {printable(line)}", err=True)
    if len(lines) > most:
        click.echo(f"  and {len(lines) - most:,} more", err=True)


def sizes(text: str | None, option: str) -> tuple[int, ...]:
    """Comma-separated whole numbers of an option, each of at least 1: "1,224,224,3"."""
    if text is None:
        return ()
    found = counts(text)
    if not found:
        raise click.BadParameter(f"{text!r}: give whole numbers of at least 1, with commas between", param_hint=option)
    return found


def counts(text: str) -> tuple[int, ...]:
    """Whole numbers of at least 1 with commas between: "1,2"; none at all where anything else is in the text."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and len(word) < _DIGITS and int(word) for word in words):
        return ()
    return tuple(map(int, words))


def numbers(text: str | None, option: str) -> tuple[float, ...]:
    """Comma-separated numbers of an option: "127.5" or "0.485,0.456,0.406"."""
    if text is None:
        return ()
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is no number, nor numbers with commas between", param_hint=option) from None
