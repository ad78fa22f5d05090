"""`edgewright optimize`: the smallest or fastest file that keeps its accuracy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, json_option, print_json
from edgewright.cli.words.completion import files, models, tasks
from edgewright.files import check_free
from edgewright.hub import read
from edgewright.report import print_table

if TYPE_CHECKING:
    from edgewright.optimize import Optimization

FAILED = 1


class Share(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A share of the answers: "1%" or "0.01"; of a metric that is named it may be any number of its unit."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read it; at least 0 and below 1, and a plain number of 1 or more was meant in percent."""
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"{text!r} is no share. Write 1% or 0.01", param, ctx)
        named = ctx is not None and isinstance(ctx.params.get("metric"), str)
        if not 0 <= share < (math.inf if named else 1):
            hint = f". Did you mean {text}%?" if 1 <= share < 100 and not text.endswith("%") else ""
            self.fail(f"{text} is not at least 0 and below 100%{hint}", param, ctx)
        return share


@click.command("optimize", context_settings=HELP)
@click.argument("model", shell_complete=models)
@click.option(
    "--data",
    required=True,
    shell_complete=files,
    help="Class folders, .npz, IDX, a CSV of path,label, or a folder of pictures.",
)
@click.option("--metric", is_eager=True, help="What is measured. [default: by task; top1 for classes, else agreement]")
@click.option("--task", shell_complete=tasks, help="What the model is for. [default: what the file says]")
@click.option(
    "--max-drop", type=Share(), default="1%", show_default=True, metavar="SHARE", help="How much of the metric may go."
)
@click.option(
    "--prefer", type=click.Choice(["size", "latency"]), default="size", show_default=True, help="What matters most."
)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option(
    "--html",
    "--report",
    "report",
    type=click.Path(path_type=Path),
    help="Write an HTML page with all that was measured.",
)
@click.option("--point-estimate", is_flag=True, help="Accept by the measured drop, though it proves nothing.")
@click.option("--allow-over-budget", is_flag=True, help="Write the nearest miss where nothing keeps within the budget.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the splits of the data.")
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    help="Where measurements are kept, so that a stopped run goes on. [default: the cache]",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
@json_option
def command(
    model: str, out: Path, report: Path | None, work: Path | None, force: bool, as_json: bool, **options: Any
) -> None:
    """Find the smallest (or fastest) file for MODEL, a float .tflite file or a name from `edgewright models`.

    It is accepted when DATA proves, with 95% confidence, that no more is lost of the metric than --max-drop: of top-1
    accuracy where the data are labelled with classes. Where nothing is accepted, no file is written and the exit code
    is 1.

    Example: edgewright optimize model.tflite --data photos/val --max-drop 1% --prefer size -o small.tflite
    """
    from edgewright.optimize import optimize

    for path in filter(None, (out, report)):
        check_free(path, overwrite=force)
    if work is not None:
        options["work"] = work
    source = read(model)
    with ProgressBars() as progress:
        result = optimize(source, progress=progress, **options)
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
        click.echo(f"edgewright: {notice}", err=True)
    if result.within_budget and not as_json:
        click.echo(f"\n{verdict(result)}")
    if not result.within_budget:
        click.echo(f"edgewright: {verdict(result)}", err=True)
    if not as_json:
        for path in written:
            click.echo(path)
    if result.model is None:
        click.get_current_context().exit(FAILED)
