"""The few forms of YAML that exporters of models write: keys with a value, a list, or names by their number.

Only these are read, so that no YAML library is needed; of a text over several lines the first one is kept.
"""

from __future__ import annotations

import re
from typing import Any

_KEY = re.compile(r"([A-Za-z_][\w-]*)\s*:(?:\s+(.*))?$")
_ITEM = re.compile(r"\s*(?:-|(\d{1,7}|[A-Za-z_][\w-]*)\s*:)\s+(.*)$")


def parse_yaml(text: str) -> dict[str, Any]:
    """Keys of the first level, with a text, a number, a list, or a dictionary by number or name; no others."""
    found: dict[str, Any] = {}
    key = ""
    for line in text.splitlines():
        match = _KEY.match(line)
        if match is not None:
            key = match[1]
            found[key] = _scalar(match[2] or "")
        elif key and (item := _ITEM.match(line)) is not None:
            _add(found, key, item[1], _scalar(item[2]))
    return found


def _add(found: dict[str, Any], key: str, name: str | None, value: Any) -> None:
    """One more item of the list or dictionary below a key; what continues a text is left out."""
    if found[key] == "":
        found[key] = [] if name is None else {}
    if name is None and isinstance(found[key], list):
        found[key].append(value)
    elif name is not None and isinstance(found[key], dict):
        found[key][name] = value


def _scalar(text: str) -> Any:
    text = text.strip()
    if text[:1] in ("'", '"') and text[-1:] == text[:1] and len(text) > 1:
        return text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1].replace('\\"', '"')
    text = re.sub(r"\s+#.*$", "", text)
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else text
