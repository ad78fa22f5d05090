"""Standard input as one input of a model."""

from __future__ import annotations

import sys

import click

from edgewright.errors import DataError
from edgewright.media import MOST_BYTES, Given


def standard_input() -> Given:
    """What is piped in, read whole when it is needed. Raises `click.UsageError` where that would be a keyboard."""
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError("- is standard input, and nothing is piped in: edgewright run MODEL - < photo.jpg")
    return Given("-", "standard input", "input", _piped)


def _piped() -> bytes:
    content = sys.stdin.buffer.read(MOST_BYTES + 1)
    if not content:
        raise DataError("standard input: there is nothing in it")
    if len(content) > MOST_BYTES:
        raise DataError(f"standard input: over {MOST_BYTES >> 20} MiB are no single input")
    return content
