"""Options of sources that give sounds and readings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from edgewright.cli.words.completion import files

_F = TypeVar("_F", bound=Callable[..., Any])

SIGNALS = ("microphone", "sound", "pcm", "serial", "mqtt", "lines")

_OPTIONS = (
    click.option("--microphone", metavar="[NAME]", is_flag=False, flag_value="",
                 help="The system's microphone, or one by its number or a part of its name."),
    click.option("--sound", metavar="FILE", shell_complete=files, help="A sound file, once: WAV, FLAC, MP3, …."),
    click.option("--pcm", metavar="FORMAT",
                 help="Bare samples on standard input: s16le@16000 or, of two channels, s16le@44100x2."),
    click.option("--serial", metavar="PORT", shell_complete=files,
                 help="Lines of numbers from /dev/ttyUSB0, or with its speed /dev/ttyUSB0@9600."),
    click.option("--mqtt", metavar="URL", help="Lines of numbers, or JSON, from a topic: mqtt://broker/topic."),
    click.option("--lines", flag_value="-", default=None, help="Lines of numbers on standard input."),
)  # fmt: skip


def signal_options(function: _F) -> _F:
    """Add them, in this order."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
