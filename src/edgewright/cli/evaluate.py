"""`edgewright evaluate`: how good a model is on data, and whether another one is better."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgewright.cli.opening.task_options import TASK_GROUPS, given_options, task_options
from edgewright.cli.progress import ProgressBars
from edgewright.cli.scaling.crews import crew, crew_option
from edgewright.cli.verb import HELP, GroupedCommand, json_option, print_json, say
from edgewright.cli.words.completion import engines, files, models
from edgewright.cli.words.order import refuse_swapped
from edgewright.evaluate import Evaluation, evaluate
from edgewright.files import check_free
from edgewright.hub import of_signature, read
from edgewright.report import print_table

_NAMED = 3


_GROUPS = {
    "What is measured": ("metric", "baseline", "limit", "signature"),
    "What is written": ("html", "force", "as_json"),
    **TASK_GROUPS,
    "What runs it": ("engine", "workers", "on"),
}


@click.command("evaluate", cls=GroupedCommand, groups=_GROUPS, context_settings=HELP)
@click.argument("model", shell_complete=models)
@click.argument("data", shell_complete=files)
@click.option(
    "--metric",
    metavar="NAME",
    help="top1, top5, mAP, mAP50, OKS, segment-F1, agreement, box-agreement, cosine, … [default: by the task]",
)
@click.option("--baseline", metavar="OTHER", shell_complete=models, help="A second model, compared on the same inputs.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Look at N inputs only, evenly spread.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with charts and the worst inputs.")
@click.option("--force", is_flag=True, help="Replace a page that exists.")
@task_options
@click.option(
    "--engine", metavar="NAME", shell_complete=engines, help="What runs the models: litert (the default), openvino, …"
)
@click.option("--signature", metavar="KEY", help="Which of MODEL's signatures to score. [default: the first]")
@click.option("--workers", type=click.IntRange(1), help="How many inputs are worked on at once. [default: all cores]")
@crew_option
@json_option
def command(
    model: str,
    data: str,
    metric: str | None,
    baseline: str | None,
    limit: int | None,
    html: Path | None,
    force: bool,
    signature: str | None,
    workers: int | None,
    on: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Score MODEL, a .tflite file or a name from `edgewright models`, on DATA.

    DATA is a folder with a folder of pictures or sounds for each class, .npz, IDX, a CSV of path,label or, of events in
    sounds, of path,start,end,label, COCO's JSON, YOLO's images and labels, or Pascal VOC's XML. A classifier gets its
    top-1 accuracy, a detector its mAP, events their F1, each with a 95% interval, and the inputs that went worst.

    With --baseline the difference to a second model is measured on the same inputs. Data without labels tell how often
    both answer alike.

    Example: edgewright evaluate small.tflite photos/ --baseline large.tflite --html report.html
    """
    refuse_swapped(model, (data,))
    if html is not None:
        check_free(html, overwrite=force)
    source, other = of_signature(read(model), signature), None if baseline is None else read(baseline)
    with ProgressBars() as progress, crew(on, progress, workers) as there:
        result = evaluate(
            source, data, metric=metric, baseline=other, limit=limit, workers=workers, crew=there,
            progress=progress, **given_options(**options),
        )  # fmt: skip
    if html is not None:
        _write(result, html, force)
    if as_json:
        print_json({**result.to_dict(), "written": [str(html)] if html else []})
    else:
        _print(result)
    _complain(result)
    if html is not None and not as_json:
        click.echo(html)


def _write(result: Evaluation, html: Path, force: bool) -> None:
    from edgewright.evaluate import report_page

    report_page(result).save(html, overwrite=force)


def _print(result: Evaluation) -> None:
    from edgewright.evaluate import evaluation_tables

    for place, table in enumerate(evaluation_tables(result)):
        if place:
            click.echo()
        print_table(table)


def _complain(result: Evaluation) -> None:
    """Say on standard error what had to be understood, and which inputs could not be answered."""
    for notice in result.notices:
        say(notice)
    for failure in result.failures[:_NAMED]:
        say(failure.error)
    left = len(result.failures) - _NAMED
    if left > 0:
        say(f"{left} more inputs could not be answered")
