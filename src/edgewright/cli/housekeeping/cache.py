"""`edgewright cache`: what lies in Edgewright's cache folder, and removing it."""

from __future__ import annotations

import click

from edgewright import cached
from edgewright.cache import cache_folder
from edgewright.cli.verb import HELP, json_option, print_json
from edgewright.report import Column, Table, numbers, print_table


@click.group("cache", context_settings=HELP, invoke_without_command=True)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List what Edgewright keeps on this machine: environments of tools, fetched models, results.

    It lies in ~/.cache/edgewright; EDGEWRIGHT_CACHE names another folder, and EDGEWRIGHT_ENVIRONMENTS one for the
    environments alone. All of it can be removed: what is needed again is made or fetched again.

    Example: edgewright cache remove environments/onnx
    """
    if context.invoked_subcommand is None:
        _list(as_json)


@command.command("list", context_settings=HELP)
@json_option
def list_(as_json: bool) -> None:
    """List what is there, the largest first.

    Example: edgewright cache list
    """
    _list(as_json)


@command.command("remove", context_settings=HELP)
@click.argument("names", nargs=-1, metavar="NAME…")
@click.option("--all", "everything", is_flag=True, help="Remove all that is listed.")
@json_option
def remove(names: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Remove what is listed under NAME, and say how much room that made.

    Example: edgewright cache remove engines optimize
    """
    if bool(names) == everything:
        raise click.UsageError("Name what to remove, or say --all")
    chosen = [item.name for item in cached.contents()] if everything else list(dict.fromkeys(names))
    freed = {name: cached.remove(name) for name in chosen}
    if as_json:
        print_json([{"name": name, "freed": size} for name, size in freed.items()])
        return
    for name, size in freed.items():
        click.echo(f"{name}: removed, {numbers.size(size)} are free again")


def _list(as_json: bool) -> None:
    items = cached.contents()
    if as_json:
        print_json([item.to_dict() for item in items])
    elif items:
        columns = (Column("name"), Column("size", "right"), Column("for"))
        rows = [(item.name, numbers.size(item.size), item.purpose) for item in items]
        total = numbers.size(sum(item.size for item in items))
        print_table(Table("Cache", columns, rows, note=f"{total} in {cache_folder()}"))
    else:
        click.echo(f"Nothing is kept on this machine yet ({cache_folder()})", err=True)
