"""Where a tool's environment is missing: asks a person at a terminal whether to make it, and then goes on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import say
from edgewright.errors import MissingEnvironmentError

_Result = TypeVar("_Result")
_F = TypeVar("_F", bound=Callable[..., Any])


def with_environments(work: Callable[[], _Result]) -> _Result:
    """Do the work; where it lacks an environment and a person says so, make that and do the work again.

    Where nobody can be asked, `MissingEnvironmentError` is raised as it came: nothing is installed unasked. Raises
    `click.Abort` where the person says no.
    """
    try:
        return work()
    except MissingEnvironmentError as missing:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        say(missing)
        click.confirm("Make it now?", abort=True, err=True)
        make(missing.environment)
    return work()


def make(name: str) -> None:
    """Make the environment of a tool, with progress, and say where it is."""
    from edgewright.convert import set_up_environment

    with ProgressBars() as progress:
        python = set_up_environment(name, progress)
    click.echo(f"{name}: ready, in {python.parents[1]}", err=True)


def setup_option(metavar: str, help: str, make: Callable[[str], None] = make) -> Callable[[_F], _F]:
    """Add `--setup`, which makes what it names and ends: it needs nothing else of the command line."""

    def set_up_and_end(context: click.Context, option: click.Parameter, name: str | None) -> None:
        if name is not None:
            make(name)
            context.exit()

    return click.option(
        "--setup", metavar=metavar, is_eager=True, expose_value=False, callback=set_up_and_end, help=help
    )
