"""How a message names what its reader can say: as Python writes it, or as the options of the command that is running.

A process is one or the other: until a command says what its options are, messages speak Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from edgewright.values import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """How a command line writes an argument.

    `words` are what is typed ("--mean", "--std"); a `flag` takes no value; `command` names another command, where the
    running one has no such option.
    """

    words: tuple[str, ...]
    flag: bool = False
    command: str = ""

    def written(self, *value: object) -> str:
        """The option, with its value if there is one."""
        values = value if len(self.words) == 1 else _several(*value)
        if self.flag or len(values) != len(self.words):
            text = " and ".join(self.words)
        else:
            text = " ".join(f"{word} {_plain(part)}" for word, part in zip(self.words, values, strict=True))
        return f"{text} of edgewright {self.command}" if self.command else text


Options = Mapping[str, Option]
"""Arguments of the library -> how the command line writes them."""

_running: Options | None = None


def argument(name: str, *value: object) -> str:
    """An argument, and the value meant: `overwrite=True` in Python, `--force` on the command line."""
    if _running is None:
        return f"{name}={value[0]!r}" if value else name
    option = _running.get(name) or Option((f"--{name.replace('_', '-')}",))
    return option.written(*value)


def told_elsewhere(name: str, *value: object) -> str:
    """How another command is told an argument, where the running one cannot be; "" where whoever reads it can."""
    option = None if _running is None else _running.get(name)
    return Option(option.words, option.flag).written(*value) if option and option.command else ""


def either(*, python: str, command: str) -> str:
    """What is said in different words, for want of one argument that is meant."""
    return python if _running is None else command


def options() -> Options | None:
    """What the running command calls the arguments, to be handed to a child process; None where Python is spoken."""
    return _running


def speak(spoken: Options | None) -> None:
    """Have this process name arguments as these options, or as Python does (None), from now on."""
    global _running  # one process has one reader, in all its threads
    _running = spoken


@contextmanager
def spelled_as(spoken: Options | None) -> Iterator[None]:
    """The same until the block ends."""
    before = _running
    speak(spoken)
    try:
        yield
    finally:
        speak(before)


def _several(*value: object) -> tuple[object, ...]:
    """The parts of a list or tuple; anything else as it is."""
    return tuple(value[0]) if value and isinstance(value[0], list | tuple) else value


def _plain(value: object) -> str:
    return ",".join(f"{part:g}" if isinstance(part, float) else str(part) for part in _several(value))
