"""Runs TensorFlow's converter on a SavedModel, and says in one line why it could not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edgewright.convert.operators import explain
from edgewright.convert.options import ConversionOptions
from edgewright.convert.ports import Sample
from edgewright.errors import ConversionError


def convert_saved_model(folder: Path, options: ConversionOptions, calibration: Sequence[Sample], name: str) -> bytes:
    """Convert the only signature of a SavedModel; `calibration` are the samples that int8 is measured on.

    Raises `UnsupportedOperatorError` for operators that LiteRT does not have, else `ConversionError`.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert_phase import ConverterError

    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder))
    _configure(tf, converter, options, calibration)
    try:
        data: bytes = converter.convert()
    except ConverterError as error:
        raise explain(error, name, options) from None
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise ConversionError(f"{name}: the converter stopped: {first_line(error)}") from error
    return data


def first_line(error: BaseException) -> str:
    """The first line of an error's text that says something, at most 300 characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]


def _configure(tf: Any, converter: Any, options: ConversionOptions, calibration: Sequence[Sample]) -> None:
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if options.quantize == "none":
        return
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if options.quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    elif options.quantize == "int8":

        def representative() -> Iterator[Sample]:
            yield from calibration

        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(options.io_dtype)
