"""An ONNX model as conversion sees it: named inputs and outputs, a run by onnxruntime, a lowering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Request
from edgewright.convert.sources.layout import Layout, channels_first, channels_last
from edgewright.convert.sources.notes import in_noted_size
from edgewright.convert.sources.onnx.graphs.sizes import fix
from edgewright.convert.sources.onnx.lowering.job import OnnxLowering, lowering_of
from edgewright.convert.sources.onnx.ports import input_ports, output_ports
from edgewright.convert.sources.onnx.session import Session, watched
from edgewright.convert.sources.ports import InputPort, OutputPort, Sample, settle


class OnnxModel:
    """A `ModelProto` that was read; `inputs` and `outputs` have the layout that the file gets.

    `remedies` say what had to be changed in it to get this far.
    """

    def __init__(self, model: Any, name: str, options: ConversionOptions, remedies: tuple[str, ...] = ()) -> None:
        """Open a session of onnxruntime; raises `ConversionError` where it refuses the model."""
        self.name = name
        self.model = model
        self.remedies = remedies
        self._session = Session(model, name)
        inputs = input_ports(model.graph)
        self.inputs = Layout.of(inputs, (), keep=options.keep_nchw).filed_inputs(inputs)
        self.layout, outputs = _in_sizes(model, inputs, name, in_noted_size(self, options))
        self.inputs = self.layout.filed_inputs(inputs)
        self.outputs = self.layout.filed_outputs(outputs)

    def run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """Outputs of the source for each sample, in the order and layout of `outputs`."""
        return [self._run(sample) for sample in samples]

    def notes(self) -> Mapping[str, str]:
        """What the exporter noted of the model."""
        return {noted.key: noted.value for noted in self.model.metadata_props}

    def activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """What the nodes return for each sample, by the names of their values, in the order of execution."""
        names = [port.name for port in self.outputs]
        session = Session(watched(self.model), self.name)
        return [session.named(self._fed(sample), without=names) for sample in samples]

    def lower(self, request: Request) -> OnnxLowering:
        """Write the model with the sizes of the request into the conversion's folder; the converter does the rest."""
        return lowering_of(self, request)

    def _run(self, sample: Sample) -> list[Array]:
        returned = self._session.run(self._fed(sample))
        return [
            channels_last(array) if turned else array
            for array, turned in zip(returned, self.layout.outputs, strict=True)
        ]

    def _fed(self, sample: Sample) -> dict[str, Array]:
        """The sample in the source's own layout."""
        return {
            name: channels_first(array) if turned else np.asarray(array)
            for (name, array), turned in zip(sample.items(), self.layout.inputs, strict=True)
        }


def _in_sizes(
    model: Any, inputs: Sequence[InputPort], name: str, options: ConversionOptions
) -> tuple[Layout, tuple[OutputPort, ...]]:
    """The layout and the outputs in the sizes that are asked for: which are maps of a picture depends on them."""
    alone = Layout.of(inputs, (), keep=options.keep_nchw)
    shapes = alone.as_sourced([port.sized() for port in settle(alone.filed_inputs(inputs), options)])
    sized = type(model).FromString(model.SerializeToString())
    fix(sized, dict(zip((port.name for port in inputs), shapes, strict=True)), name)
    outputs = output_ports(sized.graph)
    known = [replace(port, shape=shape) for port, shape in zip(inputs, shapes, strict=True)]
    whole = Layout.of(known, [port.shape for port in outputs], keep=options.keep_nchw)
    return replace(whole, inputs=alone.inputs), outputs
