"""What of a file's metadata makes no sense, for those who open it for its task and may have said it themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.task.options import Options


def damage_left(model: ModelFile, given: Options) -> tuple[str, ...]:
    """What is wrong with each part that is damaged and that the caller does not say in its place, without the file."""
    return tuple(part.text for part in model.metadata.damage if part.argument not in given)


@contextmanager
def explained_by(damage: Sequence[str]) -> Iterator[None]:
    """Where a file cannot be opened, say what of it is damaged too: that is what is missing, more often than not."""
    try:
        yield
    except UsageError as error:
        if not damage:
            raise
        raise UsageError(f"{str(error).rstrip('.')}. Damaged: {damage[0]}") from None
