"""How an agent is shown in Home Assistant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HomeAssistant:
    """`prefix`: under which Home Assistant looks for devices; `name`: of this one, without it by the topic.

    Raises `ValueError` for a prefix that is no topic.
    """

    prefix: str = "homeassistant"
    name: str | None = None

    def __post_init__(self) -> None:
        parts = self.prefix.split("/")
        if not all(parts) or any(sign in self.prefix for sign in "+#\0"):
            raise ValueError(f"prefix: {self.prefix!r}, expected a topic without + and #, such as 'homeassistant'")

    def called(self, topic: str) -> str:
        """The device's name, for people: of site/front_door it is "front door"."""
        return self.name or topic.rpartition("/")[2].replace("_", " ").replace("-", " ")
