"""JSON: of files, held to limits before it is parsed, and for other programs, in numbers that JSON has."""

from __future__ import annotations

import json
import math
import re
from typing import Any

# Far above what any model or configuration has: a megabyte of brackets would become a hundred of objects, and nested
# deeper, what walks through it would run out of stack.
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


def json_text(value: Any, **layout: Any) -> str:
    """Plain values as JSON, RFC 8259: NaN and infinity, which that has not, are null. `layout` as for `json.dumps`."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, **layout)
    except ValueError:
        return json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, **layout)


def escaped(text: str) -> str:
    """The same JSON, fit to be printed and written: signs that steer a terminal, and lone surrogates, as escapes.

    JSON itself escapes the first 32 control characters; those above 127 steer a terminal too, and lone surrogates
    cannot be written. Both stand inside strings only, where an escape says the same.
    """
    return re.sub("[\x7f-\x9f\ud800-\udfff]", lambda sign: f"\\u{ord(sign.group()):04x}", text)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
