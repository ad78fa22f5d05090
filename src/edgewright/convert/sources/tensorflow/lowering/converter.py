"""Runs TensorFlow's converter on a SavedModel, and says in one line why it could not."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

from edgewright.convert.obstacles.unsupported import UnsupportedOperator, refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import first_line
from edgewright.convert.sources.ports import Sample
from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph
from edgewright.convert.sources.tensorflow.graphs.reading import read_graphs
from edgewright.convert.sources.tensorflow.lowering.exported import Exported
from edgewright.convert.sources.tensorflow.lowering.operators import explain
from edgewright.convert.sources.tensorflow.lowering.states import kept_states
from edgewright.convert.sources.tensorflow.names import layer_of
from edgewright.errors import ConversionError, UnsupportedOperatorError
from edgewright.spelling import argument

_FAKE = "FakeQuantWithMinMax"
_UNMEASURED = "a loop, which cannot be measured for int8"


def convert_saved_model(exported: Exported) -> bytes:
    """Convert the exported SavedModel, with int8 measured on the calibration samples.

    Raises `UnsupportedOperatorError` for operators that LiteRT does not have, else `ConversionError`.
    """
    import tensorflow as tf
    from tensorflow.lite.python.convert_phase import ConverterError

    options = exported.options
    graphs = read_graphs(exported.graph)
    _refuse_state(exported, graphs)
    if options.quantize == "int8":
        _refuse_loops(exported, graphs)
    if options.quantize == "trained":
        _require_ranges(exported, graphs)
    converter = tf.lite.TFLiteConverter.from_saved_model(str(exported.folder))
    _configure(tf, converter, options, exported.calibration)
    try:
        data: bytes = converter.convert()
    except ConverterError as error:
        raise explain(error, exported.name, tuple(exported.layers), _types(graphs), options) from None
    except struct.error:
        # What TensorFlow's own reader says of an empty file.
        raise ConversionError("the converter returned nothing, and gave no reason", where=exported.name) from None
    except (ValueError, TypeError, RuntimeError, tf.errors.OpError) as error:
        raise ConversionError(f"the converter stopped: {first_line(error)}", where=exported.name) from error
    return data


def _refuse_state(exported: Exported, graphs: Sequence[MetaGraph]) -> None:
    """Stop at a graph that writes to its variables: in the file they have no first value, and hold whatever was there.

    The converter lets them through (TensorFlow 2.21), and a run starts from uninitialised memory.
    """
    if found := tuple(dict.fromkeys(kept_states(graphs, exported.layers))):
        raise refusal(exported.name, found, exported.options)


def _refuse_loops(exported: Exported, graphs: Sequence[MetaGraph]) -> None:
    """Stop before TensorFlow 2.21 does: measuring a loop for int8 kills its process (SIGSEGV in its calibrator)."""
    loops = [used.node.name for graph in graphs for used in graph.used() if used.node.op in ("While", "StatelessWhile")]
    if loops:
        layers = frozenset(exported.layers)
        found = tuple(
            UnsupportedOperator("While", layer_of(name, layers) or name, _UNMEASURED, "int8") for name in loops
        )
        raise UnsupportedOperatorError(
            f"operator While ({loops[0]}) is {_UNMEASURED}",
            found,
            where=exported.name,
            remedy=f"Convert it from a Keras model with {argument('unroll', True)}, or use "
            f"{argument('quantize', 'dynamic')}",
        )


def _require_ranges(exported: Exported, graphs: Sequence[MetaGraph]) -> None:
    """Stop at a graph without fake quantization: the converter would quantize its weights and say nothing."""
    if not any(call.node.op.startswith(_FAKE) for graph in graphs for call in graph.called()):
        raise ConversionError(
            "has no fake quantization in its graph, so there are no trained ranges",
            where=exported.name,
            remedy=f"Use {argument('quantize', 'int8')}, which measures them",
        )


def _types(graphs: Sequence[MetaGraph]) -> list[int]:
    """The types that the graphs compute in, as TensorFlow numbers them."""
    return [call.node.types["T"] for graph in graphs for call in graph.called() if "T" in call.node.types]


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
    if options.integer:
        converter.inference_input_type = converter.inference_output_type = tf.as_dtype(options.io_dtype)
