"""`edgewright bench`: how fast a model is on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.places import on_option, place
from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, json_option, print_json, refuse_others
from edgewright.cli.words.completion import engines, files, models
from edgewright.cli.words.values import Counts, Names
from edgewright.files import check_free
from edgewright.hub import of_signature, read
from edgewright.report import print_table, printable

if TYPE_CHECKING:
    from edgewright.bench import Benchmark


@click.command("bench", context_settings=HELP)
@click.argument("model", shell_complete=models)
@click.option("--tune", is_flag=True, help="Find the fastest engine and threads whose outputs are right; remember it.")
@click.option(
    "--images", shell_complete=files, help="Folder or pattern of pictures: they are also timed from file to result."
)
@click.option(
    "--engines",
    type=Names(),
    shell_complete=engines,
    metavar="NAME[,NAME…]",
    help="Which engines to measure. [default: litert]",
)
@click.option("--threads", type=Counts(), metavar="N[,N…]", help="Threads of one interpreter. [default: 1]")
@click.option(
    "--baseline",
    metavar="OTHER",
    shell_complete=models,
    help="A second model with the same input, timed beside the first.",
)
@click.option("--signature", metavar="KEY", help="Which of a file's signatures to measure. [default: the first]")
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True, help="How often all are measured.")
@click.option("--delegate", "delegates", multiple=True, help="Library that LiteRT gives operators to; can be repeated.")
@on_option
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with charts.")
@click.option("--force", is_flag=True, help="Replace a page that exists.")
@json_option
def command(
    model: str,
    tune: bool,
    baseline: str | None,
    on: str | None,
    html: Path | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Measure how fast MODEL, a .tflite file or a name from `edgewright models`, is on this machine, or --on a device.

    Latency, throughput, cold start, memory and size, of every engine with every number of threads, timed in turns. A
    difference is called real only where the rounds of both do not overlap.

    With --tune the fastest engine and number of threads is chosen among all that are installed, or among --engines and
    --threads, and remembered for this file on this machine.

    Example: edgewright bench small.tflite --baseline large.tflite --threads 1,2
    """
    from edgewright.bench import bench, report_page

    if html is not None:
        check_free(html, overwrite=force)
    if tune:
        _tune(model, html, force, as_json)
        return
    file = of_signature(read(model), options.pop("signature"))
    given = {name: value for name, value in options.items() if value is not None}
    other = read(baseline) if baseline is not None else None
    with ProgressBars() as progress, place(on, progress) as there:
        result = bench(file, baseline=other, on=there, progress=progress, **given)
    if html is not None:
        report_page(result).save(html, overwrite=force)
    if as_json:
        print_json({**result.to_dict(), "written": [str(html)] if html else []})
        return
    _print(result)
    if html is not None:
        click.echo(html)


def _tune(model: str, html: Path | None, force: bool, as_json: bool) -> None:
    from edgewright.bench import choice_page, choice_table
    from edgewright.evaluate import choose_engine

    context = click.get_current_context()
    with_tune = ("model", "tune", "engines", "threads", "html", "force", "as_json")
    refuse_others(with_tune, "--tune, which goes with --engines, --threads and --html")
    chosen_among = {name: context.params[name] for name in ("engines", "threads")}
    file = read(model)
    with ProgressBars() as progress:
        choice = choose_engine(file, refresh=True, progress=progress, **chosen_among)
    if html is not None:
        choice_page(file, choice).save(html, overwrite=force)
    if as_json:
        print_json({**choice.to_dict(), "written": [str(html)] if html else []})
        return
    print_table(choice_table(choice))
    click.echo(f"\nChosen: {choice.why}.\nRemembered for this file, these candidates and this machine.")
    if html is not None:
        click.echo(html)


def _print(result: Benchmark) -> None:
    from edgewright.bench import NO_OPERATOR_TIMES, tables

    for table in tables(result):
        print_table(table)
        click.echo()
    click.echo(NO_OPERATOR_TIMES)
    click.echo(f"On {result.machine.summary()}.")
    for notice in result.notices:
        click.echo(f"! {printable(notice)}")
