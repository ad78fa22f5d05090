"""One setting that makes no sense."""

from __future__ import annotations

from edgewright.errors import UsageError


class SettingError(UsageError):
    """One setting makes no sense; `key` is what a TOML file calls it, `reason` what is wrong with it.

    `number`: of which of several tables of that name, from 0; None where it is about all of them.
    """

    def __init__(self, key: str, reason: str, number: int | None = None) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason
        self.number = number
