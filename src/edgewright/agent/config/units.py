"""Sizes, times, shares and links as people write them: "100MB", "30s", "10Mbit,40ms"."""

from __future__ import annotations

import math
import re

from edgewright.agent.ledger import Link

_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*|%)\s*")

_BYTES = {"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9}
_SECONDS = {"": 1, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86_400}
_SHARES = {"": 1, "%": 0.01}
_BITS = {"bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9}


def parse_bytes(text: str | float) -> int:
    """A size in bytes: "100MB", "2 GB", 5000; raises `ValueError`."""
    size = _parse(text, _BYTES, "a size like 100MB")
    if math.isinf(size):
        raise ValueError(f"{text!r}, expected a size like 100MB")
    return int(size)


def parse_seconds(text: str | float) -> float:
    """A time in seconds: "30s", "5 min", "40ms", 2.5; raises `ValueError`."""
    return _parse(text, _SECONDS, "a time like 30s, 5min or 2h")


def parse_link(text: str) -> Link:
    """A network: "10Mbit,40ms" is its speed and round trip; raises `ValueError`."""
    speed, comma, delay = text.partition(",")
    if not comma:
        raise ValueError(f"{text!r}, expected a link like 10Mbit,40ms")
    return Link(_parse(speed, _BITS, "a speed like 10Mbit"), parse_seconds(delay))


def parse_share(text: str | float) -> float:
    """A share of the whole: "0.5%", 0.005; raises `ValueError`."""
    return _parse(text, _SHARES, "a share like 0.5%")


def _parse(text: str | float, units: dict[str, float], expected: str) -> float:
    if isinstance(text, int | float) and not isinstance(text, bool) and not math.isnan(text):
        return float(text)
    match = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    factor = units.get(match[2].lower()) if match else None
    if match is None or factor is None:
        raise ValueError(f"{text!r}, expected {expected}")
    return float(match[1]) * factor
