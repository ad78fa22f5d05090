"""Inputs from the web: an address that was typed is fetched, within limits of size and time, and nothing else is."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

import click

from edgewright.errors import DataError
from edgewright.media import BrokenOff, Given, fetch_web, shown_address


def address(word: str) -> Given:
    """An input that is fetched when it is needed; user and password in the address stay out of all that is said.

    Raises `click.UsageError` for what is no address.
    """
    try:
        parts = urlsplit(word)
    except ValueError as problem:  # brackets that are not closed
        raise click.UsageError(f"one of the addresses is none: {problem}") from None
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    stem = PurePosixPath(unquote(parts.path)).stem or "input"
    return Given(plain, shown_address(plain), stem, partial(_fetched, plain, _credentials(parts)))


def _credentials(parts: SplitResult) -> dict[str, str]:
    said, at, _ = parts.netloc.rpartition("@")
    if not at:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(unquote(said).encode()).decode()}"}


def _fetched(url: str, secret: dict[str, str]) -> bytes:
    """The bytes behind an address. Raises `DataError`; a person can try again."""
    try:
        return fetch_web(url, secret)
    except BrokenOff as problem:
        raise DataError(f"{shown_address(url)}: it cannot be fetched: {problem}") from None
