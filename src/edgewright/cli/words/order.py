"""Arguments in the wrong order: the model comes first."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

_MARK = b"TFL3"

# Files of models that are no `.tflite` yet.
_SOURCES = frozenset({".h5", ".hdf5", ".keras", ".onnx", ".pt2"})


def refuse_swapped(first: str, others: Sequence[str]) -> None:
    """Raise click.UsageError with the right command where what is to be looked at stands in front of the model."""
    if is_model(first) or not Path(first).exists():
        return
    models = [word for word in others if is_model(word)]
    if len(models) == 1:
        from shlex import join

        right = join(_swapped(sys.argv[1:], first, models[0]))
        raise click.UsageError(
            f"{first} is no model, and {models[0]} is one: it comes first. Run: `edgewright {right}`"
        )


def refuse_model_for_device(host: str, model: str | None) -> None:
    """Raise click.UsageError with the right command where a model stands in place of the device."""
    path = Path(host)
    if path.suffix == ".tflite" or (path.is_file() and is_model(host)):
        from shlex import join

        right = join(("edgewright", "deploy", model or "USER@HOST", host))
        raise click.UsageError(f"{host} is a model; the device comes first: `{right}`")


def refuse_model(word: str, takes: str, instead: str) -> None:
    """Raise click.UsageError where a model stands in place of data; the command `takes` them, `instead` takes both."""
    path = Path(word)
    if is_model(word) or (path.is_file() and path.suffix in _SOURCES):
        raise click.UsageError(f"{word} is a model, and {takes}. With a model: `{instead}`")


def _swapped(words: Sequence[str], first: str, second: str) -> list[str]:
    other = {first: second, second: first}
    return [other.get(word, word) for word in words]


def is_model(word: str) -> bool:
    """Whether it is a `.tflite` file, or the name of a model that is known."""
    path = Path(word)
    if not path.is_file():
        return not path.exists() and _is_known(word)
    with path.open("rb") as stream:
        return stream.read(8)[4:] == _MARK


def _is_known(word: str) -> bool:
    from edgewright.hub import names

    return word in names()
