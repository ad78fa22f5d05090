"""`edgewright run --dry-run`: what very many inputs would take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.scaling.options import Scaling
from edgewright.cli.verb import print_json
from edgewright.report import print_table


def print_forecast(
    model: str, inputs: tuple[str, ...], out: Path | None, scaling: Scaling, *, as_json: bool, **options: Any
) -> None:
    """Measure, and print tables for people or a document; as many machines as --shard names are told of too."""
    from edgewright.scale import MACHINES, forecast, forecast_tables, shard_of

    machines = sorted({*MACHINES, shard_of(scaling.shard)[1]})
    of_run = {name: value for name in ("form", "column") if (value := getattr(scaling, name)) is not None}
    with ProgressBars() as progress:
        found = forecast(model, inputs, machines=machines, folder=out, progress=progress, **of_run, **options)
    if as_json:
        print_json(found.to_dict())
        return
    for place, table in enumerate(forecast_tables(found)):
        if place:
            click.echo()
        print_table(table)
