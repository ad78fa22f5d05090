"""`edgewright keys`: the keys that sign bundles, and which of them devices trust."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from edgewright import bundle
from edgewright.cli.verb import HELP, json_option, print_json, say
from edgewright.cli.words.completion import files
from edgewright.cli.words.values import Date
from edgewright.deploy import Key, find_key, new_key, retire, trust, trusted_file, trusted_keys
from edgewright.deploy import keys as own_keys
from edgewright.errors import UsageError
from edgewright.report import Column, Table, print_table

_SOON_DAYS = 30
_SHOWN = 17  # of a fingerprint; --json has all of it


_valid_before = click.option(
    "--valid-before", type=Date(), metavar="DATE", help="Devices take what it signs only before this day (UTC)."
)


@click.group("keys", context_settings=HELP, invoke_without_command=True)
@json_option
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the keys that sign bundles, and those that devices are to trust.

    Keys are Ed25519 keys of OpenSSH in ~/.config/edgewright/keys. What devices trust is the file allowed_signers
    beside that folder: every signed bundle takes it along.

    Example: edgewright keys new work
    """
    if context.invoked_subcommand is None:
        _list(as_json)


@command.command("list", context_settings=HELP)
@json_option
def list_(as_json: bool) -> None:
    """List them, with the time until which each is good.

    Example: edgewright keys list
    """
    _list(as_json)


@command.command("new", context_settings=HELP, short_help="Make a key, which devices are to trust.")
@click.argument("name")
@click.option("--no-passphrase", is_flag=True, help="Do not protect its file with a passphrase.")
@_valid_before
@json_option
def new(name: str, no_passphrase: bool, valid_before: int | None, as_json: bool) -> None:
    """Make the key NAME with ssh-keygen, which asks for a passphrase, and have devices trust it.

    A key is never replaced.

    Example: edgewright keys new work --valid-before 2030-01-01
    """
    if not no_passphrase and not sys.stdin.isatty():
        raise UsageError("there is no terminal on which ssh-keygen could ask for a passphrase. Say --no-passphrase")
    key = new_key(name, passphrase=not no_passphrase, valid_before=valid_before)
    if as_json:
        print_json(key.to_dict())
        return
    click.echo(f"{key.private}: {key.fingerprint}")
    say(f"sign with it: edgewright deploy HOST --sign {name}")


@command.command("trust", context_settings=HELP, short_help="Have devices trust the key of a file .pub.")
@click.argument("public", metavar="KEY.pub", type=click.Path(path_type=Path), shell_complete=files)
@click.option("--name", default="", help="Whose key it is. [default: the remark in the file]")
@click.option("--valid-after", type=Date(), metavar="DATE", help="Devices take what it signs from this day on (UTC).")
@_valid_before
@json_option
def trust_(public: Path, name: str, valid_after: int | None, valid_before: int | None, as_json: bool) -> None:
    """Have devices trust the key in KEY.pub: one of a colleague, or one that you have already, in ssh-agent say.

    Each device hears of it with the next signed bundle, once that is healthy there. What was said of the key before is
    void, so that this also changes its dates.

    Example: edgewright keys trust ~/.ssh/id_ed25519.pub --valid-before 2030-01-01
    """
    key = trust(public, name=name, valid_after=valid_after, valid_before=valid_before)
    _say(key, "trusted", as_json)


@command.command("retire", context_settings=HELP, short_help="No longer have devices trust a key.")
@click.argument("name", metavar="NAME|FINGERPRINT")
@json_option
def retire_(name: str, as_json: bool) -> None:
    """No longer have devices trust the key NAME; its files stay.

    Each device hears of it with the next signed bundle. Sign that with another key, which the devices trust already.

    Example: edgewright keys retire old
    """
    _say(retire(name), "no longer trusted", as_json)


@command.command("show", context_settings=HELP, short_help="Print the line that makes a device trust a key.")
@click.argument("names", nargs=-1, metavar="[NAME|FINGERPRINT]…")
@json_option
def show(names: tuple[str, ...], as_json: bool) -> None:
    """Print what makes a device trust the keys NAME, or all that are trusted here: lines of allowed_signers.

    At the device, `python3 edgewright/device.pyz trust FILE` takes a file of them.

    Example: edgewright keys show > allowed_signers
    """
    keys = [_trusted(name) for name in names] or trusted_keys()
    if as_json:
        print_json([{"name": key.name, "line": key.line} for key in keys])
    else:
        click.echo(bundle.trusted_text(keys), nl=False)


def _trusted(name: str) -> bundle.TrustedKey:
    key = find_key(name).trusted
    if key is None:
        raise UsageError(f"the key {name} is not trusted. Say: edgewright keys trust {find_key(name).public}")
    return key


def _say(key: bundle.TrustedKey, what: str, as_json: bool) -> None:
    if as_json:
        print_json(find_key(key.fingerprint).to_dict() if what == "trusted" else {"name": key.name})
    else:
        click.echo(f"{key.name}: {what} from the next signed bundle on ({key.fingerprint})")


def _list(as_json: bool) -> None:
    keys = own_keys()
    if as_json:
        print_json([key.to_dict() for key in keys])
    elif keys:
        print_table(_table(keys))
    else:
        click.echo("There is no key yet. Make one: edgewright keys new NAME", err=True)


def _table(keys: Sequence[Key]) -> Table:
    columns = (Column("name"), Column("signs here"), Column("trusted"), Column("fingerprint"))
    rows = [(key.name, _signs(key), _until(key), f"{key.fingerprint[:_SHOWN]}…") for key in keys]
    return Table("Keys", columns, rows, note=f"Devices trust what is in {trusted_file()}")


def _signs(key: Key) -> str:
    """Whether its private half is here; where only the public one is, an agent may have it."""
    if key.private:
        return "yes"
    return "by ssh-agent" if key.public else "no"


def _until(key: Key) -> str:
    if key.trusted is None:
        return "no"
    now, start, limit = time.time(), key.trusted.valid_after, key.trusted.valid_before
    if limit is not None and now > limit:
        return f"expired {_day(limit)}"
    if start is not None and now < start:
        return f"from {_day(start)}"
    if limit is None:
        return "yes"
    days = int((limit - now) / 86_400)
    return f"until {_day(limit)}" + (f" ({days} days)" if days < _SOON_DAYS else "")


def _day(at: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))
