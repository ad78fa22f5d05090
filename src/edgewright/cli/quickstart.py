"""`edgewright quickstart`: the tutorial as one command."""

from __future__ import annotations

from pathlib import Path

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, json_option, print_json, say
from edgewright.quickstart import DEFAULT_FOLDER, Quickstart, labels_table, quickstart, results_table
from edgewright.report import numbers, print_table


@click.command("quickstart", context_settings=HELP)
@click.option("--dataset", metavar="NAME", help="mnist5k (default; offline), mnist or fashion_mnist (downloaded).")
@click.option("--data", type=click.Path(path_type=Path), help="Your own: .npz with x and y, IDX files, class folders.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Folder to fill."
)
@click.option("--epochs", type=click.IntRange(1), default=10, show_default=True, help="Rounds of training.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Random seed.")
@click.option("--photos", multiple=True, metavar="PATH", help="Photographs to classify: files, folders, patterns.")
@click.option("--no-photos", is_flag=True, help="Leave out the second act, which fetches a model of 17 MB once.")
@click.option("--force", is_flag=True, help="Replace the results of an earlier run in the folder.")
@json_option
def command(
    dataset: str | None,
    data: Path | None,
    out: Path,
    epochs: int,
    seed: int,
    photos: tuple[str, ...],
    no_photos: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Train a first model, convert it, prove the conversion, make it smaller, measure every version.

    Then fetch a network that was trained on photographs and let it name what it sees, in float and in full integer.
    Leaves the models, the drawn photographs, report.html and results.json in the output folder.

    Example: edgewright quickstart --dataset mnist5k --out first-model
    """
    if dataset and data:
        raise click.UsageError("--dataset and --data exclude each other")
    if photos and no_photos:
        raise click.UsageError("--photos and --no-photos exclude each other")
    with ProgressBars() as progress:
        result = quickstart(
            _source(dataset, data),
            out=out,
            epochs=epochs,
            seed=seed,
            photos=None if no_photos else photos,
            overwrite=force,
            progress=progress,
        )
    if as_json:
        print_json(result.to_dict())
    else:
        _print(result)


def _source(dataset: str | None, data: Path | None) -> str | Path:
    """What to load: a path is always taken as one, even where a data set has its name."""
    if data is not None:
        return data
    return dataset or "mnist5k"


def _print(result: Quickstart) -> None:
    for notice in result.notices:
        say(notice)
    print_table(results_table(result))
    click.echo()
    for photo in result.photos.photos if result.photos else ():
        print_table(labels_table(photo))
        click.echo()
    click.echo(f"Done in {numbers.duration(result.seconds)}. Files and report.html are in {result.folder}")
