"""Recipe: the authors publish a `.tflite` file, so there is nothing to make."""

from __future__ import annotations

from pathlib import Path

from edgewright.errors import HubError, ModelError
from edgewright.hub.model_entry import Entry
from edgewright.machine import Progress
from edgewright.model import ModelFile


class AsPublished:
    """Needs nothing but the file."""

    def require(self, entry: Entry) -> None:
        """Nothing is missing, ever."""

    def make(self, published: bytes, entry: Entry, folder: Path, progress: Progress) -> ModelFile:
        """Read and check the file. Raises HubError where it is no sound model."""
        progress("checking", 0, 0)
        try:
            return ModelFile.read(published)
        except ModelError as problem:
            raise HubError(f"{entry.origin.title}: what arrived cannot be used: {problem}. Nothing was kept") from None


RECIPE = AsPublished()
