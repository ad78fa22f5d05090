"""What the words of a command line mean as inputs of a model: files, folders, patterns, ...."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from edgewright.errors import DataError
from edgewright.report import printable

if TYPE_CHECKING:
    from edgewright.task import InputKind


def find_inputs(takes: InputKind, words: Sequence[str]) -> list[Any]:
    """All inputs that the words stand for; what is passed over is said on standard error.

    Raises `DataError` where there are none.
    """
    found = list(takes.find(words))
    asked = getattr(takes, "left_out", None)
    left_out = asked(words) if asked is not None else None
    if not found:
        also = f"; {left_out}" if left_out else ""
        raise DataError(f"{', '.join(words)}: no {takes.plural} in there{also}")
    if left_out:
        click.echo(f"edgewright: {printable(left_out)}", err=True)
    return found
