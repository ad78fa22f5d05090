"""The program that a device has: `device.pyz`, which installs, goes back, says how things are, and keeps them running.

It prints a JSON document per line, on standard output: those with a "stage" while it works, and one at its end, which
has an "error" where the work failed (exit code 1) or was asked for in a wrong way (2).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from edgewright.bundle import device, installing
from edgewright.bundle.clock import forget_time
from edgewright.bundle.running import launching, switching
from edgewright.bundle.store import DEFAULT_ROOT, Store, refused
from edgewright.bundle.trusted import read_trusted, write_trusted
from edgewright.bundle.values import check_names
from edgewright.errors import BundleError, EdgewrightError, UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the words say; the exit code."""
    try:
        return _done(_parser().parse_args(arguments))
    except EdgewrightError as error:
        _print({"error": str(error), "kind": type(error).__name__})
        return error.exit_code


class _Parser(argparse.ArgumentParser):
    """One that raises what is wrong, in place of printing it for people."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, where=self.prog, remedy=f"See {self.prog} --help")


def _done(chosen: argparse.Namespace) -> int:
    """Do it; the exit code."""
    store = Store(Path(chosen.root).expanduser().absolute())
    try:
        ended: int = chosen.does(store, chosen)
    except OSError as error:
        raise refused(Path(error.filename or store.root), error) from None
    return ended


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="device.pyz", description=__doc__, allow_abbrev=False)
    parser.add_argument("--root", default=f"~/{DEFAULT_ROOT}", metavar="DIR", help="The folder with the versions.")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    install = _verb(verbs, "install", _install, "Install a bundle and switch to it; back where it does not work.")
    verify = _verb(verbs, "verify", _verify, "Say whether a bundle would be taken; nothing is changed.")
    verify.add_argument("--names", type=_names, default=[], metavar="NAME,…", help="As this device is to be called.")
    for taking in (install, verify):
        taking.add_argument("bundle", type=Path)
        taking.add_argument("--digest", metavar="SHA256", help="Of the manifest: what is announced by a safe way.")
        taking.add_argument("--unsigned", action="store_true", help="Take one unsigned, where no key is trusted.")
        taking.add_argument("--downgrade", action="store_true", help="Take an older version than was at work here.")
    _verb(verbs, "ask", _ask, "Say what this device is.")
    _verb(verbs, "status", _status, "Say what runs, and what happened last.")
    _verb(verbs, "rollback", _roll_back, "Go back to the version before.")
    launch = _verb(verbs, "launch", _launch, "Run the current version, for good.")
    launch.add_argument("--within", type=float, default=30.0, metavar="S", help="A new version has to report itself.")
    launch.add_argument("--steady", type=float, default=5.0, metavar="S", help="And to go on for so long.")
    name = _verb(verbs, "name", _name, "Say what this device, and its groups, are called.")
    name.add_argument("names", nargs="+")
    trust = _verb(verbs, "trust", _trust, "Trust the keys of a file allowed_signers from now on, and no others.")
    trust.add_argument("file", type=Path)
    return parser


def _verb(verbs: Any, name: str, does: object, help: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help, description=help, allow_abbrev=False)
    # Behind the command as well, where people look for it.
    parser.add_argument("--root", default=argparse.SUPPRESS, metavar="DIR", help="The folder with the versions.")
    parser.set_defaults(does=does)
    return parser


def _install(store: Store, chosen: argparse.Namespace) -> int:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the desk may go away while this works
    return _ended(installing.install(store, chosen.bundle, progress=_stage, **_how(chosen)))


def _verify(store: Store, chosen: argparse.Namespace) -> int:
    manifest = installing.verify(store, chosen.bundle, names=chosen.names, **_how(chosen))
    _print({"version": manifest.label})
    return 0


def _how(chosen: argparse.Namespace) -> dict[str, Any]:
    """How a bundle may be taken."""
    return {name: getattr(chosen, name) for name in ("digest", "unsigned", "downgrade")}


def _roll_back(store: Store, _: argparse.Namespace) -> int:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return _ended(installing.roll_back(store, _stage))


def _ask(store: Store, _: argparse.Namespace) -> int:
    _print(device.ask(store))
    return 0


def _status(store: Store, _: argparse.Namespace) -> int:
    _print(
        {
            "current": store.pointed("current"),
            "previous": store.pointed("previous"),
            "versions": store.labels("healthy"),
            "trial": store.read(switching.TRIAL),
            "launcher": store.launcher(),
            "last": store.read(switching.STATUS_FILE),
        }
    )
    return 0


def _launch(store: Store, chosen: argparse.Namespace) -> int:
    launching.launch(store, launching.Patience(ready_s=chosen.within, steady_s=chosen.steady))
    return 0


def _name(store: Store, chosen: argparse.Namespace) -> int:
    names = [name for given in chosen.names for name in _names(given)]
    check_names(names)
    store.make()
    store.write(device.DEVICE_FILE, {"names": names})
    _print({"names": names})
    return 0


def _names(given: str) -> list[str]:
    return [name for name in given.split(",") if name]


def _trust(store: Store, chosen: argparse.Namespace) -> int:
    keys = read_trusted(chosen.file)
    if not keys:
        raise BundleError("there is no such file", where=str(chosen.file))
    store.make()
    with store.locked("install", installing.BUSY):
        write_trusted(store.trusted, keys)
        forget_time(store.root)  # somebody who is here says what counts, and so when: see `latest_time`
    _print({"keys": len(keys)})
    return 0


def _ended(outcome: installing.Outcome) -> int:
    _print(outcome.to_dict())
    return 0 if outcome.state == "healthy" else 1


def _stage(name: str) -> None:
    _print({"stage": name})


def _print(value: dict[str, Any]) -> None:
    """To whoever listens; that nobody does any more is no reason to stop in the middle."""
    try:
        print(json.dumps(value), flush=True)
    except OSError:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - until the end


if __name__ == "__main__":
    sys.exit(main())
