"""`chain`: two models, by path or name, as one task."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from edgewright.hub.loading import Source, load

if TYPE_CHECKING:
    from edgewright.task import Chain, Crop, Task


def chain(
    first: Source | Task[Any] | Chain,
    then: Source | Task[Any],
    *,
    on: Collection[str] | None = None,
    crop: Crop | None = None,
    **options: Any,
) -> Chain:
    """Make one task of two: `first` finds things, and `then` looks at a crop of each of them.

    Each is a path, bytes, the name of a model, or a task that is open already; the chain closes both, and only what was
    opened here where it cannot be made. `on`: labels of
    the first that are looked at, all of them without; other things stay in the result as the first has them. `crop`:
    how much around a thing is cut out, and which way up. `options` are those of `load` for the ones that are opened
    here: engine, threads, max_pixels. Give tasks to say more.

    Raises what `load` raises, and `UsageError` where one of the two takes no pictures or the first has no such label.

    >>> with ew.chain("detector.tflite", "mobilenet.tflite", on=["cat"]) as look_closer:
    ...     for link in look_closer("animals.jpg"):
    ...         print(link.found.label, link.then[0].label if link.then else "")
    ...         break
    cat Egyptian cat
    """
    from edgewright.task import Chain

    largest = {"max_pixels": options["max_pixels"]} if options.get("max_pixels") else {}
    with ExitStack() as opened:
        tasks = [_task(source, opened, options) for source in (first, then)]
        made = Chain(*tasks, on=on, crop=crop, **largest)
        opened.pop_all()
    return made


def _task(source: Source | Task[Any] | Chain, opened: ExitStack, options: dict[str, Any]) -> Any:
    """The task, which is closed with `opened` where it is not the caller's own."""
    if hasattr(source, "sibling"):
        return source
    return opened.enter_context(load(source, **options))
