"""`edgewright check`: will a model run on a target, and what of it."""

from __future__ import annotations

import click

from edgewright import hub
from edgewright.check import check, tables
from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, json_option, print_json
from edgewright.report import print_table


@click.command("check", context_settings=HELP)
@click.argument("source", metavar="SOURCE_OR_TFLITE")
@click.option(
    "--target", "targets", default="cpu", show_default=True, help="Comma-separated: cpu, gpu, edgetpu, micro."
)
@json_option
def command(source: str, targets: str, as_json: bool) -> int:
    """Say of each operator of a model whether a target runs it, leaves it to the CPU, or does not support it.

    SOURCE_OR_TFLITE is a .tflite file or a name from `edgewright models`. "cpu" and "micro" run the model with made-up
    inputs in a child process; "gpu" and "edgetpu" are predicted from published lists. The exit code is 1 where the
    model does not run on one of the targets, or an accelerator takes no part of it.

    Example: edgewright check model.tflite --target cpu,edgetpu,micro
    """
    return _check_file(source, targets, as_json)


def _check_file(source: str, targets: str, as_json: bool) -> int:
    with ProgressBars() as progress:
        report = check(hub.read(source), targets=targets, progress=progress)
    if as_json:
        print_json(report.to_dict())
    else:
        for table in tables(report):
            print_table(table)
            click.echo()
    return 0 if report.runs else 1
