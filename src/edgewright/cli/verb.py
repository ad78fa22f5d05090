"""What all verbs have in common: `--json`, and how results are printed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])

HELP = {"help_option_names": ["-h", "--help"]}


def json_option(function: _F) -> _F:
    """Add `--json`, which prints one JSON document for programs in place of tables for people."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document for programs.")(function)


def print_json(document: Any) -> None:
    """Print one JSON document."""
    import json

    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def numbers(text: str | None, option: str) -> tuple[float, ...]:
    """Comma-separated numbers of an option: "127.5" or "0.485,0.456,0.406"."""
    if text is None:
        return ()
    try:
        return tuple(float(word) for word in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is no number, nor numbers with commas between", param_hint=option) from None
