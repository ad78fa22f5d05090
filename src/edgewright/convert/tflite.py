"""Runs TensorFlow's converter on a SavedModel, and says in one line why it could not."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

from edgewright.convert.graphs.graph import MetaGraph
from edgewright.convert.graphs.reading import read_graphs
from edgewright.convert.operators import UnsupportedOperator, explain, layer_of, refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.ports import Sample
from edgewright.convert.product import Prepared, first_line
from edgewright.errors import ConversionError, UnsupportedOperatorError

_WRITES = frozenset({"AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"})
_UNMEASURED = "a loop, which cannot be measured for int8"


def convert_saved_model(prepared: Prepared, options: ConversionOptions) -> bytes:
    """Convert the exported SavedModel, with int8 measured on the calibration samples.

    Raises `UnsupportedOperatorError` for operators that LiteRT does not have, else `ConversionError`.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert_phase import ConverterError

    graphs = read_graphs((prepared.folder / "saved_model.pb").read_bytes())
    _refuse_state(prepared, graphs, options)
    if options.quantize == "int8":
        _refuse_loops(prepared, graphs)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(prepared.folder))
    _configure(tf, converter, options, prepared.calibration)
    try:
        data: bytes = converter.convert()
    except ConverterError as error:
        raise explain(error, prepared.name, prepared.layers, options) from None
    except struct.error:
        # What TensorFlow's own reader says of an empty file.
        raise ConversionError(f"{prepared.name}: the converter returned nothing, and gave no reason") from None
    except (ValueError, TypeError, RuntimeError, tf.errors.OpError) as error:
        raise ConversionError(f"{prepared.name}: the converter stopped: {first_line(error)}") from error
    return data


def _refuse_state(prepared: Prepared, graphs: Sequence[MetaGraph], options: ConversionOptions) -> None:
    """Stop at a graph that writes to its variables: in the file they have no first value, and hold whatever was there.

    The converter lets them through (TensorFlow 2.21), and a run starts from uninitialised memory.
    """
    layers = frozenset(prepared.layers)
    places = [layer_of(one.node.name, layers) for graph in graphs for one in graph.called() if one.node.op in _WRITES]
    if places:
        reason = "keeps a state in a variable from one run to the next, and a file has no first value for it"
        found = tuple(
            UnsupportedOperator("AssignVariableOp", layer, reason, "state") for layer in dict.fromkeys(places)
        )
        raise refusal(prepared.name, found, options)


def _refuse_loops(prepared: Prepared, graphs: Sequence[MetaGraph]) -> None:
    """Stop before TensorFlow 2.21 does: measuring a loop for int8 kills its process (SIGSEGV in its calibrator)."""
    loops = [one.node.name for graph in graphs for one in graph.used() if one.node.op in ("While", "StatelessWhile")]
    if loops:
        layers = frozenset(prepared.layers)
        found = tuple(
            UnsupportedOperator("While", layer_of(name, layers) or name, _UNMEASURED, "int8") for name in loops
        )
        raise UnsupportedOperatorError(
            f"{prepared.name}: operator While ({loops[0]}) is {_UNMEASURED}. "
            "Convert it from a Keras model with unroll=True (--unroll), or use quantize='dynamic'",
            found,
        )


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
