"""A signature of a loaded SavedModel as conversion sees it: named inputs and outputs, a run on samples, an export."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Request
from edgewright.convert.sources.ports import InputPort, OutputPort, Sample
from edgewright.convert.sources.tensorflow.activations import FIRST, scope_activations
from edgewright.convert.sources.tensorflow.exporting import (
    distinct,
    failing,
    identifier,
    input_identifier,
    save_signature,
)
from edgewright.convert.sources.tensorflow.lowering.job import SavedModelLowering, lowering_of
from edgewright.errors import ConversionError


@dataclass(frozen=True)
class Signature:
    """A callable from named tensors to named tensors; `specs` and `outputs` have shape and dtype of each by name.

    `variables` and `whole` are what has to be saved along with it.
    """

    call: Callable[..., Mapping[str, Any]]
    specs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    variables: list[Any] = field(default_factory=list)
    whole: Any = None


class LoadedSignature:
    """One signature of a SavedModel; TensorFlow is loaded already."""

    def __init__(self, signature: Signature, name: str, remedies: tuple[str, ...] = ()) -> None:
        """Take the signature; `name` stands for the source in messages."""
        self.name = name
        self._signature = signature
        taken = distinct(list(map(input_identifier, signature.specs)))
        self._keys = dict(zip(taken, signature.specs, strict=True))
        self.inputs = tuple(_port(own, signature.specs[key], name) for own, key in self._keys.items())
        returned = distinct(list(map(identifier, signature.outputs)))
        self.outputs = tuple(map(_output, returned, signature.outputs.values()))
        self.layers: Mapping[str, str] = {}
        self.remedies = remedies

    def run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """The signature's outputs for each sample, in the order of `outputs`."""
        import tensorflow as tf

        with failing(self.name):
            called = [self._call({name: tf.constant(array) for name, array in sample.items()}) for sample in samples]
        return [[np.asarray(outputs[key]) for key in self._signature.outputs] for outputs in called]

    def lower(self, request: Request) -> SavedModelLowering:
        """Export it; TensorFlow's converter does the rest."""
        return lowering_of(self, request)

    def export(self, ports: Sequence[InputPort], folder: Path) -> None:
        """Write a SavedModel with this signature alone, of these sizes."""
        import tensorflow as tf

        specs = {port.name: tf.TensorSpec(port.shape, port.dtype, name=port.name) for port in ports}

        def serve(**inputs: Any) -> dict[str, Any]:
            outputs = self._call(inputs)
            return {port.name: outputs[key] for port, key in zip(self.outputs, self._signature.outputs, strict=True)}

        function = tf.function(serve, autograph=False).get_concrete_function(**specs)
        holder = tf.Module()
        holder.values = self._signature.variables
        save_signature(tf, holder, function, folder, self._signature.whole, self.name)

    def activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """What each scope of the graph returns last for each sample, by scope ("model/conv2d") in the graph's order."""
        return self._activations(samples, None)

    def first_activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """The same of the first scopes only."""
        return self._activations(samples, FIRST)

    def _activations(self, samples: Sequence[Sample], most: int | None) -> list[dict[str, Array]]:
        import tensorflow as tf

        specs = {name: tf.TensorSpec(samples[0][name].shape, port.dtype, name=name) for name, port in self._by_name()}
        function = tf.function(lambda **inputs: self._call(inputs), autograph=False).get_concrete_function(**specs)
        with failing(self.name):
            return scope_activations(function, samples, most)

    def _by_name(self) -> list[tuple[str, InputPort]]:
        return [(port.name, port) for port in self.inputs]

    def _call(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._signature.call(**{self._keys[name]: value for name, value in inputs.items()})


def _port(name: str, spec: Any, source: str) -> InputPort:
    if spec.shape.rank is None:
        raise ConversionError(
            f"input {name!r} may have any number of dimensions; a device needs a number",
            where=source,
            remedy="Save the model with a shape for it",
        )
    return InputPort(name, tuple(spec.shape.as_list()), spec.dtype.name)


def _output(name: str, tensor: Any) -> OutputPort:
    shape = None if tensor.shape.rank is None else tuple(tensor.shape.as_list())
    return OutputPort(name, shape, tensor.dtype.name)
