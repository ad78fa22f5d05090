"""What a shell can complete: files, names of models, engines, tasks. Nothing heavy is imported for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Each is a `shell_complete` of click: for the word of a parameter that starts so, all that it may become.


def files(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Any file or folder."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(start, type="file")]


def models(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """A file, or the name of a model that is known."""
    return [*files(context, parameter, start), *model_names(context, parameter, start)]


def model_names(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """The name of a model that is known."""
    from edgewright.hub import names

    return _starting(names(), start)


def backbones(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """A file, or the name of a model that can be trained on."""
    from edgewright.hub import with_source

    return [*files(context, parameter, start), *_starting(with_source(), start)]


def tasks(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """What a model can be for."""
    from edgewright.task import task_names

    return _starting(task_names(), start)


def engines(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """An engine, or the last of several with commas between."""
    from edgewright.engine import engine_names

    return _last(engine_names(), start)


def targets(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """A target of `check`, or the last of several with commas between."""
    from edgewright.check import target_names

    return _last(target_names(), start)


def exports(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """A target of `export`."""
    from edgewright.deploy import export_names

    return _starting(export_names(), start)


def passes(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """A pass of `rewrite`."""
    from edgewright.rewrite import pass_names

    return _starting(pass_names(), start)


def _last(names: Iterable[str], start: str) -> list[CompletionItem]:
    before, comma, last = start.rpartition(",")
    return _starting((f"{before}{comma}{name}" for name in names), f"{before}{comma}{last}")


def _starting(words: Iterable[str], start: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in words if word.startswith(start)]
