"""`edgewright run`: pictures, or whatever else a model takes, in; what it says of them out."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from edgewright.cli.inputs.finding import find_inputs
from edgewright.cli.progress import ProgressBars
from edgewright.cli.second_model import SECOND_MODEL, Second, open_chain, second_model, second_model_options
from edgewright.cli.task_options import TASK_GROUPS, given_options, task_options
from edgewright.cli.verb import HELP, GroupedCommand, json_option, print_json
from edgewright.cli.words.completion import engines, files, models
from edgewright.cli.words.order import refuse_swapped
from edgewright.engine import MOST_THREADS
from edgewright.hub import AUTO, load, of_signature, read
from edgewright.machine import usable_cores
from edgewright.model import ModelFile
from edgewright.report import csv_text, print_table, printable, shorten
from edgewright.report import numbers as written
from edgewright.task import TOP, Answer, Answering, Result, in_one_line, input_of, kind_of

FAILED = 1

_LONGEST_NAME = 60

_OF_SERIES = ("mean", "std", "columns", "rate", "window", "hop")

Outcome = Answer[Any, Result]


_GROUPS = {
    "What is printed and saved": ("top", "as_json", "as_csv", "save_dir", "blur", "force"),
    **TASK_GROUPS | {"Pictures": (*TASK_GROUPS["Pictures"], "max_pixels")},
    "Smart reply": ("examples",),
    "A second model": SECOND_MODEL,
    "A threshold for anomalies": ("fit_threshold", "quantile"),
    "What runs it": ("threads", "workers", "engine", "delegates"),
}


@click.command("run", cls=GroupedCommand, groups=_GROUPS, context_settings=HELP)
@click.argument("model", shell_complete=models)
@click.argument("inputs", nargs=-1, required=True, shell_complete=files)
@click.option(
    "--top", type=click.IntRange(1), help="How many of what was found. [default: 10 for one input, 1 for several]"
)
@click.option(
    "--examples",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="Messages and the replies to them, message,reply in each line: a model that compares texts then answers each "
    "text with what was replied to texts like it. --threshold: the score from which on it does. [default: worked out "
    "of the examples]",
)
@second_model_options
@task_options
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    help="Threads in all: for one input those of the interpreter, for several one for each --workers. "
    "[default: one for each core that may be used]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_THREADS),
    help="How many of several inputs are worked on at once, each on one thread of its own; with 1 worker, its "
    "interpreter has all --threads. [default: as many as --threads; 1 with --delegate]",
)
@click.option(
    "--engine",
    metavar="NAME",
    shell_complete=engines,
    help="litert (the default), openvino, …; auto: the fastest, measured once.",
)
@click.option(
    "--delegate", "delegates", multiple=True, metavar="LIB", help="Library that takes over operators: libedgetpu.so.1."
)
@click.option("--signature", metavar="KEY", help="Which of a file's signatures to run. [default: the first]")
@click.option("--max-pixels", type=click.IntRange(1), help="Refuse larger pictures. [default: 100 million]")
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print comma-separated values: input, rank, index, label, score, …."
)
@click.option(
    "--fit-threshold",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Series in which all is normal: write OUT.tflite with the threshold of an anomaly that they show.",
)
@click.option(
    "--quantile", type=float, metavar="Q", help="With --fit-threshold: the share of normal windows. [default: 0.999]"
)
@click.option(
    "-o",
    "--save-dir",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Save what was found: each picture with it drawn on, or what else says most.",
)
@click.option(
    "--blur", is_flag=True, help="With -o: save each picture with what was found blurred beyond recognition: faces."
)
@click.option("--force", is_flag=True, help="Replace files in --save-dir, and of --fit-threshold.")
@json_option
def command(
    model: str,
    inputs: tuple[str, ...],
    top: int | None,
    as_csv: bool,
    save_dir: Path | None,
    fit_threshold: Path | None,
    quantile: float | None,
    blur: bool,
    force: bool,
    as_json: bool,
    threads: int | None,
    workers: int | None,
    examples: Path | None,
    **options: Any,
) -> None:
    """Run MODEL, a .tflite file or a name from `edgewright models`, on INPUTS: files, folders, patterns.

    What comes out is what the model is for: a classifier's labels, a detector's boxes, …. One input gets a table,
    several get a line each, in their order, while all cores work. An input that cannot be read is reported, the others
    go on, and the exit code is 1.

    Example: edgewright run mobilenet.tflite photo.jpg

    Example: edgewright run pump.tflite --columns ax,ay,az --rate 50 today.csv

    Example: edgewright run minilm_l6_v2 "are you coming?" --examples replies.csv

    Example: edgewright run detector.tflite --then classifier.tflite --on bird photo.jpg
    """
    refuse_swapped(model, inputs)
    second = second_model(options)
    _refuse(as_csv and as_json, "--csv and --json exclude each other")
    _refuse(blur and save_dir is None, "--blur goes with -o FOLDER, which the blurred pictures are saved in")
    _refuse(second is not None and examples is not None, "--then and --examples exclude each other")
    _refuse(quantile is not None and fit_threshold is None, "--quantile goes with --fit-threshold")
    if save_dir is not None:
        from edgewright.cli.saving import make_folder

        make_folder(save_dir)
    file = of_signature(read(model), options.pop("signature"))
    kind = kind_of(file, options.pop("task"), options)
    takes = input_of(file, kind)
    found = find_inputs(takes, inputs)
    if fit_threshold is not None:
        from edgewright.cli.fitting import write_fitted

        of_series = given_options(**{name: options[name] for name in _OF_SERIES})
        write_fitted(file, found, fit_threshold, quantile, of_series, force=force, as_json=as_json)
        return
    count = top or (TOP if len(found) == 1 else 1)
    cores = threads or usable_cores()
    # A device that a delegate opens, such as an Edge TPU, can be opened only once.
    workers = 1 if len(found) == 1 else workers or (1 if options["delegates"] else cores)
    chosen = threads if options["engine"] == AUTO else cores
    given = given_options(**options, task=kind)
    with _loaded(file, examples or second, chosen if workers == 1 else 1, given) as opened:
        for notice in opened.notices:
            click.echo(f"edgewright: {printable(notice)}", err=True)
        start = time.monotonic()
        with (
            closing(opened.stream(found, workers=workers)) as answers,
            closing(_counted(answers, takes.plural, len(found))) as counted,
        ):
            # Lines on a terminal show themselves how far it is.
            outcomes = _reported(counted if as_json or not sys.stdout.isatty() else answers)
            if save_dir is not None:
                from edgewright.cli.saving import saved

                outcomes = saved(outcomes, save_dir, overwrite=force, blur=blur)
            failures = _print(outcomes, count, as_json, as_csv, len(found))
    if len(found) > 1:
        seconds = time.monotonic() - start
        click.echo(f"edgewright: {_summary(len(found), takes.plural, failures, seconds)}", err=True)
    if failures:
        click.get_current_context().exit(FAILED)


def _refuse(wrong: bool, why: str) -> None:
    if wrong:
        raise click.UsageError(why)


def _loaded(
    model: ModelFile, second: Second | Path | None, threads: int | None, options: dict[str, Any]
) -> Answering[Any]:
    with ProgressBars() as progress:
        if second is None:
            return load(model, threads=threads, progress=progress, **options)
        if isinstance(second, Path):
            from edgewright.hub import SmartReply

            return SmartReply(model, second, threads=threads, progress=progress, **options)
        return open_chain(model, second, {"threads": threads, "progress": progress, **options})


def _counted(outcomes: Iterable[Outcome], plural: str, inputs: int) -> Generator[Outcome, None, None]:
    """Draw how far it is; the bar is gone before a document is printed after the last outcome."""
    with ProgressBars() as progress:
        for done, outcome in enumerate(outcomes, 1):
            progress(plural, done, inputs)
            yield outcome


def _reported(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Say on standard error which inputs could not be read, as soon as that is known."""
    for outcome in outcomes:
        if outcome.error:
            print(f"edgewright: {printable(outcome.error)}", file=sys.stderr)  # click.echo would write into a bar.
        yield outcome


def _print(outcomes: Iterable[Outcome], top: int, as_json: bool, as_csv: bool, inputs: int) -> int:
    """Print the results in the form that was asked for; the return value is the number of failures."""
    if as_json:
        return _print_document(outcomes, top)
    if as_csv:
        return _print_csv(outcomes, top)
    failures, first = 0, None
    for outcome in outcomes:
        first = outcome.result if first is None else first
        if outcome.result is None:
            failures += 1
        elif inputs == 1:
            print_table(dataclasses.replace(outcome.result.table(top), title=_called(outcome.input)))
        else:
            click.echo(printable(f"{_called(outcome.input)}: {in_one_line(outcome.result, top, first)}"))
    return failures


def _called(source: Any) -> str:
    """What an input is called for people: a file by its whole path, a long text by its ends."""
    return str(source) if isinstance(source, Path) else shorten(printable(source), _LONGEST_NAME)


def _summary(inputs: int, plural: str, failures: int, seconds: float) -> str:
    failed = f", {failures:,} of them without an answer" if failures else ""
    return f"{inputs:,} {plural} in {written.duration(seconds)}{failed}; {inputs / seconds:,.1f} a second"


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
    failures, printed, header = 0, None, None
    for outcome in outcomes:
        if outcome.result is None:
            failures += 1
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
    return failures


def _csv_cell(value: str | int | float | None) -> str | int | None:
    """Labels and names of files are strangers' text; numbers are ours."""
    if isinstance(value, str):
        return csv_text(value)
    return f"{value:.6f}" if isinstance(value, float) else value
