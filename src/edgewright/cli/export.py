"""`edgewright export`: a model as a folder that works in another runtime, and what of that was proven."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.cli.environments.asking import setup_option
from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, json_option, print_json
from edgewright.cli.words.completion import exports, models
from edgewright.deploy import Exported, export, fetch_runtime
from edgewright.hub import read
from edgewright.report import Column, Table, numbers, print_table


def _set_up(target: str) -> None:
    """Fetch what folders for a target need, and say where it is."""
    if target != "web":
        raise click.UsageError(f"nothing has to be fetched for {target!r}, only for web")
    with ProgressBars() as progress:
        folder = fetch_runtime(progress)
    click.echo(f"{target}: ready, in {folder}", err=True)


@click.command("export", context_settings=HELP)
@click.argument("model", shell_complete=models)
@click.option(
    "--for",
    "target",
    required=True,
    shell_complete=exports,
    metavar="TARGET",
    help="python, web, android, ios, java, micro, or what a package adds.",
)
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The folder to make.")
@click.option("--force", is_flag=True, help="Replace the folder if it was exported and holds nothing else.")
@setup_option(
    "TARGET", "Fetch what a target's folders need, and end. web: LiteRT for browsers, 12 MB from npm.", _set_up
)
@json_option
def command(model: str, target: str, out: Path, force: bool, as_json: bool) -> None:
    """Write a folder with which another runtime runs MODEL, a .tflite file or a name from `edgewright models`.

    In it are the model, its labels, and code that prepares a picture and reads the outputs as this very file wants it.
    What could be run here was run; what could not is said.

    Example: edgewright export model.tflite --for android -o app/edgewright
    """
    with ProgressBars() as progress:
        made = export(read(model), out, target=target, overwrite=force, progress=progress)
    if as_json:
        print_json(made.to_dict())
    else:
        _print(made)


def _print(made: Exported) -> None:
    rows = [(path, numbers.size((made.folder / path).stat().st_size)) for path in made.files]
    print_table(Table(f"{made.title}: {made.folder}", (Column("file"), Column("size", "right")), rows))
    click.echo()
    said = [("yes", sentence) for sentence in made.proven] + [("no", sentence) for sentence in made.unproven]
    if said:
        print_table(Table("Proven here", (Column("proven"), Column("what")), said))
        click.echo()
    click.echo(f"Begin with: {made.start}")
