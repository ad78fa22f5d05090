"""What `watch` says of an agent: how it is doing, what came of it, what has not arrived."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.verb import print_json, told_by

if TYPE_CHECKING:
    from edgewright.agent import Status
    from edgewright.report import Table


def refuse_undelivered(status: Status, state: Path) -> None:
    """Raise `OutputError` where all was looked at, and not all of it has arrived."""
    from edgewright.errors import OutputError
    from edgewright.report import numbers

    waiting = [
        f"{numbers.count(count, 'event')} for {sink} ({status.troubles.get(sink, 'there was no time')})"
        for sink, count in status.pending.items()
        if count
    ]
    if waiting:
        raise OutputError(f"not delivered: {'; '.join(waiting)}", remedy=f"The next start sends them from {state}")


def print_summary(status: Status, as_json: bool) -> None:
    """On standard error, behind the log; on standard output only for a program that gets no events there."""
    from edgewright.agent import status_tables

    if as_json:
        print_json(status.to_dict(), err="stdout" in status.sinks)
    else:
        _print_tables(status_tables(status.to_dict()), err=True)


def print_status(folder: Path, as_json: bool, link: str | None = None) -> None:
    """How the agent with this state is doing, on standard output; `link` stands for the network that it was told."""
    from edgewright.agent import read_status, status_tables

    status = read_status(folder)
    if link is not None:
        status |= _over(link, status)
    if as_json:
        print_json(status)
    else:
        _print_tables(status_tables(status), err=False)


def _over(link: str, status: Mapping[str, Any]) -> dict[str, Any]:
    """What a status says of a server over another network."""
    from edgewright.agent import parse_link

    with told_by("--link"):
        network = parse_link(link)
    jpeg, captured = status["jpeg_bytes"], status["captured"]
    server_s = None if jpeg is None or not captured else network.seconds(jpeg / captured)
    return {"link": asdict(network), "server_s": server_s}


def _print_tables(tables: Sequence[Table], *, err: bool) -> None:
    from edgewright.report import print_table

    for number, table in enumerate(tables):
        if number:
            click.echo(err=err)
        print_table(table, file=sys.stderr if err else sys.stdout)
