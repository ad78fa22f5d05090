"""`edgewright fleet`: how many devices are doing, and versions that they fetch themselves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.verb import FAILED, HELP, Renamed, json_option, print_json
from edgewright.cli.words.completion import files

if TYPE_CHECKING:
    from edgewright.deploy import DeviceReport

_FLEET = click.argument("fleet", type=click.Path(path_type=Path), metavar="fleet.toml", shell_complete=files)


@click.group("fleet", context_settings=HELP)
def command() -> None:
    """Say how the devices of a fleet are doing, and lay down which version they are to fetch.

    Devices report to an MQTT broker where their agent.toml has a table [fleet], and fetch versions where it has
    [updates]. Onto devices that the desk reaches itself, edgewright deploy --all puts a version.

    Example: edgewright fleet status fleet.toml
    """


@command.command("status", context_settings=HELP)
@click.argument("fleet", metavar="fleet.toml|mqtts://BROKER/BASE", shell_complete=files)
@click.option("--credentials", metavar="FILE", type=click.Path(path_type=Path),
              help="With a broker: TOML file with user and password, mode 600. [default: EDGEWRIGHT_USER and "
              "EDGEWRIGHT_PASSWORD in the environment]")  # fmt: skip
@json_option
def status(fleet: str, credentials: Path | None, as_json: bool) -> None:
    """Say what the devices reported last: version, health, counters. Exit code 1 where one is not well.

    Example: edgewright fleet status mqtts://broker.example/site
    """
    reports = _of_broker(fleet, credentials) if "://" in fleet else _of_file(fleet, credentials)
    if as_json:
        print_json([report.to_dict() for report in reports])
    elif reports:
        from edgewright.deploy import fleet_table
        from edgewright.report import print_table

        print_table(fleet_table(reports))
    else:
        click.echo("No device has reported there yet", err=True)
    if not reports or not all(report.is_well for report in reports):
        click.get_current_context().exit(FAILED)


@command.command("release", context_settings=HELP, short_help="Lay down which version devices are to fetch.")
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BUNDLE… fleet.toml",
                shell_complete=files)  # fmt: skip
@click.option("--url", required=True, metavar="URL",
              help="Where BUNDLE can be fetched, https://…; of several the address of their folder, "
              "with / at its end.")  # fmt: skip
@click.option("--canary", is_flag=True, help="For the first devices alone; say it again without for all.")
@click.option("-o", "--out", "to", cls=Renamed, before=("--to",),
              type=click.Path(path_type=Path), metavar="FILE", shell_complete=files,
              help="Write FILE, to be put onto a web server, in place of telling the broker.")  # fmt: skip
@json_option
def release(bundles: tuple[Path, ...], url: str, canary: bool, to: Path | None, as_json: bool) -> None:
    """Lay down that devices are to fetch BUNDLE, which has to be signed: one for each platform, of one version.

    The bundles themselves are put onto a web server by you.

    Example: edgewright fleet release door-7.bundle fleet.toml --url https://host/
    """
    from edgewright.deploy import read_fleet, release

    *paths, described = bundles
    fleet = read_fleet(described)
    meant = [device.name for device in release(fleet, paths, url, canary=canary, to=to)]
    if as_json:
        print_json({"devices": meant, "of": len(fleet.devices), "to": str(to) if to else fleet.broker})
        return
    where = f"written to {to}" if to else f"laid down at {fleet.broker}"
    click.echo(f"{where}, for {len(meant)} of {len(fleet.devices)} devices: {', '.join(meant)}")


@command.command("withdraw", context_settings=HELP, short_help="Take back what is laid down.")
@_FLEET
@json_option
def withdraw(fleet: Path, as_json: bool) -> None:
    """Take back what is laid down at the broker; devices that have the version already keep it.

    Example: edgewright fleet withdraw fleet.toml
    """
    from edgewright.deploy import read_fleet, withdraw

    described = read_fleet(fleet)
    withdraw(described)
    if as_json:
        print_json({"devices": [device.name for device in described.devices], "broker": described.broker})
        return
    click.echo(f"{described.broker}: nothing is wanted of {len(described.devices)} devices any more")


def _of_broker(broker: str, private: Path | None) -> list[DeviceReport]:
    from edgewright.agent import Credentials, read_reports
    from edgewright.deploy import reports_of

    return reports_of(read_reports(broker, Credentials.read(private)), time.time())


def _of_file(path: str, private: Path | None) -> list[DeviceReport]:
    from edgewright.agent import read_reports
    from edgewright.deploy import read_fleet, reports_of

    fleet = read_fleet(Path(path))
    if private is not None:
        raise click.UsageError(f"--credentials: goes with a broker; {path} names its own")
    if fleet.broker is None:
        raise click.UsageError(f'{path}: no broker is named. Write broker = "mqtts://broker.example/site"')
    names = [device.name for device in fleet.devices]
    return reports_of(read_reports(fleet.broker, fleet.credentials, expected=names), time.time(), names)
