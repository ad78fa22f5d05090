"""The int8 version of a fetched model, measured on pictures that the user has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.hub.catalogue import entry
from edgewright.hub.describing import described
from edgewright.hub.getting import fetched_model, source
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile

if TYPE_CHECKING:
    from edgewright.media import PictureSource


def quantized(name: str, pictures: Iterable[PictureSource], *, progress: Progress = silent) -> ModelFile:
    """Convert a fetched model again with 8-bit numbers throughout; inputs and outputs stay float32.

    pictures: some photographs like those it will see (paths, bytes, PIL images or arrays), from which the range of
    every activation is measured; a hundred or more are wanted for a figure that counts. They are prepared as the model
    says. The result describes itself as the float file does, and its agreement with the source is in its provenance.

    Raises UsageError without pictures, HubError where the model is not in the cache, DataError for a picture that
    cannot be read, and what `convert` raises.
    """
    from edgewright.convert import convert
    from edgewright.media import Preparation

    known, path = entry(name), source(name)
    model = fetched_model(name)
    said = model.metadata.inputs[0]
    prepare = Preparation.of(model.inputs[0], said)
    samples = [prepare(picture) for picture in pictures]
    if not samples:
        raise UsageError("no pictures: an int8 model is measured on photographs like those it will see")
    normalization = (said.mean, said.std)
    small = convert(path, quantize="int8", representative_data=samples, normalization=normalization, progress=progress)
    provenance = model.metadata.provenance
    return described(small, known, provenance.source_sha256 if provenance else "")
