"""An input from the web: its bytes, within limits of size and time."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator, Mapping
from email.message import Message
from types import MappingProxyType
from urllib.parse import urlsplit

from edgewright.errors import DataError, HubError
from edgewright.media.given import MOST_BYTES
from edgewright.media.web.client import BrokenOff, RangeRefusedError, web_answer

MOST_S = 120.0
"""As long as one input may take altogether."""

_PAGE = (b"<!doctype html", b"<html")
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})")
_DIGITS = 18  # of a length; Python refuses to read numbers of thousands
# How servers pack what they send, though they were asked not to.
_PACKED = ("gzip", "x-gzip")
_ASKED_AGAIN = "Is the address right, and may everybody open it?"
_NOTHING: Mapping[str, str] = MappingProxyType({})


def shown_address(url: str) -> str:
    """An address as messages have it: without user, password, and what may be a key behind its question mark."""
    parts = urlsplit(url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="…" if parts.query else "", fragment="")
    return plain.geturl()


def fetch_web(url: str, secret: Mapping[str, str] = _NOTHING) -> bytes:
    """The bytes behind an address of http or https; `secret` are headers for its server alone.

    Raises `DataError` for what will not change, and `BrokenOff` where the next attempt may go better.
    """
    content, headers = _fetched(url, {}, secret)
    if headers.get("Content-Encoding", "").lower() in _PACKED:
        content = _unpacked(content, shown_address(url))
    _refuse_page(content[:64], headers.get_content_type(), shown_address(url))
    return content


def fetch_part(url: str, start: int, end: int) -> tuple[bytes, int]:
    """The bytes from `start` to before `end`, and how many there are in all. Raises as `fetch_web` does."""
    try:
        content, headers = _fetched(url, {"Range": f"bytes={start}-{end - 1}"}, _NOTHING)
    except RangeRefusedError:
        raise DataError(f"{shown_address(url)}: it is shorter than {start:,} bytes") from None
    match = _CONTENT_RANGE.fullmatch(headers.get("Content-Range") or "")
    if not match or int(match[1]) != start:
        raise BrokenOff("the server sent another part than was asked for")
    return content, int(match[2])


def _fetched(url: str, headers: dict[str, str], secret: Mapping[str, str]) -> tuple[bytes, Message]:
    shown, start, content = shown_address(url), time.monotonic(), bytearray()
    try:
        with web_answer(url, headers, shown, secret=secret, refused=_ASKED_AGAIN) as (response, chunks):
            if headers and response.status != http.client.PARTIAL_CONTENT:
                raise DataError(f"{shown}: its server does not give parts of a file. Download it, then give the file")
            said = response.headers.get("Content-Length") or ""
            promised = int(said) if said.isascii() and said.isdecimal() and len(said) <= _DIGITS else 0
            _check(promised, shown)
            for chunk in _until_late(chunks(), start, shown):
                content += chunk
                _check(len(content), shown)
            answered = response.headers
    except HubError as problem:
        raise DataError(str(problem)) from None
    if len(content) < promised:
        raise BrokenOff(f"only {len(content):,} of its {promised:,} bytes came")
    return bytes(content), answered


def _unpacked(content: bytes, shown: str) -> bytes:
    import zlib

    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacking.decompress(content, MOST_BYTES + 1)
    except zlib.error as problem:
        raise DataError(f"{shown}: the server packed it, and that is damaged: {problem}") from None
    _check(len(plain), shown)
    if not unpacking.eof:
        raise DataError(f"{shown}: the server packed it, and its end is missing")
    return plain


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
