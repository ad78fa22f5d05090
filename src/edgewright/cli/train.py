"""`edgewright train`: a model of your own data, in one file that describes itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.scaling.crews import crew, crew_option
from edgewright.cli.verb import FAILED, HELP, GroupedCommand, json_option, print_json, say
from edgewright.cli.words.completion import backbones, files
from edgewright.cli.words.order import refuse_model
from edgewright.cli.words.values import Share
from edgewright.files import check_free, check_room
from edgewright.report import print_table, printable

if TYPE_CHECKING:
    from edgewright.train import Training

# Bytes: room for a small file. How large it gets is known at the end only, and then nothing is lost.
_ROOM = 1_000_000

GROUPS = {
    "Data": ("test", "validation"),
    "How it is trained": ("backbone", "epochs", "thorough", "resize", "augment", "balanced", "seed", "work", "on"),
    "Series and sounds": ("window", "columns", "rate", "hop"),
    "Smaller": ("quantize", "max_drop"),
    "What is written": ("out", "html", "save_keras", "force", "as_json"),
}


@click.command("train", cls=GroupedCommand, groups=GROUPS, context_settings=HELP)
@click.argument("data", shell_complete=files)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option(
    "--test", metavar="DATA", shell_complete=files, help="Data that are looked at once, at the end. [default: none]"
)
@click.option(
    "--validation",
    type=Share(),
    default="20%",
    show_default=True,
    metavar="SHARE",
    help="How much of DATA says when to stop.",
)
@click.option(
    "--backbone",
    default="",
    metavar="NAME",
    shell_complete=backbones,
    help="The network that is built upon: a name, or a .keras file. [default: by the data]",
)
@click.option("--epochs", type=click.IntRange(0), help="How often all samples are seen, at most; 0: only a head.")
@click.option("--thorough", is_flag=True, help="Train all layers: slower, and often a little better.")
@click.option("--resize", type=click.Choice(["stretch", "crop"]), help="How pictures fit. [default: the better one]")
@click.option("--augment/--no-augment", default=True, help="Show samples turned, moved, brighter, … [default: yes]")
@click.option(
    "--balanced/--no-balanced", default=True, help="Let each class weigh the same, whatever its size. [default: yes]"
)
@click.option(
    "--window",
    type=click.IntRange(1),
    metavar="ROWS",
    help="Rows of a series that are looked at at once; of sounds samples, 16,000 a second.",
)
@click.option("--columns", default="", metavar="NAMES", help="Series: the columns to use, with commas between.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="HZ", help="Series: rows a second.")
@click.option(
    "--hop", metavar="S", help="Series: the next window starts S seconds later, or N% of a window. [default: 50%]"
)
@click.option(
    "--quantize",
    type=click.Choice(["none", "int8"]),
    default="none",
    show_default=True,
    help="int8: a file of 8-bit integers, a quarter of the size.",
)
@click.option(
    "--max-drop", type=Share(), default="1%", show_default=True, metavar="SHARE", help="How much int8 may lose."
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Random seed.")
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    help="Where what is finished is kept, so that a stopped run goes on. [default: the cache]",
)
@crew_option
@click.option("--html", type=click.Path(path_type=Path), help="Write a page: mistakes, confusions, learning curves.")
@click.option("--save-keras", type=click.Path(path_type=Path), help="Write the trained network, a .keras file.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
@json_option
def command(
    data: str,
    out: Path,
    html: Path | None,
    save_keras: Path | None,
    on: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a model on DATA of your own.

    DATA is a folder with a folder of pictures or sounds for each class, CSV files of series, .npz, IDX, a CSV of
    path,label, or a data set by name. The file says itself how an input is prepared, what its outputs mean, how
    good it is and where it comes from. A hundred samples of each class are good; with ten of each, `edgewright teach`
    does it in seconds.

    A run that was stopped goes on where it was when the same command is given again. Where no 8-bit file keeps within
    --max-drop, the float one is written and the exit code is 1.

    Example: edgewright train photos/ -o mine.tflite --test others/ --quantize int8 --html mine.html
    """
    from edgewright.train import train

    refuse_model(data, "train takes data", "edgewright teach MODEL DATA")
    for path in filter(None, (out, html, save_keras)):
        check_free(path, overwrite=force)
        check_room(path, _ROOM)
    with _goes_on(), ProgressBars() as progress, crew(on, progress) as there:
        result = train(data, crew=there, progress=progress, **options)
    written = _write(result, out, html, save_keras, force)
    if as_json:
        print_json({**result.to_dict(), "written": [str(path) for path in written]})
    else:
        _print(result)
    _complain(result)
    if not as_json:
        for path in written:
            click.echo(path)
    if result.optimization is not None and not result.quantized:
        click.get_current_context().exit(FAILED)


@contextmanager
def _goes_on() -> Iterator[None]:
    """Say after Ctrl-C that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(err=True)
        raise click.Abort("stopped; the same command goes on where it was") from None


def _write(result: Training, out: Path, html: Path | None, save_keras: Path | None, force: bool) -> list[Path]:
    from edgewright.train import report_page

    written = [result.model.save(out, overwrite=force)]
    if save_keras is not None:
        written.append(result.save_network(save_keras, overwrite=force))
    if html is not None:
        written.append(report_page(result).save(html, overwrite=force))
    return written


def _print(result: Training) -> None:
    from edgewright.train import training_tables, training_verdict

    for table in training_tables(result):
        print_table(table)
        click.echo()
    click.echo(printable(training_verdict(result)))


def _complain(result: Training) -> None:
    """Say on standard error what was left out or had to be understood, and that there is no 8-bit file."""
    from edgewright.train import not_quantized

    for notice in result.notices:
        say(notice)
    if why := not_quantized(result):
        say(why)
