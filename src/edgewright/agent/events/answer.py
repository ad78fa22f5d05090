"""What the worker says of one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """A result, or the reason why there is none.

    `body`: the result as plain values. `scores`: label -> score, of those labels that rules ask for. `took_s`: what the
    model took in seconds, the preparation of its input included. `error`: what is wrong with the picture; `fault`:
    that it is the task which failed on it, and may fail on others as well.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    took_s: float = 0.0
    error: str | None = None
    fault: bool = False


def shortened(value: Any) -> Any:
    """Plain values with no text over `LONGEST` characters: a file may bring labels of megabytes, for every event."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
    if isinstance(value, Mapping):
        return {shortened(key): shortened(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [shortened(one) for one in value]
    return value
