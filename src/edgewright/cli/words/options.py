"""What a command calls the arguments of the library, taken from the options that it declares."""

from __future__ import annotations

from collections.abc import Iterator

import click

from edgewright.cli.verb import word_of
from edgewright.spelling import Option

# Arguments whose options are called otherwise: one is said in two parts, one several times.
_OTHERWISE = {
    "delegates": ("delegate",),
    "overwrite": ("force",),
    "representative_data": ("data",),
    "normalization": ("mean", "std"),
    "column": ("input_column",),
}

# What a command cannot be told, another one can, so that messages name it there: a model is described by `convert`.
_ELSEWHERE = {
    "convert": (
        *("columns", "dynamic_batch", "input_shape", "io_dtype", "normalization", "overwrite", "quantize"),
        *("representative_data", "task", "trust", "unroll", "keep_nchw", "inputs", "outputs", "memory"),
    ),
    "run": (
        *("anchors", "box_scales", "delegates", "engine", "hop", "max_pixels", "max_seconds", "meaning", "rate"),
        *("labels", "signature", "margin", "threshold", "vocabulary", "window", "column", "on", "shard", "timeout"),
        *("iou", "keypoint_threshold", "most", "pad", "resize"),
    ),
    "train": ("augment", "backbone", "balanced", "epochs", "seed", "thorough", "validation", "work"),
    "optimize": ("bits", "clusters", "data", "learning_rate", "max_drop", "methods", "prefer", "sparsity", "train"),
    "quickstart": ("out", "photos"),
    "watch": ("credentials", "dashboard", "health", "state"),
    "models": ("mirror",),
    "bench": ("rounds",),
    "evaluate": ("baseline", "metric"),
    "deploy": ("config", "sign"),
}
_FLAGS = {"augment", "balanced", "dynamic_batch", "keep_nchw", "overwrite", "thorough", "trust", "unroll"}


def options_of(command: click.Command) -> dict[str, Option]:
    """Argument -> how it is written, for all that can be said to `command`."""
    declared = {parameter.name or "": parameter for parameter in _parameters(command)}
    own = {name: Option((word_of(parameter),), _is_flag(parameter)) for name, parameter in declared.items()}
    for argument, names in _OTHERWISE.items():
        if all(name in declared for name in names):
            own[argument] = Option(tuple(map(word_of, map(declared.__getitem__, names))), _is_flag(declared[names[0]]))
    return _elsewhere() | own


def _parameters(command: click.Command) -> Iterator[click.Parameter]:
    yield from command.params
    if isinstance(command, click.Group):
        for part in command.commands.values():
            yield from part.params


def _is_flag(parameter: click.Parameter) -> bool:
    return isinstance(parameter, click.Option) and parameter.is_flag


def _elsewhere() -> dict[str, Option]:
    return {
        name: Option(tuple(map(_typed, _OTHERWISE.get(name, (name,)))), name in _FLAGS, command)
        for command, names in _ELSEWHERE.items()
        for name in names
    }


def _typed(name: str) -> str:
    return f"--{name.replace('_', '-')}"
