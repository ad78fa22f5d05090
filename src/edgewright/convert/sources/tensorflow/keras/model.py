"""A loaded Keras model as conversion sees it: named inputs and outputs, a run on samples, an export."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Request
from edgewright.convert.sources.ports import InputPort, OutputPort, Sample
from edgewright.convert.sources.tensorflow.activations import FIRST, record
from edgewright.convert.sources.tensorflow.exporting import distinct, failing, input_identifier, save_signature
from edgewright.convert.sources.tensorflow.keras.fitted import fitted
from edgewright.convert.sources.tensorflow.keras.naming import output_names
from edgewright.convert.sources.tensorflow.keras.tracing import named_scopes, unrolled, without_masks
from edgewright.convert.sources.tensorflow.lowering.job import SavedModelLowering, lowering_of
from edgewright.errors import UsageError
from edgewright.spelling import argument

# Of float32, added up in another order: a tenth of what a float conversion may differ by.
_ROUNDING = 1e-4


class KerasModel:
    """A model of Keras 3, or of `tf_keras`; TensorFlow is loaded already."""

    def __init__(
        self,
        model: Any,
        name: str,
        options: ConversionOptions,
        remedies: tuple[str, ...] = (),
        *,
        traced: bool = False,
    ) -> None:
        """Take the model; `name` stands for it in messages.

        The option `input_shape` serves models that do not know their own (subclassed, never called). `traced` exports
        the lines of the program along with the graph, for the messages of the converter.
        """
        self.name = name
        self._model = model
        self._traced = traced
        self._tensors = list(getattr(model, "inputs", None) or ())
        unroll = options.unroll or options.quantize == "int8"
        self._loops = [layer for layer in _parts(model) if unroll and _loops(layer)]
        self.inputs = self._known_ports() if self._tensors else _guessed_ports(model, options.input_shape)
        self.outputs: tuple[OutputPort, ...] = ()
        self._functions: dict[Any, Any] = {}
        self.layers: Mapping[str, str] = {str(layer.name): type(layer).__name__ for layer in _parts(model)}
        self.remedies = (*remedies, *(f"loop of {layer.name}" for layer in self._loops))

    @property
    def model(self) -> Any:
        """The model itself."""
        return self._model

    def run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """The model's outputs for each sample, in its own order; from the first run on they are known by name."""
        with failing(self.name):
            return self._run(samples)

    def lower(self, request: Request) -> SavedModelLowering:
        """Export it; TensorFlow's converter does the rest."""
        return lowering_of(self, request)

    def _run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """All at once, which is quickest, wherever that makes no difference to any of them."""
        joined = self._joined(samples)
        if joined is not None:
            outputs = self._call(joined)
            if all(output.ndim and len(output) == len(samples) for output in outputs):
                rows = [[output[index : index + 1] for output in outputs] for index in range(len(samples))]
                if self._alone(samples, rows):
                    return rows
        return [self._call(sample) for sample in samples]

    def _alone(self, samples: Sequence[Sample], rows: Sequence[Sequence[Array]]) -> bool:
        """Whether each sample by itself gives what it gave among the others.

        It does not where the model looks at all of its input at once, as x / max(x) does. The function that will be
        exported is asked, because it is quick with one sample, and has to be made in any case.
        """
        import tensorflow as tf

        function = self._traced_function([replace(port, shape=samples[0][port.name].shape) for port in self.inputs])
        for sample, row in zip(samples, rows, strict=True):
            outputs = function(**{name: tf.constant(array) for name, array in sample.items()})
            by_itself = [np.asarray(outputs[port.name]) for port in self.outputs]
            if not all(map(_same, by_itself, row)):
                return False
        return True

    def _traced_function(self, ports: Sequence[InputPort]) -> Any:
        """The model as a function of inputs with these sizes, traced once; it returns its outputs by name."""
        import tensorflow as tf

        key = tuple((port.name, port.shape) for port in ports)
        if key not in self._functions:
            specs = {port.name: tf.TensorSpec(port.shape, port.dtype, name=port.name) for port in ports}
            names = [port.name for port in self.outputs]

            def serve(**inputs: Any) -> dict[str, Any]:
                return dict(zip(names, self._flat_call(inputs), strict=True))

            parts = _parts(self._model)
            with unrolled(self._loops), without_masks(parts), named_scopes(tf, parts):
                self._functions[key] = tf.function(serve, autograph=False).get_concrete_function(**specs)
        return self._functions[key]

    def export(self, ports: Sequence[InputPort], folder: Path) -> None:
        """Write a SavedModel with one signature, whose inputs and outputs have the model's names and these sizes."""
        import tensorflow as tf

        # What is saved are TensorFlow's own variables. Keras 3's look trackable, and their values get lost on the way
        # into the converter (zeros or NaN, without any error).
        holder = tf.Module()
        holder.values = [_tensorflow_variable(variable) for variable in self._model.variables]
        function = self._traced_function(ports)
        save_signature(tf, holder, function, folder, self._model, self.name, traced=self._traced)

    def activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """What each layer returns for each sample, by layer name in the order of the calls."""
        return self._activations(samples, None)

    def first_activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """The same of the first layers only; the run ends behind them."""
        return self._activations(samples, FIRST)

    def _activations(self, samples: Sequence[Sample], most: int | None) -> list[dict[str, Array]]:
        with failing(self.name):
            return [record(_parts(self._model), partial(self._flat_call, sample), most) for sample in samples]

    def typical(self) -> dict[str, tuple[Array, Array]]:
        """Mean and deviation of the inputs that a layer was fitted to."""
        return fitted(_parts(self._model), self._tensors, [port.name for port in self.inputs]) if self._tensors else {}

    def _known_ports(self) -> tuple[InputPort, ...]:
        names = distinct([input_identifier(tensor.name) for tensor in self._tensors])
        smallest = min(_vocabularies(self._model), default=None)
        return tuple(
            InputPort(name, tuple(tensor.shape), _dtype(tensor), smallest if _counts(tensor) else None)
            for name, tensor in zip(names, self._tensors, strict=True)
        )

    def _joined(self, samples: Sequence[Sample]) -> Sample | None:
        """All samples as one batch, where the model takes any and they are single ones."""
        if not samples:
            return None
        free = all(port.shape and port.shape[0] is None for port in self.inputs)
        if not free or any(len(array) != 1 for sample in samples for array in sample.values()):
            return None
        return {port.name: np.concatenate([sample[port.name] for sample in samples]) for port in self.inputs}

    def _call(self, sample: Sample) -> list[Array]:
        return [np.asarray(tensor) for tensor in self._flat_call(sample)]

    def _flat_call(self, inputs: Mapping[str, Any]) -> list[Any]:
        import tensorflow as tf

        result = self._model(self._structured(tf, [inputs[port.name] for port in self.inputs]), training=False)
        if not self.outputs:
            self.outputs = _output_ports(self._model, result, tf.nest.flatten(result))
        return list(tf.nest.flatten(result))

    def _structured(self, tf: Any, flat: list[Any]) -> Any:
        """Inputs in the structure that the model was built with: a dictionary, a list, or one alone."""
        structure = getattr(self._model, "_inputs_struct", getattr(self._model, "_nested_inputs", None))
        if structure is None or not self._tensors:
            return flat if len(flat) > 1 else flat[0]
        by_tensor = {id(tensor): value for tensor, value in zip(self._tensors, flat, strict=True)}
        return tf.nest.map_structure(lambda tensor: by_tensor[id(tensor)], structure)


def _same(one: Array, other: Array) -> bool:
    """The same but for sums in another order, which matter less than any tolerance of a conversion."""
    if one.shape != other.shape or not np.isfinite(other).all():
        return False
    largest = float(np.abs(other).max(initial=0.0)) if other.dtype.kind == "f" else 0.0
    return bool(np.allclose(one, other, rtol=0.0, atol=_ROUNDING * largest))


def _parts(model: Any) -> list[Any]:
    """All layers, those inside of others included."""
    return list(model._flatten_layers(include_self=False)) if hasattr(model, "_flatten_layers") else []


def _loops(layer: Any) -> bool:
    return getattr(layer, "unroll", None) is False


def _guessed_ports(model: Any, input_shape: Mapping[str, tuple[int, ...]]) -> tuple[InputPort, ...]:
    """Inputs of a model without any in its description: from its last call, or from `input_shape`."""
    given = {name or "input": (None, *_without_batch(shape)) for name, shape in input_shape.items()}
    shapes = _shapes_of_last_call(model) or given
    if not shapes:
        raise UsageError(
            f"{type(model).__name__} does not know the shape of its input, for it was never called. "
            f"Call it once on an input, or give {argument('input_shape')}"
        )
    dtype = str(getattr(model, "input_dtype", None) or "float32")
    return tuple(InputPort(input_identifier(name), shape, dtype) for name, shape in shapes.items())


def _without_batch(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that may come with the batch, which is 1 then."""
    return shape[1:] if len(shape) > 1 and shape[0] == 1 else shape


def _shapes_of_last_call(model: Any) -> dict[str, tuple[int | None, ...]]:
    known = getattr(model, "_build_shapes_dict", None) or {}
    shapes = {name.removesuffix("_shape"): shape for name, shape in known.items() if isinstance(shape, tuple | list)}
    if not all(size is None or isinstance(size, int) for shape in shapes.values() for size in shape):
        return {}
    # What it was called with is one example; only its first size is free by convention.
    return {name: (None, *shape[1:]) for name, shape in shapes.items()}


def _tensorflow_variable(variable: Any) -> Any:
    inner = inspect.getattr_static(type(variable), "value", None)
    return variable.value if isinstance(inner, property) else variable


def _output_ports(model: Any, result: Any, tensors: Sequence[Any]) -> tuple[OutputPort, ...]:
    """Outputs by their names, with the sizes that the model's description has of them."""
    names = output_names(model, result, len(tensors))
    described = list(getattr(model, "outputs", None) or ())
    shapes = [tuple(tensor.shape) for tensor in described] if len(described) == len(names) else [None] * len(names)
    return tuple(
        OutputPort(name, shape, _dtype(tensor)) for name, shape, tensor in zip(names, shapes, tensors, strict=True)
    )


def _dtype(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _vocabularies(model: Any) -> list[int]:
    sizes = [getattr(layer, "input_dim", None) for layer in _parts(model) if type(layer).__name__ == "Embedding"]
    return [size for size in sizes if isinstance(size, int)]


def _counts(tensor: Any) -> bool:
    """Whether an input holds indices: it is of whole numbers, or an Embedding takes it as it is."""
    if "int" in _dtype(tensor):
        return True
    history = getattr(tensor, "_keras_history", None)
    operation = getattr(history, "operation", getattr(history, "layer", None))
    nodes = getattr(operation, "_outbound_nodes", ())
    takers = [getattr(node, "operation", getattr(node, "layer", None)) for node in nodes]
    return any(type(taker).__name__ == "Embedding" for taker in takers)
