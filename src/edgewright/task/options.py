"""What a caller says to a task, given to those it is for: the preparation of its input, and its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgewright.errors import UsageError

Options = Mapping[str, Any]


def only(options: Options, *names: str, task: str) -> dict[str, Any]:
    """The options, all of which must be of these names. Raises `UsageError` that lists them."""
    for name in options:
        if name not in names:
            raise UsageError(f"{task} has no option {name!r}. It has: {', '.join(sorted(names))}")
    return dict(options)
