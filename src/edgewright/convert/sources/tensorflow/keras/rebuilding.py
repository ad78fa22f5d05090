"""A live Keras model that computes in other numbers than float32, built anew to compute in these."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.tensorflow.keras.arithmetic import FLOAT32, in_float32

# What a Keras raises over a configuration that makes no sense, or weights that do not fit.
_FAILURES = (ValueError, TypeError, LookupError, AttributeError, NotImplementedError, RuntimeError, AssertionError)


def rebuilt_in_float32(model: Any) -> tuple[Any, tuple[str, ...]]:
    """The model with its weights in layers of float32, and what they were before ("policy mixed_float16").

    A model that computes in float32, or that cannot be built from its configuration (one with code of its own), is
    given back as it is.
    """
    layers = [model, *model._flatten_layers(include_self=False)] if hasattr(model, "_flatten_layers") else []
    if all(getattr(layer, "compute_dtype", FLOAT32) in (FLOAT32, None) for layer in layers):
        return model, ()
    classes = {type(layer).__name__: type(layer) for layer in layers}
    try:
        described = {"class_name": type(model).__name__, "config": model.get_config()}
        fresh, policies = in_float32(described)
        built = type(model).from_config(fresh["config"], custom_objects=classes)
        built.set_weights(model.get_weights())
    except _FAILURES:
        return model, ()
    return (built, policies) if policies else (model, ())
