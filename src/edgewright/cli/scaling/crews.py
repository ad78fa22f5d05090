"""`--on ray`: the workers that answer for many inputs in place of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from edgewright.machine import Crew, Progress

_F = TypeVar("_F", bound=Callable[..., Any])

RAY = "ray (one that is started here), ray=auto or ray=HOST:PORT"


def crew_option(function: _F) -> _F:
    """Add `--on`, which names a Ray."""
    said = f"Have the workers of a Ray look at the inputs: {RAY}. [default: this machine alone]"
    return click.option("--on", metavar="RAY", help=said)(function)


def names_ray(on: str | None) -> bool:
    """Whether it is a Ray, and not a device."""
    return on is not None and on.partition("=")[0] == "ray"


@contextmanager
def crew(on: str | None, progress: Progress, workers: int | None = None) -> Iterator[Crew | None]:
    """Its workers, for as long as the block lasts; None for this machine."""
    if on is None:
        yield None
        return
    from edgewright.scale import RayCrew, ray_address

    with RayCrew.open(ray_address(on), workers=workers, progress=progress) as found:
        yield found
