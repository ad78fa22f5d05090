"""`ops.h`: a resolver that has exactly the operators of a model."""

from __future__ import annotations

from edgewright.deploy.description import Description
from edgewright.deploy.targets.micro_code.files import head
from edgewright.errors import ModelError
from edgewright.model import ModelFile

# Names of methods that do not follow from the operator's.
_OTHERWISE = {
    "CUMSUM": "CumSum",
    "PADV2": "PadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTM",
    "BATCH_MATMUL": "BatchMatMul",
}

# The custom operators that TensorFlow Lite Micro brings along.
_CUSTOM = {
    "TFLite_Detection_PostProcess": "DetectionPostprocess",
    "CIRCULAR_BUFFER": "CircularBuffer",
    "ethos-u": "EthosU",
    "SignalDelay": "Delay",
    "SignalEnergy": "Energy",
    "SignalFftAutoScale": "FftAutoScale",
    "SignalFramer": "Framer",
    "SignalIrfft": "Irfft",
    "SignalOverlapAdd": "OverlapAdd",
    "SignalRfft": "Rfft",
    "SignalStacker": "Stacker",
    "SignalWindow": "Window",
}


def operators_of(model: ModelFile) -> tuple[str, ...]:
    """The operators of all subgraphs, each once, by name."""
    used = {(one.is_custom, one.name) for subgraph in model.graph.subgraphs for one in subgraph.operators}
    return tuple(name for _, name in sorted(used))


def method(name: str) -> str:
    """What adds an operator to a `MicroMutableOpResolver`: "AddConv2D" for CONV_2D.

    Raises `ModelError` for a custom operator that is not TensorFlow Lite Micro's own.
    """
    if name in _CUSTOM or name in _OTHERWISE:
        return f"Add{(_CUSTOM | _OTHERWISE)[name]}"
    if name != name.upper():
        raise ModelError(f"the custom operator {name!r} is not among those of TensorFlow Lite Micro")
    return "Add" + "".join(word if word[0].isdigit() else word.capitalize() for word in name.split("_"))


def operators_file(described: Description) -> bytes:
    """`ops.h`, for C++."""
    names = operators_of(described.model)
    calls = " &&\n         ".join(f"static_cast<int>(resolver.{method(name)}()) == 0" for name in names) or "true"
    unused = "" if names else "  static_cast<void>(resolver);\n"
    return (
        f"{head(described, f'The {len(names)} kinds of operators that the model uses.')}"
        "#ifndef MODEL_OPS_H\n#define MODEL_OPS_H\n\n"
        '#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"\n\n'
        "/* The library's names lie in one or the other, depending on its age. */\n"
        "namespace tflite {\nnamespace micro {}\n}  // namespace tflite\nusing namespace tflite;\n"
        "using namespace tflite::micro;\n\n"
        f"using ModelResolver = MicroMutableOpResolver<{max(len(names), 1)}>;\n\n"
        "/* Adds them; false where the library refuses one. */\n"
        f"inline bool AddModelOperators(ModelResolver& resolver) {{\n{unused}  return {calls};\n}}\n\n#endif\n"
    ).encode()
