"""The source that `watch` is told on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.verb import told_by
from edgewright.cli.watching.signals import SIGNALS

if TYPE_CHECKING:
    from edgewright.agent import SourceSpec

KINDS = ("camera", "stream", "video", "folder", *SIGNALS)


def told_source(
    *,
    every_frame: bool | None,
    once: bool,
    rate: float | None,
    motion: str | None,
    credentials: Path | None,
    **kinds: str | None,
) -> SourceSpec:
    """The one source that is named, with what goes with it; raises `click.UsageError`."""
    from edgewright.agent import has_password, parse_share, source_of_kind

    given = [(kind, target) for kind, target in kinds.items() if target is not None]
    if len(given) != 1:
        raise click.UsageError(f"name one source: {', '.join(f'--{one}' for one in KINDS[:-1])} or --{KINDS[-1]}")
    kind, target = given[0]
    if once and kind != "folder":
        raise click.UsageError("--once goes with --folder")
    if kind == "stream" and has_password(target):
        raise click.UsageError(
            "--stream: every user of the machine can see a password in a command. Put it into EDGEWRIGHT_STREAM_USER "
            "and EDGEWRIGHT_STREAM_PASSWORD, or describe the agent in a TOML file"
        )
    options: dict[str, Any] = {"once": True} if once else {}
    if kind == "mqtt" and credentials is not None:
        options["credentials"] = credentials
    with told_by("--motion"):
        share = None if motion is None else parse_share(motion)
    return source_of_kind(kind, target, every_frame, rate=rate, motion=share, **options)
