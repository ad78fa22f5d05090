"""`edgewright models`: what can be had by name; fetching and removing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from edgewright import hub
from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import HELP, json_option, print_json, say
from edgewright.cli.words.completion import model_names, tasks
from edgewright.errors import HubError
from edgewright.report import Column, Table, numbers, print_table

# Tasks in the order of the list; those that are not here follow.
_TASKS = (
    "classification", "detection", "segmentation", "faces", "pose", "hands", "bodies", "landmarks", "embedding",
    "audio-classification", "text-classification", "text-embedding", "tensors",
)  # fmt: skip
_UNPUBLISHED = "*"
_NEEDS = "†"
_NOTE = (
    f"{_UNPUBLISHED} The authors publish no SHA-256: that of the first download is recorded, and later ones must have "
    "the same."
)


class _TaskOption(click.Option):
    """Its help lists the tasks of the models that are known; they are looked up only when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        self.help = f"Only those for one task: {', '.join(_known_tasks(hub.entries()))}."
        return super().get_help_record(ctx)


@click.group("models", context_settings=HELP, invoke_without_command=True)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the models that are known by name, and which of them are on this machine.

    Nothing is downloaded unless you ask for it with `get`. Models lie in ~/.cache/edgewright; EDGEWRIGHT_CACHE names
    another folder.

    Example: edgewright models get mobilenet_v2_1_0_224_quant
    """
    if context.invoked_subcommand is None:
        _list(hub.entries(), as_json)


@command.command("list", context_settings=HELP, short_help="List them: all, those here, or those for one task.")
@click.option("--cached", is_flag=True, help="Only those that are on this machine.")
@click.option("--task", cls=_TaskOption, metavar="TASK", shell_complete=tasks)
@json_option
def list_(cached: bool, task: str | None, as_json: bool) -> None:
    """List the models that are known by name.

    Example: edgewright models list --task detection
    """
    known = hub.entries()
    if task is not None and task not in (there := _known_tasks(known)):
        raise click.BadParameter(f"{task!r} is no task of a known model. Choose one of: {', '.join(there)}")
    wanted = [entry for entry in known if task in (None, entry.task) and (not cached or any(_found(entry.name)))]
    _list(wanted, as_json)


@command.command("get", context_settings=HELP, short_help="Fetch a model and print where its file is.")
@click.argument("name", shell_complete=model_names)
@click.option("--mirror", metavar="URL", default="", help="Take it from this host instead of the authors'.")
@json_option
def get(name: str, mirror: str, as_json: bool) -> None:
    """Fetch the model NAME unless it is here already, and print where its file is.

    What is downloaded is compared with its published SHA-256 (or, where the list has a *, with that of the first
    download), given labels and preparation where its authors left them out, and sealed. A download that broke off goes
    on where it was. Proxies are those of the environment (HTTPS_PROXY); EDGEWRIGHT_MIRROR does what --mirror does.

    Example: edgewright models get mobilenet_v2_1_0_224_quant
    """
    with ProgressBars() as progress:
        model = hub.get(name, mirror=mirror, progress=progress)
    needs = hub.entry(name).needs
    if needs:
        say(f"{name} needs {needs}")
    if as_json:
        print_json(hub.entry(name).to_dict() | {"size": model.size} | _place(name))
    else:
        click.echo(model.name)


@command.command("remove", context_settings=HELP)
@click.argument("name", shell_complete=model_names)
@json_option
def remove(name: str, as_json: bool) -> None:
    """Remove the model NAME from this machine; it can be fetched again.

    Example: edgewright models remove mobilenet_v2_1_0_224_quant
    """
    freed = hub.remove(name)
    if as_json:
        print_json({"name": name, "freed": freed})
    else:
        click.echo(f"{name}: removed, {numbers.size(freed)} are free again")


def _list(entries: Sequence[hub.Entry], as_json: bool) -> None:
    ordered = sorted(entries, key=lambda entry: (_rank(entry.task), entry.name))
    if as_json:
        print_json([entry.to_dict() | _place(entry.name) for entry in ordered])
    elif ordered:
        print_table(_table(ordered))
    else:
        click.echo("No such model is on this machine yet. edgewright models lists what can be fetched", err=True)


def _known_tasks(entries: Sequence[hub.Entry]) -> list[str]:
    return sorted({entry.task for entry in entries}, key=_rank)


def _rank(task: str) -> tuple[int, str]:
    return (_TASKS.index(task) if task in _TASKS else len(_TASKS), task)


def _place(name: str) -> dict[str, object]:
    path, problem = _found(name)
    return {
        "recorded_sha256": hub.recorded_sha256(name) or None,
        "cached": path is not None,
        "path": str(path) if path else None,
        "problem": problem or None,
    }


def _found(name: str) -> tuple[Path | None, str]:
    """Where its file is, or what is wrong with the one that lies there."""
    try:
        return hub.find(name), ""
    except HubError as problem:
        return None, str(problem)


def _table(entries: Sequence[hub.Entry]) -> Table:
    columns = (Column("name"), Column("task"), Column("size", "right"), Column("accuracy", "right"), Column("here"))
    rows = [
        (entry.name, entry.task, numbers.size(entry.size), _accuracy(entry), _here(entry.name) + _mark(entry))
        for entry in entries
    ]
    return Table("Models", columns, rows, note="\n".join(_notes(entries)))


def _notes(entries: Sequence[hub.Entry]) -> Iterator[str]:
    """What the marks mean: first downloads that are recorded, and what is needed besides, said once."""
    if not all(entry.origin.sha256 for entry in entries):
        yield _NOTE
    for needs in dict.fromkeys(entry.needs for entry in entries if entry.needs):
        named = ", ".join(entry.name for entry in entries if entry.needs == needs)
        yield f"{_NEEDS} {named}: needs {needs}."


def _accuracy(entry: hub.Entry) -> str | None:
    accuracy = entry.accuracy
    return f"{accuracy.measure} {numbers.percent(accuracy.value)}" if accuracy else None


def _here(name: str) -> str:
    path, problem = _found(name)
    return "changed" if problem else "yes" if path else "no"


def _mark(entry: hub.Entry) -> str:
    marks = ("" if entry.origin.sha256 else _UNPUBLISHED) + (_NEEDS if entry.needs else "")
    return f" {marks}" if marks else ""
