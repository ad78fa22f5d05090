"""What a system tells of its hardware; one reader per kind of system fills it in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Fields as in `Machine`; None where the system does not tell. `allowed_cores`: left to us by affinity."""

    cpu: str | None = None
    device: str | None = None
    logical_cores: int | None = None
    physical_cores: int | None = None
    allowed_cores: int | None = None
    memory_bytes: int | None = None
    governor: str | None = None
    throttled: bool | None = None
    os: str | None = None
    kernel: str | None = None
