"""`edgewright watch`: from camera to event on the device, losing nothing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.verb import HELP, json_option, print_json
from edgewright.report import print_table

if TYPE_CHECKING:
    from edgewright.agent import Agent, LogFormat, Settings, SourceSpec, Status

_STATE = "edgewright-state"
_KINDS = ("camera", "stream", "video", "folder")


@click.command("watch", context_settings=HELP)
@click.argument("model", required=False)
@click.option("--camera", metavar="N", help="Watch camera N of this machine, or a device like /dev/video2.")
@click.option("--stream", metavar="URL", help="Watch a network camera: rtsp://…, http://….")
@click.option("--video", metavar="FILE", help="Watch a video file.")
@click.option("--folder", metavar="DIR", help="Watch a folder that fills up with pictures.")
@click.option("--every-frame", is_flag=True, help="Pass over no picture, however slow the model is (files, folders).")
@click.option("--once", is_flag=True, help="End when the folder holds no new picture.")
@click.option("--send", multiple=True, metavar="WHERE", help="mqtts://host/topic, https://…, file:FILE, stdout; again.")
@click.option("--credentials", type=click.Path(path_type=Path), help="TOML file with user and password, mode 600.")
@click.option("--label", "labels", multiple=True, help="Only results with this label are events; may be repeated.")
@click.option("--score", type=float, default=0.5, show_default=True, help="With --label: the least score.")
@click.option("--cooldown", default="0s", show_default=True, help="With --label: no further event for so long.")
@click.option("--snapshots", type=click.Choice(["off", "local", "send"]), default="off", show_default=True,
              help="Keep the picture of an event here, or send it along.")  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path), default=_STATE, show_default=True,
              help="Folder with the events that were not delivered yet.")  # fmt: skip
@click.option("--top", type=click.IntRange(1), default=5, show_default=True, help="How many labels an event carries.")
@click.option("--health", type=click.IntRange(1, 65535), metavar="PORT", help="Serve /healthz and /metrics locally.")
@click.option("--link", default="10Mbit,40ms", show_default=True, help="The network that is compared with.")
@click.option("--log", "log_format", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Form of the log, on standard error.")  # fmt: skip
@click.option("--status", "ask", is_flag=True, help="Say how the agent with this --state is doing.")
@click.option("--print-service", is_flag=True, help="Print a systemd unit that runs this very command.")
@json_option
def command(
    model: str | None, ask: bool, print_service: bool, log_format: LogFormat, as_json: bool, **options: Any
) -> None:
    """Watch a source with MODEL, a .tflite file, a name, or a .toml file that describes the whole agent.

    Every result is an event, unless --label or rules in the TOML file say which. An event is on the disk before it is
    sent, and is sent until it has arrived. Only labels and scores leave the device.

    Example: edgewright watch mobilenet.tflite --camera 0 --send mqtts://broker/site/door
    """
    if ask:
        _print_status(options["state"], as_json)
    elif model is None:
        raise click.UsageError("name a model, or a .toml file")
    elif print_service:
        _print_service(model)
    else:
        _watch(_settings(model, **options), log_format, as_json)


def _settings(model: str, **options: Any) -> Settings:
    from edgewright.agent import read_settings

    if model.endswith(".toml"):
        return read_settings(Path(model))
    return _described(model, **options)


def _described(
    model: str,
    *,
    send: Sequence[str],
    credentials: Path | None,
    labels: Sequence[str],
    score: float,
    cooldown: str,
    health: int | None,
    link: str,
    **options: Any,
) -> Settings:
    from edgewright.agent import Credentials, Rule, Settings, open_sink, parse_link, parse_seconds

    source = _source(**{key: options.pop(key) for key in (*_KINDS, "every_frame", "once")})
    secret = Credentials.read(credentials)
    try:
        pause = parse_seconds(cooldown)
        rules = (Rule("label", tuple(labels), score=score, cooldown_s=pause),) if labels else ()
        network = parse_link(link)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return Settings(
        model=model,
        source=source,
        sinks=tuple(open_sink(one, secret) for one in send or ("stdout",)),
        rules=rules,
        health_port=health,
        link=network,
        **options,
    )


def _source(*, every_frame: bool, once: bool, **kinds: str | None) -> SourceSpec:
    from edgewright.agent import SourceSpec

    given = [(kind, target) for kind, target in kinds.items() if target is not None]
    if len(given) != 1:
        raise click.UsageError("name one source: --camera, --stream, --video or --folder")
    kind, target = given[0]
    if once and kind != "folder":
        raise click.UsageError("--once goes with --folder")
    return SourceSpec(kind, target, every_frame, {"once": True} if once else {})


def _watch(settings: Settings, log_format: LogFormat, as_json: bool) -> None:
    from edgewright.agent import Agent, log_to, notify

    log_to(sys.stderr, log_format)
    agent = Agent.of(settings)
    _stop_on_signals(agent)
    try:
        status = agent.run()
    finally:
        notify("STOPPING=1")
    _print_summary(status, as_json)


def _stop_on_signals(agent: Agent) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop())


def _print_summary(status: Status, as_json: bool) -> None:
    """After the events, which go to standard output: on standard error, unless a program asked."""
    from edgewright.agent import status_tables

    if as_json:
        print_json(status.to_dict())
        return
    for table in status_tables(status.to_dict()):
        print_table(table, file=sys.stderr)


def _print_status(folder: Path, as_json: bool) -> None:
    from edgewright.agent import read_status, status_tables

    status = read_status(folder)
    if as_json:
        print_json(status)
        return
    for table in status_tables(status):
        print_table(table)


def _print_service(model: str) -> None:
    from edgewright.agent import unit

    words = [word for word in sys.argv[sys.argv.index("watch") + 1 :] if word != "--print-service"]
    click.echo(unit(words, model), nl=False)
