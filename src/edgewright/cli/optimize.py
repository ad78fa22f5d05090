"""`edgewright optimize`: the smallest or fastest file that keeps its accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.places import place
from edgewright.cli.progress import ProgressBars
from edgewright.cli.scaling.crews import RAY, crew, names_ray
from edgewright.cli.verb import FAILED, HELP, Renamed, json_option, normalization, print_json, say
from edgewright.cli.words.completion import files, models, tasks
from edgewright.cli.words.values import Part, Share
from edgewright.files import check_free
from edgewright.hub import read
from edgewright.report import print_table, printable

if TYPE_CHECKING:
    from edgewright.optimize import Optimization


@click.command("optimize", context_settings=HELP)
@click.argument("model", shell_complete=models)
@click.option(
    "--data",
    required=True,
    shell_complete=files,
    help="Class folders, .npz, IDX, a CSV of path,label, COCO JSON, …: all that evaluate takes, labeled or not.",
)
@click.option(
    "--metric",
    is_eager=True,
    help="What is measured. [default: by task and labels, as evaluate does; agreement without]",
)
@click.option("--task", shell_complete=tasks, help="What the model is for. [default: what the file says]")
@click.option(
    "--max-drop", type=Share(), default="1%", show_default=True, metavar="SHARE", help="How much of the metric may go."
)
@click.option(
    "--prefer", type=click.Choice(["size", "latency", "gzip"]), default="size", show_default=True,
    help="What matters most; gzip is the size of the packed file.",
)  # fmt: skip
@click.option("--methods", default="", metavar="NAMES", help="Train MODEL, a Keras file, further: qat, prune, cluster.")
@click.option("--train", shell_complete=files, help="With --methods: training data; other inputs than --data.")
@click.option("--bits", type=click.IntRange(2, 8), default=8, show_default=True, help="With qat: bits of each weight.")
@click.option(
    "--sparsity",
    type=Part(),
    default="80%",
    show_default=True,
    help="With prune: the share of weights that become zero.",
)
@click.option(
    "--clusters",
    type=click.IntRange(2, 256),
    default=16,
    show_default=True,
    help="With cluster: how many different values the weights of a layer share.",
)
@click.option("--epochs", type=click.IntRange(1), help="With --methods: epochs of each. [default: its own]")
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="With --methods: learning rate of each. [default: its own]",
)
@click.option("--labels", type=click.Path(path_type=Path), help="With --methods, the labels of MODEL, one a line.")
@click.option("--mean", metavar="M[,M…]", help="With --methods, how MODEL takes pixels: (value - mean) / std.")
@click.option("--std", metavar="S[,S…]", help="One number, or one per channel, as for --mean.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option(
    "--html",
    "report",
    cls=Renamed,
    before=("--report",),
    type=click.Path(path_type=Path),
    help="Write an HTML page with all that was measured.",
)
@click.option(
    "--on",
    metavar="USER@HOST|RAY",
    help=f"Measure on a device that SSH reaches; or have the workers of a Ray answer: {RAY}. [default: here]",
)
@click.option("--point-estimate", is_flag=True, help="Accept by the measured drop, though it proves nothing.")
@click.option("--allow-over-budget", is_flag=True, help="Write the nearest miss where nothing keeps within the budget.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Random seed, by which the data are split."
)
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    help="Where measurements are kept, so that a stopped run goes on. [default: the cache]",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@json_option
def command(
    model: str,
    out: Path,
    report: Path | None,
    work: Path | None,
    on: str | None,
    force: bool,
    as_json: bool,
    mean: str | None,
    std: str | None,
    **options: Any,
) -> None:
    """Find the smallest (or fastest) file for MODEL, a float .tflite file or a name from `edgewright models`.

    With --methods MODEL is a .keras or .h5 file, and trained on too.

    It is accepted when DATA proves, with 95% confidence, that no more is lost of the metric than --max-drop: of top-1
    accuracy where the data are labeled with classes, of mAP where with boxes, and so on for every task. Where nothing
    is accepted, no file is written and the exit code is 1. With --on, latency and memory are those of that device;
    with --on ray (or ray=auto, ray=HOST:PORT) workers of a Ray have the models answer, and both are those of this
    machine.

    Example: edgewright optimize model.tflite --data photos/val --max-drop 1% --prefer size -o small.tflite
    """
    from edgewright.optimize import optimize

    for path in filter(None, (out, report)):
        check_free(path, overwrite=force)
    if work is not None:
        options["work"] = work
    options["normalization"] = normalization(mean, std)
    source = model if options["methods"] and Path(model).suffix != ".tflite" else read(model)
    device, ray = (None, on) if names_ray(on) else (on, None)
    with ProgressBars() as progress, place(device, progress) as there, crew(ray, progress) as workers:
        result = optimize(source, on=there, crew=workers, progress=progress, **options)
    written = _write(result, out, report, force)
    if as_json:
        print_json({**result.to_dict(), "written": [str(path) for path in written]})
    else:
        _print(result)
    _conclude(result, written, as_json)


def _write(result: Optimization, out: Path, report: Path | None, force: bool) -> list[Path]:
    from edgewright.optimize import report_page

    written = []
    if result.model is not None:
        written.append(result.model.save(out, overwrite=force))
    if report is not None:
        written.append(report_page(result).save(report, overwrite=force))
    return written


def _print(result: Optimization) -> None:
    from edgewright.optimize import brief_table, reasons_table

    print_table(brief_table(result))
    reasons = reasons_table(result)
    if reasons is not None:
        click.echo()
        print_table(reasons)


def _conclude(result: Optimization, written: list[Path], as_json: bool) -> None:
    """Say what was chosen and where it is; a failure and a budget that was not kept go to standard error."""
    from edgewright.optimize import verdict

    for notice in result.notices:
        say(notice)
    if result.within_budget and not as_json:
        click.echo(f"\n{printable(verdict(result))}")
    if not result.within_budget:
        say(verdict(result))
    if not as_json:
        for path in written:
            click.echo(path)
    if result.model is None:
        click.get_current_context().exit(FAILED)
