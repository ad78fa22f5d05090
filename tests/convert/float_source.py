"""A source whose framework quantizes nothing: a model file stands for what it computes, and for what it lowers to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from edgewright.convert import InputPort, Lowered, Lowering, OutputPort, Request, Sample
from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.preparing import prepare
from edgewright.convert.proof.product import Product
from edgewright.convert.proof.proving import finish
from edgewright.evaluate import Runner
from edgewright.machine import silent
from edgewright.model import ModelFile


@dataclass
class FloatModel:
    """An opened source: it computes what `model` does, and is lowered to `lowers_to`, or to the model itself.

    `computes` stands for the model's outputs, as a function of its inputs.
    """

    model: ModelFile
    lowers_to: ModelFile | None = None
    computes: Callable[..., list[Any]] | None = None
    name: str = "source"

    @property
    def inputs(self) -> tuple[InputPort, ...]:
        return tuple(InputPort(spec.name, spec.shape, spec.dtype) for spec in self.model.inputs)

    @property
    def outputs(self) -> tuple[OutputPort, ...]:
        return tuple(OutputPort(spec.name, spec.shape, spec.dtype) for spec in self.model.outputs)

    def run(self, samples: Sequence[Sample]) -> list[list[Any]]:
        if self.computes is not None:
            return [self.computes(*sample.values()) for sample in samples]
        with Runner(self.model) as run:
            return [run(list(sample.values())) for sample in samples]

    def lower(self, request: Request) -> Lowering:
        return partial(Lowered, self.lowers_to or self.model)


def proven(opened: FloatModel, folder: Path, **asked: Any) -> Product:
    """Convert it in this process."""
    options = ConversionOptions.of(**asked)
    return finish(prepare(opened, options, folder), options, silent)
