"""`edgewright deploy`: a model or an agent onto a device over SSH, tried there, with the way back."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.progress import ProgressBars
from edgewright.cli.verb import FAILED, HELP, GroupedCommand, given_words, json_option, print_json, refuse_others, say
from edgewright.cli.words.completion import files, models
from edgewright.cli.words.order import refuse_model_for_device
from edgewright.hub import read
from edgewright.report import Column, Table, numbers, print_table, printable

if TYPE_CHECKING:
    from edgewright.bundle import Platform
    from edgewright.deploy import Bundle, Deployment, Step

_PLATFORM_PARTS = 3

# What goes with each way to use the command, in its own words; first of all what chooses it.
_DEVICE = frozenset({"host", "root", "as_json"})
_MADE = frozenset({"host", "model", "config", "version", "sign", "name", "lock", "as_json"})
_MODES = {
    "fleet": frozenset({"fleet", "version", "downgrade", "as_json"}),
    "bundle_only": _MADE | {"bundle_only", "root", "out", "platform", "force"},
    "show_status": _DEVICE | {"show_status"},
    "rollback": _DEVICE | {"rollback"},
}
_DEPLOYS = _MADE | _DEVICE | {"downgrade"}

_GROUPS = {
    "What": ("config", "version", "sign", "downgrade", "lock"),
    "Where": ("name", "root", "fleet"),
    "Instead": ("show_status", "rollback", "bundle_only", "out", "platform", "force"),
}


@click.command("deploy", cls=GroupedCommand, groups=_GROUPS, context_settings=HELP)
@click.argument("host", metavar="[USER@HOST]", required=False)
@click.argument("model", required=False, shell_complete=models)
@click.option("--config", shell_complete=files, help="The agent's file; it and all its models go there, and it runs.")
@click.option(
    "--version",
    type=click.IntRange(1),
    help="Number of the version; on a device it can only grow. [default: the time, in UTC]",
)
@click.option("--sign", metavar="KEY", help="A key of `edgewright keys`, or a file; the device trusts the first one.")
@click.option("--downgrade", is_flag=True, help="Take an older version than the device had.")
@click.option(
    "--lock",
    type=click.Path(exists=True, dir_okay=False),
    help="The lock.txt of another version, whose wheels are taken. [default: the newest]",
)
@click.option("--name", help="What the device is called from now on. [default: its host name]")
@click.option("--root", default="~/edgewright", show_default=True, help="The folder on the device.")
@click.option(
    "--all",
    "fleet",
    type=click.Path(path_type=Path),
    metavar="FLEET.TOML",
    help="To all devices of a fleet, a few of them first; goes on where it was stopped.",
)
@click.option("--status", "show_status", is_flag=True, help="Say what runs there, and what happened last.")
@click.option("--rollback", is_flag=True, help="Go back to the version before.")
@click.option("--bundle-only", is_flag=True, help="Only make the bundle, for a stick or a server.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="With --bundle-only: the file, or its folder.")
@click.option(
    "--platform",
    metavar="MACHINE,PYTHON,LIBC",
    help="With --bundle-only, where no device is asked: aarch64,3.11,glibc-2.36.",
)
@click.option("--force", is_flag=True, help="Replace a bundle that exists.")
@json_option
def command(host: str | None, model: str | None, as_json: bool, **options: Any) -> None:
    """Bring MODEL, or an agent with its models, onto the device USER@HOST, and see that it works there.

    What the device needs is fetched here; it needs no network but SSH, Python of at least 3.11, and room. The new
    version lies beside the old one, checks itself on the device, and has 30 seconds to report itself; if it does not,
    the old one is at work again, and the exit code is 1.

    Example: edgewright deploy pi@door.local --config agent.toml --sign desk
    """
    _refuse_strange(options)
    if host is not None and options["platform"] is None:
        refuse_model_for_device(host, model)
    if options["fleet"] is not None:
        _deploy_all(options["fleet"], options["version"], options["downgrade"], as_json)
    elif options["bundle_only"]:
        _bundle(host, model, as_json, options)
    elif host is None:
        raise click.UsageError("say where: user@host")
    elif options["show_status"]:
        _status(host, options["root"], as_json)
    elif options["rollback"]:
        _roll_back(host, options["root"], as_json)
    else:
        _deploy(host, model, as_json, options)


def _refuse_strange(options: dict[str, Any]) -> None:
    """Raise `UsageError` for an option that means nothing beside the others, rather than to do something else."""
    mode = next((mode for mode in _MODES if options[mode]), "")
    given = given_words()
    fitting = _MODES.get(mode, _DEPLOYS) - ({"root"} if mode == "bundle_only" and options["platform"] else frozenset())
    strange = [word for name, word in given.items() if name not in fitting]
    if strange and mode == "fleet":
        raise click.UsageError(f"{', '.join(strange)}: {options['fleet']} describes the whole fleet; write it there")
    if strange and not mode:
        raise click.UsageError(f"{', '.join(strange)} goes with --bundle-only")
    if strange:
        refuse_others(fitting, given[mode])


def _deploy(host: str, model: str | None, as_json: bool, options: dict[str, Any]) -> None:
    from edgewright.deploy import deploy

    given = {name: options[name] for name in ("config", "version", "sign", "name", "root", "downgrade", "lock")}
    with ProgressBars() as progress:
        _conclude(deploy(host, read(model) if model else None, progress=progress, **given), as_json)


def _deploy_all(described: Path, version: int | None, downgrade: bool, as_json: bool) -> None:
    from edgewright.deploy import deploy_all, read_fleet

    with ProgressBars() as progress:
        done = deploy_all(read_fleet(described), version=version, downgrade=downgrade, tell=_tell, progress=progress)
    print_json(done.to_dict()) if as_json else print_table(done.table())
    if not done.is_whole:
        click.get_current_context().exit(FAILED)


def _tell(step: Step) -> None:
    """One device is done; the table follows once all are."""
    why = f": {step.why}" if step.why else ""
    click.echo(printable(f"{step.name}: {step.state} ({numbers.duration(step.seconds)}){why}"), err=True)


def _roll_back(host: str, root: str, as_json: bool) -> None:
    from edgewright.deploy import roll_back

    with ProgressBars() as progress:
        _conclude(roll_back(host, root=root, progress=progress), as_json)


def _conclude(done: Deployment, as_json: bool) -> None:
    """Print what came of it; the exit code is 1 where the version is not at work."""
    if as_json:
        print_json(done.to_dict())
    else:
        _print(done)
    if not done.healthy:
        click.get_current_context().exit(FAILED)


def _print(done: Deployment) -> None:
    facts = [
        ("device", f"{', '.join(done.names) or 'without a name'} ({done.device})"),
        ("version before", done.before or "none"),
        ("version now", done.after or "none"),
        *([("sent", numbers.size(done.sent))] if done.bundle else []),
        *([("signed", "yes" if done.bundle.signed else "no")] if done.bundle else []),
    ]
    print_table(Table("", (Column("what"), Column("value")), facts))
    click.echo()
    rows = [(step, numbers.duration(seconds)) for step, seconds in done.seconds.items()]
    rows.append(("together", numbers.duration(sum(done.seconds.values()))))
    print_table(Table("How long it took", (Column("step"), Column("time", "right")), rows))
    click.echo()
    for notice in done.notices:
        click.echo(printable(f"! {notice}"))
    if done.healthy:
        click.echo(printable(f"Healthy{f': {done.why}' if done.why else ''}."))
    else:
        say(f"{done.device}: {done.state}: {done.why}")


def _status(host: str, root: str, as_json: bool) -> None:
    from edgewright.deploy import device_status

    said = device_status(host, root=root)
    if as_json:
        print_json(said)
        return
    last = said["last"] or {}
    rows = [
        ("device", f"{', '.join(said['names']) or 'without a name'} ({said['device']})"),
        ("folder", said["root"]),
        ("platform", ", ".join(said["platform"].values())),
        ("version", said["current"] or "none"),
        ("version before", said["previous"] or "none"),
        ("on trial", "yes" if said["trial"] else "no"),
        ("launcher", f"process {said['launcher']}" if said["launcher"] else "not at work"),
        ("trusted keys", numbers.count(said["keys"])),
        ("free", numbers.size(said["free"])),
        ("last", _last(last)),
    ]
    print_table(Table("", (Column("what"), Column("value")), rows))
    if last.get("why"):
        why = f"{last.get('version', '')}: {last['why']}"
        click.echo(f"\n{printable(why)}")


def _last(last: dict[str, Any]) -> str:
    """What happened last, with its time as it is here."""
    if not last:
        return "nothing"
    when = ""
    with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError, OSError):  # a device may say anything
        when = f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(float(last['time'])))}: "
    return f"{when}{last.get('version', '')} {last.get('state', '')}"


def _bundle(host: str | None, model: str | None, as_json: bool, options: dict[str, Any]) -> None:
    from edgewright.deploy import device_packages, device_platform, make_bundle

    if options["out"] is None:
        raise click.UsageError("--bundle-only goes with -o")
    if options["platform"] is None and host is None:
        raise click.UsageError("say for what: a device to ask, or --platform aarch64,3.11,glibc-2.36")
    if options["platform"] is not None and model is None and host is not None:
        host, model = None, host  # the only word is a model where no device is asked
    if options["platform"] is not None and host is not None:
        raise click.UsageError("say for what once: a device to ask, or --platform")
    names = [options["name"]] if options["name"] else []
    with ProgressBars() as progress:
        asked = device_platform(host, root=options["root"]) if host else _platform(options["platform"])
        made = make_bundle(
            options["out"],
            platform=asked,
            model=read(model) if model else None,
            config=options["config"],
            version=options["version"],
            devices=names,
            sign=options["sign"],
            lock=options["lock"],
            packages=device_packages(host, asked) if host else "",
            overwrite=options["force"],
            progress=progress,
        )
    print_json(made.to_dict()) if as_json else _print_bundle(made)


def _platform(written: str) -> Platform:
    from edgewright.bundle import Platform

    parts = [part.strip() for part in written.split(",")]
    if len(parts) != _PLATFORM_PARTS or not all(parts):
        raise click.BadParameter(f"{written!r}: write it as aarch64,3.11,glibc-2.36", param_hint="--platform")
    machine, python, libc = parts
    return Platform(machine, python, libc.replace("-", " "))


def _print_bundle(made: Bundle) -> None:
    said = made.manifest
    rows = [
        ("file", str(made.path)),
        ("size", numbers.size(made.size)),
        ("version", str(said.version)),
        ("for", ", ".join(vars(said.platform).values())),
        ("devices", ", ".join(said.devices) or "any"),
        ("signed", "yes" if made.signed else "no"),
        ("digest", said.digest),
    ]
    print_table(Table("", (Column("what"), Column("value")), rows))
    click.echo()
    for name in made.secrets:
        click.echo(f"! The agent needs {name} in the device's folder secrets; no bundle has it.")
    click.echo(f"On the device: python3 ~/edgewright/device.pyz install {made.path.name}")
