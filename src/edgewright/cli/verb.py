"""What all verbs have in common: `--json`, and how results are printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

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


class Size(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A number of bytes: "800M", "4G" or plain digits; units count by 1,024."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The bytes meant."""
        if isinstance(value, int):
            return value
        text = str(value).strip().upper().removesuffix("B").removesuffix("I")
        exponent = "KMGT".find(text[-1:]) + 1 if text[-1:] else 0
        try:
            size = float(text[:-1] if exponent else text) * 1024**exponent
        except ValueError:
            size = 0
        if not 0 < size < 2**63:
            self.fail(f"{value!r} is no size. Expected bytes, or a number with a unit: 800M, 4G", param, ctx)
        return int(size)


SIZE = Size()


def json_option(function: _F) -> _F:
    """Add `--json`, which prints one JSON document for programs in place of tables for people."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")(function)


def print_json(document: Any, *, err: bool = False) -> None:
    """Print one JSON document; numbers that JSON has not, NaN and infinity, are null.

    `err`: on standard error, where results of another form have standard output.
    """
    import re

    from edgewright.documents import json_text

    # JSON itself escapes the first 32 control characters; those above 127 steer a terminal too, and lone surrogates
    # cannot be written. Both stand inside strings only, where an escape says the same.
    text = json_text(document, indent=2)
    click.echo(re.sub("[\x7f-\x9f\ud800-\udfff]", lambda sign: f"\\u{ord(sign.group()):04x}", text), err=err)


def numbers(text: str | None, option: str) -> tuple[float, ...]:
    """Comma-separated numbers of an option: "127.5" or "0.485,0.456,0.406"."""
    if text is None:
        return ()
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is no number, nor numbers with commas between", param_hint=option) from None
