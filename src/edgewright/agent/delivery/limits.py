"""How much an outbox may hold, and how slow a line may be."""

from __future__ import annotations

from dataclasses import dataclass

_DAY_S = 86_400

SLOWEST_BYTES_S = 8_000
"""What a line of 64 kbit/s carries: by it a large event has its time."""


@dataclass(frozen=True)
class Limits:
    """What is kept while a sink cannot be reached; beyond it the oldest events go first, and that is reported.

    `max_bytes`: of all events that wait (default 256 MB, some 500,000 events without pictures). `max_age_s`: of one
    event, from when it was stored (default 30 days): time that is known to have passed, whatever the system's clock
    shows, so that of a machine that was off does not count.
    """

    max_bytes: int = 256_000_000
    max_age_s: float = 30 * _DAY_S

    def __post_init__(self) -> None:
        if self.max_bytes < 10_000 or self.max_age_s <= 0:
            raise ValueError(f"limits: {self}; expected at least 10,000 bytes and an age above 0")
