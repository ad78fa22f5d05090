"""The options of `run` for very many inputs, and which others go with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from edgewright.cli.opening.task_options import TASK_GROUPS
from edgewright.cli.verb import given_words, refuse_others

_F = TypeVar("_F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--shard",
        metavar="I/N",
        help="Do a share of very many inputs, of N the one with number I from 0 (0/1: all), and write a row for each "
        "into -o FOLDER; started again, it goes on where it was. Any number of machines may share the folder.",
    ),
    click.option(
        "--dry-run",
        is_flag=True,
        help="Work on a few hundred of the inputs, and say what many would take: time, memory, bytes read and written, "
        "on how many machines. Nothing is written.",
    ),
    click.option(
        "--format",
        "form",
        type=click.Choice(["jsonl", "parquet"]),
        help="With --shard: how rows are written. [default: jsonl]",
    ),
    click.option(
        "--input-column", "column", metavar="NAME", help="With --shard: of a CSV or Parquet table, which has the paths."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="S",
        help="With --shard: an input that takes longer, twice, is left. [default: 300]",
    ),
    click.option(
        "--status",
        type=click.Path(path_type=Path),
        metavar="FOLDER",
        help="Say how far the rows in a folder are; without MODEL and INPUTS.",
    ),
)

_RAY = "ray"

SCALING = ("shard", "dry_run", "form", "column", "timeout", "status")
"""The names of these options."""

_WITH_SHARD = {
    *("model", "inputs", "save_dir", "top", "as_json", "workers", "threads", "engine", "delegates", "signature"),
    *("max_pixels", *SCALING),
    *(name for names in TASK_GROUPS.values() for name in names),
}
_WITH_STATUS = {"status", "as_json"}


class Scaling(NamedTuple):
    """What is asked of `run` beyond the usual; `shard` and `on` are None where nothing is."""

    shard: str | None
    dry_run: bool
    form: str | None
    column: str | None
    timeout: float | None
    status: Path | None
    on: str | None = None

    @property
    def writes_rows(self) -> bool:
        """Whether rows are written, of a share or of all."""
        return self.shard is not None or self.on is not None


def scale_options(function: _F) -> _F:
    """Add these options; `scaling_of` takes what they hold."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def scaling_of(options: dict[str, Any]) -> Scaling:
    """Take these options out of all, and refuse what does not go with them. Raises `click.UsageError`."""
    scaling = Scaling(**{name: options.pop(name) for name in SCALING}, on=_ray_of(options))
    if scaling.status is not None:
        refuse_others(_WITH_STATUS, "--status")
        return scaling
    _require("model", "inputs")
    if scaling.on is not None:
        refuse_others(_WITH_SHARD - {"shard"} | {"on"}, f"--on {scaling.on}")
    elif scaling.shard is not None or scaling.dry_run:
        refuse_others(_WITH_SHARD, "--dry-run" if scaling.shard is None else "--shard")
    elif given := [word for name, word in given_words().items() if name in SCALING]:
        raise click.UsageError(f"{given[0]} goes with --shard I/N, a share of very many inputs: 0/1 is all of them")
    return scaling


def _ray_of(options: dict[str, Any]) -> str | None:
    """Take Ray out of what `--on` says; beside a second model a plain "ray" is the label of a thing."""
    rays = [word for word in options["on"] if word.startswith(f"{_RAY}=") or (word == _RAY and not options["then"])]
    options["on"] = tuple(word for word in options["on"] if word not in rays)
    if len(rays) > 1 or (rays and options["on"]):
        raise click.UsageError(f"--on {rays[0]} stands alone: all inputs go there")
    return rays[0] if rays else None


def _require(*names: str) -> None:
    """As click does it for arguments that are always required."""
    context = click.get_current_context()
    for parameter in context.command.params:
        if parameter.name in names and not context.params[parameter.name]:
            raise click.MissingParameter(ctx=context, param=parameter)
