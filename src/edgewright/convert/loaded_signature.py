"""A signature of a loaded SavedModel as conversion sees it: named inputs and outputs, a run on samples, an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.keras_model import SIGNATURE, identifier
from edgewright.convert.ports import Port, Sample
from edgewright.convert.representative import Array
from edgewright.errors import ConversionError


class LoadedSignature:
    """One signature of a SavedModel; TensorFlow is loaded already."""

    def __init__(self, loaded: Any, key: str, name: str) -> None:
        """Take signature `key` of `loaded`; `name` stands for the source in messages."""
        self._loaded = loaded
        self._function = loaded.signatures[key]
        specs: Mapping[str, Any] = self._function.structured_input_signature[1]
        self._keys = {identifier(key): key for key in specs}
        self.ports = tuple(_port(own, specs[key], name) for own, key in self._keys.items())
        self._outputs = sorted(self._function.structured_outputs)
        self.outputs: tuple[str, ...] = tuple(map(identifier, self._outputs))

    def run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """The signature's outputs for each sample, by name in alphabetical order (a SavedModel has no other)."""
        import tensorflow as tf

        results = []
        for sample in samples:
            outputs = self._call({name: tf.constant(array) for name, array in sample.items()})
            results.append([np.asarray(outputs[key]) for key in self._outputs])
        return results

    def export(self, ports: Sequence[Port], folder: Path) -> None:
        """Write a SavedModel with this signature alone, of these sizes."""
        import tensorflow as tf

        specs = {port.name: tf.TensorSpec(port.shape, port.dtype, name=port.name) for port in ports}

        def serve(**inputs: Any) -> dict[str, Any]:
            outputs = self._call(inputs)
            return {identifier(key): outputs[key] for key in self._outputs}

        function = tf.function(serve, autograph=False).get_concrete_function(**specs)
        holder = tf.Module()
        holder.values = list(self._function.variables)
        try:
            tf.saved_model.save(holder, str(folder), signatures={SIGNATURE: function})
        except AssertionError as error:
            if "untracked" not in str(error):
                raise
            holder.loaded = self._loaded  # for what is no variable: tables, with all else that is in the model
            tf.saved_model.save(holder, str(folder), signatures={SIGNATURE: function})

    def _call(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        outputs: Mapping[str, Any] = self._function(**{self._keys[name]: value for name, value in inputs.items()})
        return outputs


def _port(name: str, spec: Any, source: str) -> Port:
    if spec.shape.rank is None:
        raise ConversionError(f"{source}: input {name!r} may have any number of dimensions; a device needs one. Save the model with a fixed shape")
    dtype: str = spec.dtype.name
    if dtype in ("string", "resource", "variant"):
        raise ConversionError(f"{source}: input {name!r} takes values of type {dtype}. Export the part of the model that takes numbers")
    return Port(name, tuple(spec.shape.as_list()), dtype)
