"""`edgewright models`: what can be had by name; fetching and removing it."""

from __future__ import annotations

import click

from edgewright import hub
from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, json_option, print_json
from edgewright.report import Column, Table, numbers, print_table


@click.group("models", context_settings=HELP, invoke_without_command=True)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the models that are known by name, and which of them are on this machine.

    Nothing is downloaded unless you ask for it with `get`. Models lie in ~/.cache/edgewright; EDGEWRIGHT_CACHE names
    another folder.

    Example: edgewright models get efficientnet_lite0
    """
    if context.invoked_subcommand is not None:
        return
    if as_json:
        print_json([entry.to_dict() | _place(entry.name) for entry in hub.entries()])
    else:
        print_table(_table())


@command.command("get", context_settings=HELP, short_help="Fetch a model and print where its file is.")
@click.argument("name")
@json_option
def get(name: str, as_json: bool) -> None:
    """Fetch the model NAME unless it is here already, and print where its file is.

    What is downloaded is compared with its published SHA-256, made into a .tflite file that describes itself, and
    compared with its source. That takes about a minute and needs the extra `convert`.

    Example: edgewright models get efficientnet_lite0
    """
    with ProgressBars() as progress:
        model = hub.get(name, progress=progress)
    if as_json:
        print_json(hub.entry(name).to_dict() | {"size": model.size} | _place(name))
    else:
        click.echo(model.name)


@command.command("remove", context_settings=HELP)
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the model NAME from this machine; it can be fetched again.

    Example: edgewright models remove efficientnet_lite0
    """
    freed = hub.remove(name)
    if as_json:
        print_json({"name": name, "freed": freed})
    else:
        click.echo(f"{name}: removed, {numbers.size(freed)} are free again")


def _place(name: str) -> dict[str, object]:
    path = hub.find(name)
    return {"cached": path is not None, "path": str(path) if path else None}


def _table() -> Table:
    columns = (
        Column("name"),
        Column("task"),
        Column("size", "right"),
        Column("accuracy", "right"),
        Column("licence"),
        Column("cached"),
    )
    rows = [
        (entry.name, entry.task, numbers.size(entry.size), _accuracy(entry), entry.licence, _cached(entry))
        for entry in hub.entries()
    ]
    return Table("Models", columns, rows)


def _accuracy(entry: hub.Entry) -> str | None:
    accuracy = entry.accuracy
    return f"{accuracy.measure} {numbers.percent(accuracy.value)}" if accuracy else None


def _cached(entry: hub.Entry) -> str:
    return "yes" if hub.find(entry.name) else "no"
