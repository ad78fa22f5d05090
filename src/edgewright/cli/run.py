"""`edgewright run`: pictures, or whatever else a model takes, in; what it says of them out."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from edgewright.cli.answers.printing import Outcome, Tally, print_outcomes
from edgewright.cli.inputs.finding import find_inputs
from edgewright.cli.progress import ProgressBars
from edgewright.cli.second_model import SECOND_MODEL, Second, open_chain, second_model, second_model_options
from edgewright.cli.task_options import TASK_GROUPS, given_options, task_options
from edgewright.cli.tracking.following import followed, refuse_all_but_a_video, tracker_for
from edgewright.cli.tracking.printing import print_tracks
from edgewright.cli.verb import HELP, GroupedCommand, json_option
from edgewright.cli.words.completion import engines, files, models
from edgewright.cli.words.order import refuse_swapped
from edgewright.engine import MOST_THREADS
from edgewright.hub import AUTO, load, of_signature, read
from edgewright.machine import usable_cores
from edgewright.model import ModelFile
from edgewright.report import printable
from edgewright.task import TOP, Answering, input_of, kind_of

FAILED = 1

_OF_SERIES = ("mean", "std", "columns", "rate", "window", "hop")

_GROUPS = {
    "What is printed and saved": ("top", "as_json", "as_csv", "save_dir", "track", "blur", "force"),
    **TASK_GROUPS | {"Pictures": (*TASK_GROUPS["Pictures"], "max_pixels", "every")},
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
    "--every",
    metavar="N",
    help="Of a video: each so many frames (10), or the next one after so many seconds (0.5s). [default: 1s; with "
    "--track every one]",
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
    "--track",
    is_flag=True,
    help="Of a video: follow the things that are found, from frame to frame, and print when each was there; with -o, "
    "save the video with them.",
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
    track: bool,
    blur: bool,
    force: bool,
    as_json: bool,
    threads: int | None,
    workers: int | None,
    examples: Path | None,
    every: str | None,
    **options: Any,
) -> None:
    """Run MODEL, a .tflite file or a name from `edgewright models`, on INPUTS: files, folders, patterns.

    An input may also be an http(s) address, a video file, of which one frame for each second is looked at, or -,
    standard input.

    What comes out is what the model is for: a classifier's labels, a detector's boxes, …. One input gets a table,
    several get a line each, in their order, while all cores work. An input that cannot be read is reported, the others
    go on, and the exit code is 1.

    Example: edgewright run mobilenet.tflite photo.jpg

    Example: edgewright run detector.tflite https://example.org/street.jpg door.mp4 --every 2s

    Example: edgewright run detector.tflite street.mp4 --track -o followed/

    Example: edgewright run pump.tflite --columns ax,ay,az --rate 50 today.csv

    Example: edgewright run minilm_l6_v2 "are you coming?" --examples replies.csv

    Example: edgewright run detector.tflite --then classifier.tflite --on bird photo.jpg
    """
    refuse_swapped(model, inputs)
    second = second_model(options)
    _refuse(as_csv and as_json, "--csv and --json exclude each other")
    _refuse(blur and save_dir is None, "--blur goes with -o FOLDER, which the blurred pictures are saved in")
    _refuse(track and blur, "--track and --blur exclude each other")
    if track:
        refuse_all_but_a_video(inputs)
        every = every or "1"
    _refuse(second is not None and examples is not None, "--then and --examples exclude each other")
    _refuse(quantile is not None and fit_threshold is None, "--quantile goes with --fit-threshold")
    if save_dir is not None:
        from edgewright.cli.saving import make_folder

        make_folder(save_dir)
    file = of_signature(read(model), options.pop("signature"))
    kind = kind_of(file, options.pop("task"), options)
    takes = input_of(file, kind)
    found = find_inputs(takes, inputs, every)
    if fit_threshold is not None:
        from edgewright.cli.fitting import write_fitted

        of_series = given_options(**{name: options[name] for name in _OF_SERIES})
        write_fitted(file, found.items, fit_threshold, quantile, of_series, force=force, as_json=as_json)
        return
    count = top or (TOP if found.total == 1 else 1)
    cores = threads or usable_cores()
    # A device that a delegate opens, such as an Edge TPU, can be opened only once.
    workers = 1 if found.total == 1 else workers or (1 if options["delegates"] else cores)
    chosen = threads if options["engine"] == AUTO else cores
    given = given_options(**options, task=kind)
    with _loaded(file, examples or second, chosen if workers == 1 else 1, given) as opened:
        for notice in opened.notices:
            click.echo(f"edgewright: {printable(notice)}", err=True)
        start, tally = time.monotonic(), Tally()
        with (
            closing(opened.stream(found.items, workers=workers)) as answers,
            closing(_counted(answers, takes.plural, found.total)) as counted,
        ):
            # Lines on a terminal show themselves how far it is.
            outcomes = tally.reported(counted if as_json or not sys.stdout.isatty() else answers)
            if track:
                outcomes = followed(outcomes, tracker_for(options["threshold"]))
                print_tracks(_filmed(outcomes, inputs[0], save_dir, force), inputs[0], as_json=as_json, as_csv=as_csv)
            else:
                outcomes = _drawn(outcomes, save_dir, force, blur)
                print_outcomes(outcomes, count, as_json=as_json, as_csv=as_csv, single=found.total == 1)
    if found.total != 1:
        click.echo(f"edgewright: {tally.summary(takes.plural, time.monotonic() - start)}", err=True)
    if tally.failures:
        click.get_current_context().exit(FAILED)


def _drawn(outcomes: Iterator[Outcome], folder: Path | None, force: bool, blur: bool) -> Iterator[Outcome]:
    if folder is None:
        return outcomes
    from edgewright.cli.saving import saved

    return saved(outcomes, folder, overwrite=force, blur=blur)


def _filmed(outcomes: Iterator[Outcome], video: str, folder: Path | None, force: bool) -> Iterator[Outcome]:
    if folder is None:
        return outcomes
    from edgewright.cli.tracking.filming import filmed

    return filmed(outcomes, folder / f"{Path(video).stem}.mp4", overwrite=force)


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


def _counted(outcomes: Iterable[Outcome], plural: str, inputs: int | None) -> Generator[Outcome, None, None]:
    """Draw how far it is, if that is known; the bar is gone before a document is printed after the last outcome."""
    with ProgressBars() as progress:
        for done, outcome in enumerate(outcomes, 1):
            progress(plural, done, inputs or done + 1)
            yield outcome
