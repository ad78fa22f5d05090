"""A model of Keras where PyTorch computes it: exported as a module of PyTorch, with the names that Keras has.

TensorFlow is not needed for that. Keras's other backend, JAX, is not offered: what it exports is 74 dB from its source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.ports import InputPort, settle
from edgewright.convert.sources.tensorflow.exporting import distinct, identifier
from edgewright.convert.sources.tensorflow.keras.naming import output_names
from edgewright.convert.sources.torch.module import open_module
from edgewright.convert.sources.torch.program import TorchProgram
from edgewright.convert.sources.torch.runtime import start_torch


def open_on_torch(model: Any, name: str, options: ConversionOptions, remedies: tuple[str, ...] = ()) -> TorchProgram:
    """Export it with inputs of the sizes that it says, and those that the options give where it says none.

    Raises `UsageError` where a size is missing; `name` stands for the model.
    """
    start_torch()
    tensors = list(getattr(model, "inputs", None) or ())
    if not tensors:
        return open_module(model, name, options)
    names = distinct([identifier(tensor.name) for tensor in tensors])
    ports = [InputPort(key, tuple(tensor.shape), tensor.dtype) for key, tensor in zip(names, tensors, strict=True)]
    examples = {port.name: np.zeros(port.sized(), port.dtype) for port in settle(ports, options)}
    # Keras has channels last by itself: nothing is to be turned.
    described = replace(options, example_inputs=examples, input_shape={}, keep_nchw=True)
    opened = open_module(_module(model, tensors, names), name, described)
    opened.remedies = (*remedies, *opened.remedies)
    return opened


def _module(model: Any, tensors: Sequence[Any], names: Sequence[str]) -> Any:
    """A module that takes the model's inputs by name and returns its outputs by name."""
    import keras
    import torch

    class Called(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, **inputs: Any) -> dict[str, Any]:
            result = model(_structured(model, tensors, [inputs[name] for name in names]), training=False)
            flat = keras.tree.flatten(result)
            return dict(zip(output_names(model, result, len(flat)), flat, strict=True))

    return Called()


def _structured(model: Any, tensors: Sequence[Any], values: Sequence[Any]) -> Any:
    """Inputs in the structure that the model was built with: a dictionary, a list, or one alone."""
    import keras

    structure = getattr(model, "_inputs_struct", None)
    if structure is None:
        return list(values) if len(values) > 1 else values[0]
    by_tensor = {id(tensor): value for tensor, value in zip(tensors, values, strict=True)}
    return keras.tree.map_structure(lambda tensor: by_tensor[id(tensor)], structure)
