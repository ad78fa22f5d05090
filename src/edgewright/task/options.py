"""What a caller says to a task, given to those it is for: the preparation of its input, and its kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.spelling import argument
from edgewright.spelling import options as spelled

Options = Mapping[str, Any]

_OF_CLASSES = ("probabilities", "logits")


def only(options: Options, *names: str, task: str) -> dict[str, Any]:
    """The options, all of which must be of these names. Raises `UsageError` that lists them."""
    for name in options:
        if name not in names:
            raise UsageError(f"{task} has no option {argument(name)!r}. {_there(names)}")
    if isinstance(options.get("threshold"), Mapping) and "allow" not in names:
        raise UsageError(f"{task} has one threshold for all; those of single labels are for detection")
    return dict(options)


def _there(names: Collection[str]) -> str:
    """The options that there are, as they are written; on the command line some cannot be."""
    spoken = spelled()
    there = [argument(name) for name in sorted(names) if spoken is None or name in spoken]
    return f"It has: {', '.join(there)}" if there else "It has none"


def unsaid(model: ModelFile, *, normalization: str | None = None, **others: Any) -> Options:
    """Of these options of a picture's preparation those that the file does not say itself.

    A kind that recognizes published files by their form knows what they were trained on; what is in the file, and what
    the caller says, goes before that.
    """
    said = model.metadata.inputs[0] if model.metadata.inputs else None
    if normalization is not None and (said is None or not said.mean):
        others["normalization"] = normalization
    return {name: value for name, value in others.items() if getattr(said, name, None) is None}


def with_needed(needed: Options, given: Options) -> dict[str, Any]:
    """What a kind's preparation needs, with what the caller says over it: borders go with the kind's own resizing."""
    kept = {name: value for name, value in needed.items() if name != "pad"} if "resize" in given else needed
    return {**kept, **given}


def says_classes(options: Options) -> bool:
    """Whether the caller has names for the entries of a row, or says that they are scores."""
    return options.get("labels") is not None or options.get("meaning") in _OF_CLASSES
