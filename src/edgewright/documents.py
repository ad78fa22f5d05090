"""JSON from files, held to limits before it is parsed: a megabyte of brackets would become a hundred of objects."""

from __future__ import annotations

import json
import re
from typing import Any

# Far above what any model or configuration has; nested deeper, what walks through it would run out of stack.
DEEPEST = 200
MOST_VALUES = 1_000_000

_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_STRUCTURE = re.compile(r"[\[\]{},]")


def parse_json(data: bytes | str, *, most_bytes: int) -> Any:
    """Parse JSON of at most `most_bytes`, `MOST_VALUES` values and `DEEPEST` levels.

    Raises `ValueError`, with the limit in it, for what is over one of them, and for what is no JSON.
    """
    if len(data) > most_bytes:
        raise ValueError(f"it has {len(data):,} bytes; at most {most_bytes:,} are read")
    text = data if isinstance(data, str) else data.decode(json.detect_encoding(data), "surrogatepass")
    _check_structure(text)
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError(f"it is nested over {DEEPEST} deep") from None


def _check_structure(text: str) -> None:
    if sum(map(text.count, "[{,")) <= DEEPEST:
        return  # Neither limit can be reached.
    depth = values = 0
    for mark in _STRUCTURE.finditer(_STRING.sub('""', text)):
        sign = mark.group()
        values += sign not in "]}"
        depth += (sign in "[{") - (sign in "]}")
        if depth > DEEPEST:
            raise ValueError(f"it is nested over {DEEPEST} deep")
        if values > MOST_VALUES:
            raise ValueError(f"it has more than {MOST_VALUES:,} values")
