"""`edgewright watch`: from camera to event on the device, losing nothing."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.verb import HELP, GroupedCommand, given_words, json_option, told_by
from edgewright.cli.watching.signals import signal_options
from edgewright.cli.watching.sources import KINDS, told_source
from edgewright.cli.watching.telling import print_status, print_summary, refuse_undelivered
from edgewright.cli.watching.zones import Drawing, draw_zones, drawing_options
from edgewright.cli.words.completion import files, models

if TYPE_CHECKING:
    from edgewright.agent import Address, Agent, Credentials, LogFormat, Settings, Sink

_STATE = "edgewright-state"
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SAME_SIGNAL_S = 1.0

_GROUPS = {
    "Where pictures, sounds and readings come from": (*KINDS, "every_frame", "once", "rate", "motion"),
    "What looks, and what nobody sees": ("signature", "then", "on", "blur", "blur_model"),
    "What is an event": ("seen_labels", "score", "count", "cooldown", "track", "top", "snapshots"),
    "Where events go": ("send", "credentials", "home_assistant", "state"),
    "Zones and lines": ("picture", "out", "force"),
    "How it is doing": ("ask", "health", "dashboard", "link", "log_format", "as_json"),
}


@click.command("watch", cls=GroupedCommand, groups=_GROUPS, context_settings=HELP)
@click.argument("model", required=False, shell_complete=models)
@click.option("--camera", metavar="N",
              help="Camera N of this machine, its name, a device like /dev/video2, or libcamera:0.")  # fmt: skip
@click.option("--stream", metavar="URL", help="A network camera: rtsp://…, http://….")
@click.option("--video", metavar="FILE", shell_complete=files, help="A video file, once.")
@click.option("--folder", metavar="DIR", shell_complete=files, help="A folder that fills up with pictures.")
@signal_options
@click.option("--every-frame/--newest", default=None,
              help="Look at every picture, or pass over what is older than the newest. [default: every one of files "
              "and folders; cameras and streams do not wait]")  # fmt: skip
@click.option("--once", is_flag=True, help="End when the folder holds no new picture.")
@click.option("--then", metavar="MODEL", shell_complete=models,
              help="A second model: it looks at a crop of each thing that MODEL finds.")  # fmt: skip
@click.option("--on", metavar="LABEL", multiple=True, help="With --then: only at things with this label; may be given "
              "again.")  # fmt: skip
@click.option("--blur", metavar="LABEL", multiple=True,
              help="Things like “face” are blurred before anybody sees a picture; may be given again.")  # fmt: skip
@click.option("--blur-model", metavar="MODEL", shell_complete=models,
              help="What finds them. [default: MODEL, if it knows them; for faces face_detector, if it was "
              "fetched]")  # fmt: skip
@click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="N",
              help="Ask the model at most N times a second.")  # fmt: skip
@click.option("--motion", metavar="SHARE",
              help="Pass over pictures of which no more than this share has changed, such as 0.5%.")  # fmt: skip
@click.option("--signature", metavar="KEY", help="Which of MODEL's signatures looks. [default: the first]")
@click.option("--label", "seen_labels", metavar="LABEL", multiple=True,
              help="Only pictures with this label are events; may be given again, with a cool-down each.")  # fmt: skip
@click.option(
    "--score", type=float, metavar="S",
    help="With --label: at least this score. [default: 0.5; of sounds and readings what their model says]",
)  # fmt: skip
@click.option(
    "--count", type=click.IntRange(1), metavar="N", default=1, show_default=True,
    help="With --label: at least so many in one picture.",
)  # fmt: skip
@click.option(
    "--cooldown", metavar="TIME", default="0s", show_default=True, help="With --label: no other event for so long."
)
@click.option("--track", is_flag=True, help="Follow things from picture to picture: each has a number of its own.")
@click.option("--top", type=click.IntRange(1), metavar="N", default=5, show_default=True, help="Labels in an event.")
@click.option("--snapshots", type=click.Choice(["off", "local", "send"]), default="off", show_default=True,
              help="Keep the picture of an event in --state, or send it along.")  # fmt: skip
@click.option("--send", metavar="WHERE", multiple=True,
              help="mqtts://host/topic, https://host/path, file:FILE or stdout; may be given again. "
              "[default: stdout]")  # fmt: skip
@click.option("--credentials", metavar="FILE", type=click.Path(path_type=Path),
              help="TOML file with user and password, mode 600. [default: EDGEWRIGHT_USER and "
              "EDGEWRIGHT_PASSWORD in the environment]")  # fmt: skip
@click.option("--home-assistant", is_flag=True,
              help="Make the agent appear in Home Assistant; goes with one --send mqtts://….")  # fmt: skip
@click.option("--state", metavar="DIR", type=click.Path(path_type=Path), default=_STATE, show_default=True,
              help="Holds what was seen and not delivered yet.")  # fmt: skip
@click.option("--status", "ask", is_flag=True, help="Say how the agent with this --state is doing, and end.")
@click.option("--health", type=click.IntRange(1, 65535), metavar="PORT",
              help="Serve /healthz and /metrics to this machine.")  # fmt: skip
@click.option("--dashboard", metavar="[ADDRESS]", is_flag=False, flag_value="8080",
              help="Serve a page to look at, to this machine: at port 8080, or at a port or an address with a port. "
              "Others can reach 0.0.0.0:8080, with a token.")  # fmt: skip
@click.option("--link", metavar="SPEED,DELAY", default="10Mbit,40ms", show_default=True,
              help="With --status: the network to assume when it works out what sending all pictures to a "
              "server would cost.")  # fmt: skip
@click.option("--log", "log_format", type=click.Choice(["text", "json"]), default="text", show_default=True,
              help="Form of the log, on standard error.")  # fmt: skip
@drawing_options
@click.option("--print-service", is_flag=True, help="Print a systemd unit for this very command, and end.")
@json_option
def command(
    model: str | None,
    ask: bool,
    print_service: bool,
    log_format: LogFormat,
    as_json: bool,
    drawing: Drawing,
    **options: Any,
) -> None:
    """Watch a source with MODEL: a .tflite file, a name, or a .toml file that describes the whole agent.

    Every result for a picture is an event, and of sounds and readings what the model calls one, unless --label, or
    rules in the TOML file, say which. An event is on the disk before it is sent, and is sent until it has arrived.
    Labels and scores leave the device; pictures only with --snapshots send, sounds and readings never.

    Example: edgewright watch mobilenet.tflite --camera 0 --send mqtts://broker/site/door
    """
    if ask:
        link = options["link"] if "link" in given_words() else None
        print_status(_state(model, options["state"]), as_json, link)
        return
    if model is None:
        _address(options["dashboard"] or "8080", ". A model stands before it")  # it may have taken that for itself
        raise click.UsageError("name a model, or a .toml file")
    if drawing.picture is not None:
        draw_zones(_settings(model, with_places=True, **options), drawing, as_json=as_json)
        return
    from edgewright.agent import log_to

    log_to(sys.stderr, log_format)
    settings = _settings(model, **options)
    if print_service:
        _print_service(model)
    else:
        _watch(settings, as_json, log_format)


def _state(model: str | None, state: Path) -> Path:
    """The folder of the agent that is meant: the TOML file says which."""
    from edgewright.agent import read_settings

    return read_settings(Path(model), elsewhere=True).state if model and _describes_agent(model) else state


def _describes_agent(model: str) -> bool:
    return model.endswith(".toml")


def _settings(model: str, *, with_places: bool = False, **options: Any) -> Settings:
    from edgewright.agent import read_settings

    if with_places and not _describes_agent(model):
        raise click.UsageError(f"--draw-zones: zones and lines stand in a .toml file, and {model} is none")
    if not _describes_agent(model):
        return _described(model, **options)
    if given := [word for name, word in given_words().items() if name in options]:
        raise click.UsageError(f"{', '.join(given)}: {model} describes the whole agent; write it there")
    return read_settings(Path(model), elsewhere=with_places)


def _described(
    model: str,
    *,
    send: Sequence[str],
    credentials: Path | None,
    home_assistant: bool,
    seen_labels: Sequence[str],
    score: float | None,
    count: int,
    cooldown: str,
    track: bool,
    signature: str | None,
    health: int | None,
    dashboard: str | None,
    link: str,
    blur: Sequence[str],
    blur_model: str | None,
    **options: Any,
) -> Settings:
    from edgewright.agent import Credentials, Privacy, Rule, Settings, parse_link, parse_seconds, refuse_sharing

    told = {key: options.pop(key) for key in (*KINDS, "every_frame", "once", "rate", "motion")}
    source = told_source(credentials=credentials, **told)
    typed = given_words()
    if not seen_labels and (lonely := [typed[name] for name in ("score", "count", "cooldown") if name in typed]):
        raise click.UsageError(f"{' and '.join(lonely)} goes with --label")
    if options["on"] and options["then"] is None:
        raise click.UsageError("--on goes with --then, the second model")
    if blur_model is not None and not blur:
        raise click.UsageError("--blur-model goes with --blur, which says what is blurred")
    from edgewright.hub import of_signature, read

    secret = Credentials.read(credentials)
    refuse_sharing(secret, (*send, source.target) if source.kind == "mqtt" else send)
    with told_by("--cooldown"):
        pause = parse_seconds(cooldown)
    with told_by("--label"):
        rules = [
            Rule(label, (label,), score=score, count=count, cooldown_s=pause) for label in dict.fromkeys(seen_labels)
        ]
    with told_by("--link"):
        network = parse_link(link)
    with told_by("--blur"):
        privacy = Privacy(blur=tuple(blur), model=blur_model)
    return Settings(
        model=model if signature is None else of_signature(read(model), signature),
        sources=(source,),
        sinks=tuple(_sinks(send or ("stdout",), secret, home_assistant)),
        rules=tuple(rules),
        tracking=track or None,
        health_port=health,
        dashboard=_address(dashboard) if dashboard is not None else None,
        link=network,
        privacy=privacy,
        **options,
    )


def _address(text: str, hint: str = "") -> Address:
    from edgewright.agent import Address

    with told_by("--dashboard", hint if ":" not in text else ""):
        return Address.parse(text)


def _sinks(send: Sequence[str], secret: Credentials, home_assistant: bool) -> Iterator[Sink]:
    from edgewright.agent import open_sink

    brokers = [target for target in send if target.startswith(("mqtt:", "mqtts:"))]
    if home_assistant and len(brokers) != 1:
        raise click.UsageError(f"--home-assistant goes with one --send mqtts://broker/topic, got {len(brokers)}")
    for target in send:
        yield open_sink(target, secret, home_assistant=home_assistant and target in brokers)


def _watch(settings: Settings, as_json: bool, log_format: LogFormat) -> None:
    from edgewright.agent import Agent, at_terminal, leave_no_core

    leave_no_core()
    with nullcontext(Agent.from_settings(settings)) if as_json else at_terminal(settings, log_format) as agent:
        signals = _stop_on_signals(agent)
        status = agent.run()
    print_summary(status, as_json)
    if not signals:
        refuse_undelivered(status, settings.state)
        return
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # all is done, and Python would end by one that comes while it goes
    if signals[0] == signal.SIGINT:
        click.get_current_context().exit(128 + signal.SIGINT)


def _stop_on_signals(agent: Agent) -> list[int]:
    """The first signal ends it in good order, a later one at once: what is stored is safe either way.

    One that comes within a second is the same signal once more, as service managers and impatient fingers send it. The
    list fills up with the numbers of those that came.
    """
    from edgewright.agent import notify

    came: list[int] = []
    first_s = 0.0

    def stop(number: int, _: object) -> None:
        nonlocal first_s
        came.append(number)
        if len(came) == 1:
            first_s = time.monotonic()
            agent.stop()
            notify("STOPPING=1")
        elif time.monotonic() - first_s > _SAME_SIGNAL_S:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for number in _SIGNALS:
        signal.signal(number, stop)
    return came


def _print_service(model: str) -> None:
    from edgewright.agent import unit

    words = [word for word in sys.argv[sys.argv.index("watch") + 1 :] if word != "--print-service"]
    click.echo(unit(words, model), nl=False)
