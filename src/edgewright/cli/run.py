"""`edgewright run`: pictures in, what the model says of them out."""

from __future__ import annotations

import dataclasses
import io
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.task_options import given_options, task_options
from edgewright.cli.verb import HELP, json_option, print_json
from edgewright.engine import MOST_THREADS
from edgewright.errors import DataError, OutputError
from edgewright.hub import AUTO, load
from edgewright.machine import usable_cores
from edgewright.media import find_pictures
from edgewright.report import csv_text, print_table, printable
from edgewright.report import numbers as written
from edgewright.task import TOP, Answer, Result, Task, in_one_line

FAILED = 1

Outcome = Answer[Path, Result]


@click.command("run", context_settings=HELP)
@click.argument("model")
@click.argument("inputs", nargs=-1, required=True)
@click.option(
    "--top", type=click.IntRange(1), help="How many of what was found. [default: 10 for one picture, 1 for several]"
)
@task_options
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    help="Threads in all: for one picture those of the interpreter, for several one for each --workers. "
    "[default: one for each core that may be used]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_THREADS),
    help="How many of several pictures are worked on at once, each on one thread of its own; with 1 worker, its "
    "interpreter has all --threads. [default: as many as --threads; 1 with --delegate]",
)
@click.option("--engine", metavar="NAME", help="litert (the default), openvino, …; auto: the fastest, measured once.")
@click.option(
    "--delegate", "delegates", multiple=True, metavar="LIB", help="Library that takes over operators: libedgetpu.so.1."
)
@click.option("--max-pixels", type=click.IntRange(1), help="Refuse larger pictures. [default: 100 million]")
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print comma-separated values: input, rank, index, label, score, …."
)
@click.option("--save-dir", type=click.Path(path_type=Path), help="Save each picture with what was found drawn on it.")
@click.option("--force", is_flag=True, help="Replace pictures in --save-dir.")
@json_option
def command(
    model: str,
    inputs: tuple[str, ...],
    top: int | None,
    as_csv: bool,
    save_dir: Path | None,
    force: bool,
    as_json: bool,
    threads: int | None,
    workers: int | None,
    **options: Any,
) -> None:
    """Look at INPUTS (pictures, folders, patterns) with MODEL, a .tflite file or a name from `edgewright models`.

    A classifier's labels or a detector's boxes: one picture gets a table of the ten best, several get a line each, in
    their order, while all cores work. A picture that cannot be read is reported, the others go on, and the exit code is
    1.

    Example: edgewright run mobilenet.tflite photo.jpg
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other")
    if save_dir is not None:
        _make_folder(save_dir)
    pictures = list(find_pictures(inputs))
    if not pictures:
        raise DataError(f"{', '.join(inputs)}: no pictures in there")
    count = top or (TOP if len(pictures) == 1 else 1)
    cores = threads or usable_cores()
    # A device that a delegate opens, such as an Edge TPU, can be opened only once.
    workers = 1 if len(pictures) == 1 else workers or (1 if options["delegates"] else cores)
    chosen = threads if options["engine"] == AUTO else cores
    with _loaded(model, chosen if workers == 1 else 1, given_options(**options)) as opened:
        for notice in opened.notices:
            click.echo(f"edgewright: {printable(notice)}", err=True)
        start = time.monotonic()
        with (
            closing(opened.stream(pictures, workers=workers)) as answers,
            closing(_counted(answers, len(pictures))) as counted,
        ):
            # Lines on a terminal show themselves how far it is.
            outcomes = _reported(counted if as_json or not sys.stdout.isatty() else answers)
            if save_dir is not None:
                outcomes = _saved(outcomes, save_dir, force)
            failures = _print(outcomes, count, as_json, as_csv, len(pictures))
    if len(pictures) > 1:
        click.echo(f"edgewright: {_summary(len(pictures), failures, time.monotonic() - start)}", err=True)
    if failures:
        click.get_current_context().exit(FAILED)


def _loaded(model: str, threads: int | None, options: dict[str, Any]) -> Task[Any]:
    with ProgressBars() as progress:
        return load(model, threads=threads, progress=progress, **options)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: the folder cannot be made: {error.strerror}") from None


def _counted(outcomes: Iterable[Outcome], pictures: int) -> Generator[Outcome, None, None]:
    """Draw how far it is; the bar is gone before a document is printed after the last outcome."""
    with ProgressBars() as progress:
        for done, outcome in enumerate(outcomes, 1):
            progress("pictures", done, pictures)
            yield outcome


def _reported(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Say on standard error which pictures could not be read, as soon as that is known."""
    for outcome in outcomes:
        if outcome.error:
            print(f"edgewright: {printable(outcome.error)}", file=sys.stderr)  # click.echo would write into a bar.
        yield outcome


def _saved(outcomes: Iterable[Outcome], folder: Path, overwrite: bool) -> Iterator[Outcome]:
    from edgewright.files import write_atomic

    names: set[str] = set()
    for outcome in outcomes:
        if outcome.result is not None:
            drawn = io.BytesIO()
            outcome.result.draw(outcome.input).save(drawn, "JPEG", quality=90)
            write_atomic(folder / _free_name(outcome.input, names), drawn.getvalue(), overwrite=overwrite)
        yield outcome


def _free_name(picture: Path, taken: set[str]) -> str:
    """A name of its own for each picture of this run, also where two folders have one of the same name."""
    name, number = f"{picture.stem}.jpg", 1
    while name in taken:
        number += 1
        name = f"{picture.stem}-{number}.jpg"
    taken.add(name)
    return name


def _print(outcomes: Iterable[Outcome], top: int, as_json: bool, as_csv: bool, pictures: int) -> int:
    """Print the results in the form that was asked for; the return value is the number of failures."""
    if as_json:
        return _print_document(outcomes, top)
    if as_csv:
        return _print_csv(outcomes, top)
    failures = 0
    for outcome in outcomes:
        if outcome.result is None:
            failures += 1
        elif pictures == 1:
            print_table(dataclasses.replace(outcome.result.table(top), title=str(outcome.input)))
        else:
            click.echo(printable(f"{outcome.input}: {in_one_line(outcome.result, top)}"))
    return failures


def _summary(pictures: int, failures: int, seconds: float) -> str:
    unread = f", {failures:,} of them unreadable" if failures else ""
    return f"{pictures:,} pictures in {written.duration(seconds)}{unread}; {pictures / seconds:,.1f} a second"


def _print_document(outcomes: Iterable[Outcome], top: int) -> int:
    results: list[dict[str, Any]] = []
    for outcome in outcomes:
        said = {"error": str(outcome.error)} if outcome.result is None else outcome.result.to_dict(top)
        results.append({"input": str(outcome.input), **said})
    print_json(results)
    return sum("error" in result for result in results)


def _print_csv(outcomes: Iterable[Outcome], top: int) -> int:
    import csv

    writer = csv.writer(sys.stdout)
    failures, header = 0, None
    for outcome in outcomes:
        if outcome.result is None:
            failures += 1
            continue
        sheet = outcome.result.table(top).to_sheet()
        if header is None:
            header = ("input", *sheet.header)
            writer.writerow(header)
        for row in sheet.rows:
            writer.writerow(map(_csv_cell, (str(outcome.input), *row)))
    return failures


def _csv_cell(value: str | int | float | None) -> str | int | None:
    """Labels and names of files are strangers' text; numbers are ours."""
    if isinstance(value, str):
        return csv_text(value)
    return f"{value:.6f}" if isinstance(value, float) else value
