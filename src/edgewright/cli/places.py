"""`--on`: the device on which something is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from edgewright.machine import Place, Progress

_F = TypeVar("_F", bound=Callable[..., Any])


def on_option(function: _F) -> _F:
    """Add `--on`, which names a device as `deploy` does."""
    return click.option("--on", metavar="USER@HOST", help="Measure on a device that SSH reaches. [default: here]")(
        function
    )


@contextmanager
def place(on: str | None, progress: Progress) -> Iterator[Place | None]:
    """Where that is, for as long as the block lasts; None for this machine."""
    if on is None:
        yield None
        return
    from edgewright.deploy import measuring_on

    with measuring_on(on, progress=progress) as there:
        yield there
