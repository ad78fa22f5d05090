"""What the worker says of one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A result, or the reason why there is none.

    `body`: the result as plain values. `scores`: label -> score, of those labels that rules ask for. `took_s`: what the
    model took in seconds, the preparation of its input included. `error`: what is wrong with the picture.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    took_s: float = 0.0
    error: str | None = None
