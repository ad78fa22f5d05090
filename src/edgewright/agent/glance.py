"""What an agent is doing at this moment, for somebody who looks on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Glance:
    """Counts are of this run.

    `seen`: what the model said of the last picture, in one line; "" before the first. `captured` frames, of which
    `looked_at` went through the model, and `still` did not, as nothing had moved; `took_s` is what the last one took.
    `events` are stored, `sent` to all sinks together, `passed_over` because a sink never takes them; `waiting` are
    those of the sink that is furthest behind. `troubles`: what does not work now, by part.
    """

    seen: str = ""
    captured: int = 0
    looked_at: int = 0
    took_s: float = 0.0
    events: int = 0
    sent: int = 0
    passed_over: int = 0
    waiting: int = 0
    troubles: Mapping[str, str] = field(default_factory=dict)
    still: int = 0
