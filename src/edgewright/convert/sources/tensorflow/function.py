"""Source: a `tf.function`, or one of its concrete functions, that is alive in the caller's process."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from edgewright.convert.obstacles.unsupported import refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import first_line
from edgewright.convert.sources.safety import refuse
from edgewright.convert.sources.tensorflow.exporting import distinct, identifier, input_identifier
from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph
from edgewright.convert.sources.tensorflow.graphs.judging import graph_findings
from edgewright.convert.sources.tensorflow.graphs.reading import read_graph
from edgewright.convert.sources.tensorflow.lowering.states import all_kept_states
from edgewright.convert.sources.tensorflow.signature import LoadedSignature, Signature
from edgewright.errors import ConversionError, UsageError
from edgewright.spelling import either


class TensorFlowFunction:
    """A function in memory. What it was traced to is judged before it runs, as the graph of a file is."""

    name = "tf-function"
    in_child = False
    takes = ("example_inputs",)

    @property
    def title(self) -> str:
        """Its name for people; a command line is given files only."""
        return either(python="a tf.function", command="")

    def recognizes(self, source: object) -> bool:
        """Whether it is one by its class; TensorFlow is not imported for that."""
        module = type(source).__module__.partition(".")[0]
        return module == "tensorflow" and (_is_concrete(source) or hasattr(source, "get_concrete_function"))

    def open(self, source: Any, options: ConversionOptions) -> LoadedSignature:
        """Trace it for the inputs that are described, and refuse what would do more than compute."""
        import tensorflow as tf

        name = f"tf.function {_called(source)}"
        concrete = source if _is_concrete(source) else _traced(tf, source, options, name)
        graph = read_graph(concrete.graph.as_graph_def().SerializeToString(deterministic=True))
        refuse(name, graph_findings([graph], saver=False), trust=options.trust)
        _require_stateless(graph, name, options)
        return LoadedSignature(_signature(tf, concrete, name), name)


def _called(source: Any) -> str:
    """What a program calls it; a concrete function has that within its name: b"__inference_scores_123"."""
    name = getattr(source, "__name__", "") or getattr(source, "name", "")
    plain = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
    return re.sub(r"^__inference_(.+?)_\d+$", r"\1", plain)


def _is_concrete(source: object) -> bool:
    return hasattr(source, "structured_input_signature") and hasattr(source, "structured_outputs")


def _require_stateless(graph: MetaGraph, name: str, options: ConversionOptions) -> None:
    """Stop before it runs: the variables that it would write to are the caller's."""
    if found := tuple(dict.fromkeys(all_kept_states(graph))):
        raise refusal(name, found, options)


def _traced(tf: Any, function: Any, options: ConversionOptions, name: str) -> Any:
    """The function for the examples, or for the inputs that it was declared with."""
    given = options.example_inputs
    if given is None and function.input_signature is None:
        said = "it was declared without input_signature, so nothing says what goes in"
        examples = either(python="Give example_inputs: its arguments, in a tuple", command="")
        raise UsageError(f"{name}: {said}. {examples}")
    positional = tuple(given) if isinstance(given, tuple | list) else () if given is None else (given,)
    named = {}
    if isinstance(given, Mapping):
        positional, named = (), dict(given)
    try:
        return function.get_concrete_function(*_specs(tf, positional), **_specs(tf, named))
    except (TypeError, ValueError) as error:
        raise ConversionError(f"it cannot be called with these inputs: {first_line(error)}", where=name) from error


def _specs(tf: Any, examples: Any) -> Any:
    """Shapes and types in place of arrays; all else as it is, for it decides what is traced."""

    def spec(example: Any) -> Any:
        is_array = hasattr(example, "shape") and hasattr(example, "dtype") and not isinstance(example, tf.TypeSpec)
        return tf.TensorSpec(example.shape, example.dtype) if is_array else example

    return tf.nest.map_structure(spec, examples)


def _signature(tf: Any, concrete: Any, name: str) -> Signature:
    structure = concrete.structured_input_signature
    flat = tf.nest.flatten(structure)
    places = [place for place, spec in enumerate(flat) if isinstance(spec, tf.TensorSpec)]
    keys = distinct([input_identifier(flat[place].name or f"input_{place}") for place in places])
    outputs = _outputs(tf, concrete.structured_outputs, name)

    def call(**values: Any) -> dict[str, Any]:
        filled = list(flat)
        for place, key in zip(places, keys, strict=True):
            filled[place] = tf.convert_to_tensor(values[key])
        positional, named = tf.nest.pack_sequence_as(structure, filled)
        return dict(zip(outputs, tf.nest.flatten(concrete(*positional, **named)), strict=True))

    specs = {key: flat[place] for place, key in zip(places, keys, strict=True)}
    return Signature(call=call, specs=specs, outputs=outputs, variables=_variables(concrete, name))


def _variables(concrete: Any, name: str) -> list[Any]:
    """The variables that it uses, which it does not keep by itself."""
    try:
        return list(concrete.variables)
    except AssertionError as error:
        remedy = "Keep the object that has them, as what tf.saved_model.load returned, in a name of your program"
        raise ConversionError("variables that it uses are gone", where=name, remedy=remedy) from error


def _outputs(tf: Any, structure: Any, name: str) -> dict[str, Any]:
    """Each output by its name: the key of a dictionary, or its number."""
    flat: Sequence[Any] = tf.nest.flatten(structure)
    if not flat or not all(isinstance(spec, tf.TensorSpec | tf.Tensor) for spec in flat):
        raise ConversionError(
            "it returns what is no tensor", where=name, remedy="Return tensors, or a dictionary of them"
        )
    if isinstance(structure, Mapping) and len(structure) == len(flat):
        names = [identifier(str(key)) for key in sorted(structure)]
    else:
        names = ["output"] if len(flat) == 1 else [f"output_{place}" for place in range(len(flat))]
    return dict(zip(distinct(names), flat, strict=True))
