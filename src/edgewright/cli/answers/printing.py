"""How `run` prints its answers: a table or a line for people, JSON or comma-separated values for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import click

from edgewright.cli.verb import print_json, say
from edgewright.report import csv_text, encodable, numbers, print_table, printable, shorten
from edgewright.task import Answer, Result, as_document, in_one_line
from edgewright.values import dataclass

_LONGEST_NAME = 60

Outcome = Answer[Any, Result]


@dataclass
class Tally:
    """How many inputs there were, and of how many no answer came."""

    inputs: int = 0
    failures: int = 0

    def reported(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Count, and say on standard error what could not be answered, as soon as that is known."""
        for outcome in outcomes:
            self.inputs += 1
            if outcome.error:
                self.failures += 1
                say(outcome.error)
            yield outcome
            forget = getattr(outcome.input, "forget", None)
            if forget is not None:
                forget()

    def summary(self, plural: str, seconds: float) -> str:
        """All of it in a line."""
        failed = f", {self.failures:,} of them without an answer" if self.failures else ""
        return f"{self.inputs:,} {plural} in {numbers.duration(seconds)}{failed}; {self.inputs / seconds:,.1f} a second"


def print_outcomes(outcomes: Iterable[Outcome], top: int, *, as_json: bool, as_csv: bool, single: bool) -> None:
    """Print the results in the form that was asked for; a `single` one gets a table."""
    if as_json:
        print_json([as_document(outcome, top) for outcome in outcomes])
    elif as_csv:
        _print_csv(outcomes, top)
    else:
        _print_lines(outcomes, top, single)


def _print_lines(outcomes: Iterable[Outcome], top: int, single: bool) -> None:
    first = None
    for outcome in outcomes:
        first = outcome.result if first is None else first
        if outcome.result is None:
            continue
        if single:
            print_table(replace(outcome.result.table(top), title=_called(outcome.input)))
        else:
            line = printable(f"{_called(outcome.input)}: {in_one_line(outcome.result, top, first)}")
            click.echo(encodable(line, sys.stdout))


def _called(source: Any) -> str:
    """What an input is called for people: a file by its whole path, a long text by its ends."""
    return shorten(printable(source), _LONGEST_NAME) if isinstance(source, str) else printable(source)


class Encodable:
    """Standard output, with what its encoding has not replaced: a stranger's label ends no run."""

    def write(self, text: str) -> int:
        """Write it, as a file does."""
        return sys.stdout.write(encodable(text, sys.stdout))


def _print_csv(outcomes: Iterable[Outcome], top: int) -> None:
    import csv

    writer = csv.writer(Encodable())
    printed, header = None, None
    for outcome in outcomes:
        if outcome.result is None:
            continue
        sheet = outcome.result.table(top).to_sheet()
        header = ("input", *sheet.header)
        # Where nothing was found it may not be known what there would be to say of it.
        if sheet.rows and header != printed:
            writer.writerow(header)
            printed = header
        for row in sheet.rows:
            writer.writerow(map(_csv_cell, (str(outcome.input), *row)))
    if printed is None and header is not None:
        writer.writerow(header)


def _csv_cell(value: str | int | float | None) -> str | int | None:
    """Labels and names of files are strangers' text; numbers are ours."""
    if isinstance(value, str):
        return csv_text(value)
    return f"{value:.6f}" if isinstance(value, float) else value
