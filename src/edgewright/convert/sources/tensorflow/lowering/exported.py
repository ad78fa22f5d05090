"""A source exported to a SavedModel: all that TensorFlow's converter needs of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.ports import Sample

GRAPH = "saved_model.pb"


@dataclass(frozen=True)
class Exported:
    """A folder with one signature, of these `inputs` and `outputs`; `name` stands for the source in messages.

    `layers` are the names that people gave its parts, with the class of each where it is known; `remedies` are what had
    to be changed in it, `tools` versions of what exported it. `calibration` is what int8 is measured on.
    """

    folder: Path
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: ConversionOptions
    calibration: list[Sample] = field(default_factory=list, repr=False)
    layers: Mapping[str, str] = field(default_factory=dict)
    remedies: tuple[str, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)

    @property
    def graph(self) -> bytes:
        """The graph as it is stored."""
        return (self.folder / GRAPH).read_bytes()
