"""`edgewright teach`: a classifier from a handful of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.opening.task_options import given_options, preparation_options
from edgewright.cli.progress import ProgressBars
from edgewright.cli.scaling.crews import crew, crew_option
from edgewright.cli.verb import FAILED, HELP, json_option, print_json, say, say_some
from edgewright.cli.words.completion import files, models
from edgewright.cli.words.order import refuse_swapped
from edgewright.engine import MOST_THREADS
from edgewright.files import check_free
from edgewright.hub import read
from edgewright.report import print_table, printable

if TYPE_CHECKING:
    from edgewright.train import Taught


@click.command("teach", context_settings=HELP)
@click.argument("backbone", shell_complete=models)
@click.argument("data", shell_complete=files)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option(
    "--allow-poor", is_flag=True, help="Write it although it tells hardly more pictures right than guessing does."
)
@preparation_options
@click.option("--workers", type=click.IntRange(1, MOST_THREADS), help="How many pictures are looked at at once.")
@crew_option
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@json_option
def command(
    backbone: str,
    data: str,
    out: Path,
    allow_poor: bool,
    workers: int | None,
    on: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Make a classifier of your own classes: BACKBONE looks at DATA, and one new layer tells apart what it sees.

    BACKBONE is a .tflite file or a name from `edgewright models`: a classifier or an extractor of pictures. DATA is a
    folder with a folder of pictures for each class, ten of each are good; or .npz, IDX, a CSV of path,label.

    No training framework is needed, and a small computer does it in seconds. How well pictures are told apart that it
    was not shown is found by leaving out each one, and said before the file is written. Where that is hardly better
    than guessing, nothing is written and the exit code is 1.

    Example: edgewright teach mobilenet.tflite photos/ -o mine.tflite
    """
    from edgewright.train import teach

    refuse_swapped(backbone, (data,))

    check_free(out, overwrite=force)
    source, given = read(backbone), given_options(**options)
    with ProgressBars() as progress, crew(on, progress, workers) as there:
        taught = teach(source, data, allow_poor=allow_poor, workers=workers, crew=there, progress=progress, **given)
    if as_json:
        written = [] if taught.model is None else [str(taught.model.save(out, overwrite=force))]
        print_json({**taught.to_dict(), "written": written})
        _complain(taught, as_json)
        return
    _print(taught)
    _complain(taught, as_json)
    if taught.model is not None:
        click.echo(taught.model.save(out, overwrite=force))


def _print(taught: Taught) -> None:
    from edgewright.train import taught_tables, verdict

    for table in taught_tables(taught):
        print_table(table)
        click.echo()
    if taught.tells_apart:
        click.echo(printable(verdict(taught)))


def _complain(taught: Taught, as_json: bool) -> None:
    """Say what was left out, and what is wrong, on standard error."""
    from edgewright.train import verdict

    say_some("pictures that cannot be read", [error for _, error in taught.unread])
    say_some("the same picture twice, of which one counts", [f"{name} is {other}" for name, other in taught.twice])
    say_some("the same picture under two classes", [f"{name} is {other}" for name, other in taught.at_odds])
    for notice in taught.notices:
        say(notice)
    if taught.tells_apart:
        return
    left = "" if taught.model else ". Nothing was written; --allow-poor writes it all the same"
    say(verdict(taught) + left)
    if taught.model is None:
        click.get_current_context().exit(FAILED)
