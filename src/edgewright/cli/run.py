"""`edgewright run`: pictures, or whatever else a model takes, in; what it says of them out."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from edgewright.cli.answers.printing import Outcome, Tally, print_outcomes
from edgewright.cli.inputs.finding import Inputs, find_inputs, is_one_video
from edgewright.cli.opening.second_model import SECOND_MODEL, Second, open_chain, second_model, second_model_options
from edgewright.cli.opening.task_options import TASK_GROUPS, given_options, task_options
from edgewright.cli.progress import ProgressBars
from edgewright.cli.scaling.options import SCALING, Scaling, scale_options, scaling_of
from edgewright.cli.verb import FAILED, HELP, GroupedCommand, Renamed, json_option, refuse_others, say
from edgewright.cli.words.completion import engines, files, models
from edgewright.cli.words.order import refuse_swapped
from edgewright.engine import MOST_THREADS
from edgewright.hub import AUTO, load, of_signature, read
from edgewright.machine import usable_cores
from edgewright.model import ModelFile
from edgewright.task import input_of, kind_of

if TYPE_CHECKING:
    from edgewright.task import Answering, InputKind, TaskKind

_OF_SERIES = ("mean", "std", "columns", "rate", "window", "hop")

_WITH_FIT = {"model", "inputs", "signature", "task", "fit_threshold", "quantile", "force", "as_json", *_OF_SERIES}

_GROUPS = {
    "What is printed and saved": ("top", "as_json", "as_csv", "save_dir", "track", "blur", "force"),
    **TASK_GROUPS | {"Pictures": (*TASK_GROUPS["Pictures"], "max_pixels", "every")},
    "Smart reply": ("examples",),
    "A second model": SECOND_MODEL,
    "A threshold for anomalies": ("fit_threshold", "quantile"),
    "What runs it": ("threads", "workers", "engine", "delegates"),
    "Over many machines": SCALING,
}


class Shown(NamedTuple):
    """How answers are printed and saved: the options of the same names."""

    top: int | None
    as_json: bool
    as_csv: bool
    save_dir: Path | None
    track: bool
    blur: bool
    force: bool

    def refuse_contradictions(self, inputs: tuple[str, ...]) -> None:
        """Raise `click.UsageError` where two of them cannot both be done."""
        _refuse(self.as_csv and self.as_json, "--csv and --json exclude each other")
        blurs_nothing = self.blur and self.save_dir is None
        _refuse(blurs_nothing, "--blur goes with -o FOLDER, which the blurred pictures are saved in")
        _refuse(self.track and self.blur, "--track and --blur exclude each other")
        _refuse(self.track and self.top is not None, "--top does not go with --track, which tells all of it")
        _refuse(self.track and not is_one_video(inputs), "--track goes with one video file")


@click.command("run", cls=GroupedCommand, groups=_GROUPS, context_settings=HELP)
@click.argument("model", metavar="MODEL", required=False, shell_complete=models)
@click.argument("inputs", metavar="INPUTS...", nargs=-1, shell_complete=files)
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
    help="From series in which all is normal, work out the anomaly threshold and write the model with it to OUT.",
)
@click.option(
    "--quantile", type=float, metavar="Q", help="With --fit-threshold: the share of normal windows. [default: 0.999]"
)
@click.option(
    "-o", "--out", "save_dir", cls=Renamed, before=("--save-dir",), type=click.Path(path_type=Path), metavar="FOLDER",
    help="Save what was found: each picture with it drawn on, or what else says most.",
)  # fmt: skip
@click.option(
    "--track",
    is_flag=True,
    help="Of a video: follow the things that are found, from frame to frame, and print when each was there; with -o, "
    "save the video with them.",
)
@click.option(
    "--blur", is_flag=True, help="With -o: save each picture with what was found blurred beyond recognition: faces."
)
@click.option("--force", is_flag=True, help="Replace files in -o FOLDER, never an input, and of --fit-threshold.")
@scale_options
@json_option
def command(model: str, inputs: tuple[str, ...], **options: Any) -> None:
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

    Example: edgewright run mobilenet.tflite photos/ --dry-run

    Example: edgewright run mobilenet.tflite photos/ --shard 3/64 -o out/

    Example: edgewright run mobilenet.tflite photos/ --on ray -o out/
    """
    scaling = scaling_of(options)
    shown = Shown(**{name: options.pop(name) for name in Shown._fields})
    if scaling.status is not None:
        from edgewright.cli.scaling.standing import print_status

        print_status(scaling.status, as_json=shown.as_json)
        return
    refuse_swapped(model, inputs)
    second = second_model(options)
    fitted, quantile, examples = (options.pop(name) for name in ("fit_threshold", "quantile", "examples"))
    if fitted is not None:
        refuse_others(_WITH_FIT, "--fit-threshold")
    _refuse(quantile is not None and fitted is None, "--quantile goes with --fit-threshold")
    _refuse(second is not None and examples is not None, "--then and --examples exclude each other")
    shown.refuse_contradictions(inputs)
    if scaling.writes_rows or scaling.dry_run:
        _scale(model, inputs, scaling, shown, options)
    elif fitted is not None:
        _fit(model, inputs, fitted, quantile, shown, options)
    else:
        _answer(model, inputs, examples or second, shown, options)


def _scale(model: str, inputs: tuple[str, ...], scaling: Scaling, shown: Shown, options: dict[str, Any]) -> None:
    """Say what very many inputs would take, or write the rows of a share of them."""
    threads, workers, _ = (options.pop(name) for name in ("threads", "workers", "every"))
    share = given_options(**options, top=shown.top, workers=workers or threads)
    if scaling.dry_run:
        from edgewright.cli.scaling.dry_run import print_forecast

        print_forecast(model, inputs, shown.save_dir, scaling, as_json=shown.as_json, **share)
        return
    from edgewright.cli.scaling.sharing import run_share

    if run_share(model, inputs, shown.save_dir, scaling, as_json=shown.as_json, **share):
        click.get_current_context().exit(FAILED)


def _fit(
    model: str, inputs: tuple[str, ...], out: Path, quantile: float | None, shown: Shown, options: dict[str, Any]
) -> None:
    """Write a file with the threshold that normal series show."""
    from edgewright.cli.answers.fitting import write_fitted

    of_series = given_options(**{name: options[name] for name in _OF_SERIES})
    file, _, takes = _read(model, options)
    normal = find_inputs(takes, inputs).items
    write_fitted(file, normal, out, quantile, of_series, force=shown.force, as_json=shown.as_json)


def _answer(
    model: str, inputs: tuple[str, ...], second: Second | Path | None, shown: Shown, options: dict[str, Any]
) -> None:
    """Print, and save, what the model says of each input."""
    from edgewright.task import works_alone  # with NumPy, which --help does not need

    threads, workers, every = (options.pop(name) for name in ("threads", "workers", "every"))
    file, kind, takes = _read(model, options)
    found = find_inputs(takes, inputs, every or ("1" if shown.track else None))
    originals = _prepared(shown.save_dir, inputs, found)
    cores = threads or usable_cores()
    said_workers = workers
    # A device that a delegate opens, such as an Edge TPU, can be opened only once.
    workers = 1 if found.total == 1 else workers or (1 if options["delegates"] else cores)
    chosen = threads if options["engine"] == AUTO else cores
    given = given_options(**options, task=kind)
    tally = Tally()
    with _loaded(file, second, chosen if workers == 1 else 1, given) as opened:
        said = opened.notices
        for notice in said:
            say(notice)
        if said_workers is None and works_alone(opened):
            workers = 1
        start = time.monotonic()
        with (
            closing(opened.stream(found.items, workers=workers)) as answers,
            closing(_counted(answers, takes.plural, found.total)) as counted,
        ):
            # Lines on a terminal show themselves how far it is.
            coming = counted if shown.as_json or not sys.stdout.isatty() else answers
            outcomes = tally.reported(_drawn(coming, shown, originals, options["max_pixels"]))
            _show(outcomes, shown, inputs[0], opened, originals, single=found.total == 1)
        for notice in opened.notices:
            if notice not in said:  # Kernels may give up as late as in a run.
                say(notice)
    if found.total != 1:
        say(tally.summary(takes.plural, time.monotonic() - start))
    if tally.failures:
        click.get_current_context().exit(FAILED)


def _read(model: str, options: dict[str, Any]) -> tuple[ModelFile, TaskKind, InputKind]:
    """The file, what it is for, and what it takes."""
    file = of_signature(read(model), options.pop("signature"))
    kind = kind_of(file, options.pop("task"), options)
    return file, kind, input_of(file, kind)


def _prepared(folder: Path | None, words: tuple[str, ...], found: Inputs) -> frozenset[str]:
    """Make the folder to save in; give the files that nothing may be saved over."""
    if folder is None:
        return frozenset()
    from edgewright.cli.answers.saving import folder_beside

    # What is found as it is read, videos and what stands beside them, is known by the words alone.
    return folder_beside(folder, [*map(Path, words), *(found.items if found.total is not None else ())])


def _show(
    outcomes: Iterator[Outcome], shown: Shown, first: str, task: Answering[Any], kept: frozenset[str], *, single: bool
) -> None:
    if shown.track:
        filmed = _filmed(_followed(outcomes, task), first, shown, kept)
        _print_tracks(filmed, first, as_json=shown.as_json, as_csv=shown.as_csv)
        return
    count = shown.top or _top(single)
    print_outcomes(outcomes, count, as_json=shown.as_json, as_csv=shown.as_csv, single=single)


def _drawn(
    outcomes: Iterator[Outcome], shown: Shown, originals: frozenset[str], max_pixels: int | None
) -> Iterator[Outcome]:
    if shown.save_dir is None or shown.track:  # of a video that is followed there is a film
        return outcomes
    from edgewright.cli.answers.saving import saved

    return saved(outcomes, shown.save_dir, originals, overwrite=shown.force, blur=shown.blur, max_pixels=max_pixels)


def _followed(outcomes: Iterator[Outcome], task: Answering[Any]) -> Iterator[Outcome]:
    from edgewright.task import followed, tracker_of

    return followed(outcomes, tracker_of(task))


def _print_tracks(outcomes: Iterable[Outcome], video: str, *, as_json: bool, as_csv: bool) -> None:
    from edgewright.cli.answers.tracks import print_tracks

    print_tracks(outcomes, video, as_json=as_json, as_csv=as_csv)


def _filmed(outcomes: Iterator[Outcome], video: str, shown: Shown, originals: frozenset[str]) -> Iterator[Outcome]:
    if shown.save_dir is None:
        return outcomes
    from edgewright.cli.answers.saving import saved_film

    return saved_film(outcomes, video, shown.save_dir, originals, overwrite=shown.force)


def _top(single: bool) -> int:
    from edgewright.task import TOP  # with NumPy, which --help does not need

    return TOP if single else 1


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
