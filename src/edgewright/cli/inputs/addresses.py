"""Inputs from the web: an address that was typed is fetched, within limits of size and time, and nothing else is."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath
from urllib.parse import SplitResult, unquote, urlsplit

import click

from edgewright.cli.inputs.given import MOST_BYTES, Given
from edgewright.errors import DataError, HubError

MOST_S = 120.0
"""As long as one input may take altogether."""

_PAGE = (b"<!doctype html", b"<html")
_ASKED_AGAIN = "Is the address right, and may everybody open it?"


def address(word: str) -> Given:
    """An input that is fetched when it is needed; user and password in the address stay out of all that is said.

    Raises `click.UsageError` for what is no address.
    """
    try:
        parts = urlsplit(word)
    except ValueError as problem:  # brackets that are not closed
        raise click.UsageError(f"one of the addresses is none: {problem}") from None
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    shown = plain._replace(query="…" if plain.query else "", fragment="").geturl()
    stem = PurePosixPath(unquote(parts.path)).stem or "input"
    return Given(plain.geturl(), shown, stem, partial(_fetched, plain.geturl(), shown, _credentials(parts)))


def _credentials(parts: SplitResult) -> dict[str, str]:
    said, at, _ = parts.netloc.rpartition("@")
    if not at:
        return {}
    return {"Authorization": f"Basic {base64.b64encode(unquote(said).encode()).decode()}"}


def _fetched(url: str, shown: str, secret: dict[str, str]) -> bytes:
    """The bytes behind an address. Raises `DataError`."""
    from edgewright.hub import BrokenOff, web_answer

    start, content = time.monotonic(), bytearray()
    try:
        with web_answer(url, {}, shown, secret=secret, refused=_ASKED_AGAIN) as (response, chunks):
            promised = int(response.headers.get("Content-Length") or 0)
            _check(promised, shown)
            for chunk in _until_late(chunks(), start, shown):
                content += chunk
                _check(len(content), shown)
            kind = response.headers.get_content_type()
    except BrokenOff as problem:
        raise DataError(f"{shown}: it cannot be fetched: {problem}") from None
    except HubError as problem:
        raise DataError(str(problem)) from None
    if len(content) < promised:
        raise DataError(f"{shown}: only {len(content):,} of its {promised:,} bytes came. Try again")
    _refuse_page(bytes(content[:64]), kind, shown)
    return bytes(content)


def _until_late(chunks: Iterator[bytes], start: float, shown: str) -> Iterator[bytes]:
    for chunk in chunks:
        if time.monotonic() - start > MOST_S:
            raise DataError(f"{shown}: it is not here after {MOST_S:g} seconds. Download it, then give the file")
        yield chunk


def _check(size: int, shown: str) -> None:
    if size > MOST_BYTES:
        raise DataError(f"{shown}: over {MOST_BYTES >> 20} MiB are no single input")


def _refuse_page(head: bytes, kind: str, shown: str) -> None:
    if kind == "text/html" or head.lstrip().lower().startswith(_PAGE):
        raise DataError(
            f"{shown}: this is a web page, not a file. Give the address of the picture, sound or table itself"
        )
    if not head:
        raise DataError(f"{shown}: the server sent nothing")
