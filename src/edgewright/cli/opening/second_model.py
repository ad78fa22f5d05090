"""The options of a second model, which looks at crops of what the first one finds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from edgewright.cli.opening.task_options import given_options
from edgewright.cli.words.completion import models

if TYPE_CHECKING:
    from edgewright.model import ModelFile
    from edgewright.task import Chain

_F = TypeVar("_F", bound=Callable[..., Any])

# What is said of both models by one option.
_OF_BOTH = ("engine", "delegates", "max_pixels")

_OPTIONS = (
    click.option(
        "--then",
        metavar="MODEL",
        shell_complete=models,
        help="A second model: it looks at a crop of each thing that MODEL finds.",
    ),
    click.option(
        "--on",
        metavar="LABEL",
        multiple=True,
        help="Only at things with this label; may be repeated. Without --then it says where very many inputs are "
        "worked on, with a row for each in -o FOLDER: ray (one that is started here), ray=auto, ray=HOST:PORT.",
    ),
    click.option(
        "--margin",
        type=float,
        metavar="SHARE",
        help="How much of a box's size is added to it on each side. [default: 0.1; of hands and bodies, what their "
        "second model was trained with]",
    ),
    click.option("--then-labels", type=click.Path(path_type=Path), help="Text file with its labels, one a line."),
    click.option("--then-mean", metavar="M[,M…]", help="As --mean, of the second."),
    click.option("--then-std", metavar="S[,S…]", help="As --std, of the second."),
    click.option("--then-threshold", type=click.FloatRange(0), metavar="S", help="As --threshold, of the second."),
    click.option("--then-task", metavar="NAME", help="As --task, of the second."),
)
_OF_SECOND = ("labels", "mean", "std", "threshold", "task")

SECOND_MODEL = ("then", "on", "margin", *(f"then_{name}" for name in _OF_SECOND))
"""The names of these options."""


class Second(NamedTuple):
    """The second model, and what is said of it: `options` as `load` takes them."""

    model: str
    on: tuple[str, ...]
    margin: float | None
    options: dict[str, Any]


def second_model_options(function: _F) -> _F:
    """Add these options; `second_model` takes what they hold."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def second_model(options: dict[str, Any]) -> Second | None:
    """Take these options out of all; None where there is no second model."""
    taken = {name: options.pop(name) for name in SECOND_MODEL}
    given = [name for name in SECOND_MODEL[1:] if taken[name] not in (None, ())]
    if taken["then"] is None:
        if given:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
            raise click.UsageError(f"{names} goes with --then MODEL, the model that looks at the crops")
        return None
    if (taken["then_mean"] is None) != (taken["then_std"] is None):
        raise click.UsageError("--then-mean and --then-std go together")
    said = given_options(**{name: taken[f"then_{name}"] for name in _OF_SECOND})
    return Second(taken["then"], taken["on"], taken["margin"], said)


def open_chain(model: ModelFile, second: Second, options: dict[str, Any]) -> Chain:
    """Open both models as a chain; `options` are those of the first, as `load` takes them."""
    from edgewright.hub import chain, load
    from edgewright.task import Crop

    shared = {name: options[name] for name in ("threads", "progress", *_OF_BOTH) if name in options}
    then = load(second.model, **{**shared, **second.options})
    first = load(model, **options)
    usual = first.crop or Crop()
    crop = usual if second.margin is None else dataclasses.replace(usual, margin=second.margin)
    return chain(first, then, on=second.on or None, crop=crop, max_pixels=options.get("max_pixels"))
