"""`check_layers`: where do a source and its converted file part, layer by layer."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.check.layer_inputs import as_the_file_says, require_in_range
from edgewright.convert import (
    TOLERANCES,
    ConversionOptions,
    Quantize,
    Recording,
    child_environment,
    compare_inner,
    match_layers,
    record_source,
    watch_layers,
)
from edgewright.errors import ModelError
from edgewright.evaluate import OutputAgreement, compare, parts_of
from edgewright.machine import Progress, run_in_child, silent
from edgewright.model import ModelFile, ModelLike, TensorSpec, read_model

Array = npt.NDArray[Any]

_STEPS = 3


@dataclass(frozen=True)
class LayerAgreement:
    """One layer of the source beside its tensor of the file.

    `output` is whether it is an output of the model. `agreement` is over all samples; `differs` where it is below the
    tolerance of the file's kind.
    """

    layer: str
    tensor: str
    output: bool
    agreement: OutputAgreement
    differs: bool


@dataclass(frozen=True)
class LayerReport:
    """All layers that the file has a tensor of, in the order of execution, then the outputs.

    `kind` is how the file stores its numbers, `tolerance_db` what a sound conversion of that kind keeps. `unmatched`
    are layers without a tensor of their own, most of them because they were fused into the next. `range_known` is
    whether the inputs are known to lie where the model is for, and `notices` say what was understood of them.
    """

    source: str
    model: str
    kind: Quantize
    tolerance_db: float
    samples: int
    layers: tuple[LayerAgreement, ...]
    unmatched: tuple[str, ...] = ()
    range_known: bool = True
    notices: tuple[str, ...] = ()

    @property
    def first(self) -> LayerAgreement | None:
        """The first layer that differs."""
        return next((layer for layer in self.layers if layer.differs), None)

    @property
    def agrees(self) -> bool:
        """Whether no layer and no output differs."""
        return self.first is None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, infinities as text."""
        first = self.first
        rows = [
            {
                "layer": one.layer,
                "tensor": one.tensor,
                "output": one.output,
                "snr_db": one.agreement.snr_db if math.isfinite(one.agreement.snr_db) else str(one.agreement.snr_db),
                "largest_difference": _plain(one.agreement.largest_difference),
                "scale": one.agreement.scale,
                "differs": one.differs,
                **({"lost": [part.to_dict() for part in one.agreement.lost]} if one.agreement.lost else {}),
            }
            for one in self.layers
        ]
        return {**asdict(self), "layers": rows, "first": first.layer if first else None}


def _plain(number: float) -> float | str:
    return number if math.isfinite(number) else str(number)


def check_layers(source: str | Path, model: ModelLike, *, progress: Progress = silent, **options: Any) -> LayerReport:
    """Run a source and a file made from it on the same inputs, and compare what each layer returns.

    `options` are those of `convert`: `representative_data` for real inputs, `normalization`, `input_shape`,
    `signature`, `trust`. Runs in a child process. Raises `ConversionError` for a source that cannot be loaded,
    `ModelError` for a file that is of another model, and `EngineError` for one that cannot run.
    """
    file = read_model(model)
    with tempfile.TemporaryDirectory(prefix="edgewright-", ignore_cleanup_errors=True) as workshop:
        return run_in_child(
            _compare_in_child,
            Path(source).resolve(),
            str(source),
            file.data,
            file.name,
            ConversionOptions.of(**options),
            progress=progress,
            env=child_environment(workshop),
        )


def _compare_in_child(
    path: Path, source: str, data: bytes, name: str, options: ConversionOptions, progress: Progress = silent
) -> LayerReport:
    model = ModelFile(data, name)
    progress("running the source", 0, _STEPS)
    options = as_the_file_says(options, model)
    recording = record_source(path, options)
    _require_same_model(model, recording, source)
    require_in_range(model, [_inputs(model, sample) for sample in recording.samples], options)
    progress("running the file", 1, _STEPS)
    shapes = {layer: array.shape for layer, array in recording.activations[0].items()}
    tensors = match_layers(model, shapes)
    outputs, computed = _run(model, recording, tensors)
    progress("comparing", 2, _STEPS)
    kind = kind_of(model)
    layers = (*_inner(recording, tensors, computed, kind), *_outer(model, recording, outputs, kind))
    progress("comparing", _STEPS, _STEPS)
    return LayerReport(
        source=source,
        model=name,
        kind=kind,
        tolerance_db=TOLERANCES[kind].snr_db,
        samples=len(recording.samples),
        layers=layers,
        unmatched=tuple(layer for layer in shapes if layer not in tensors),
        range_known=recording.range_known,
        notices=recording.notices,
    )


def kind_of(model: ModelFile) -> Quantize:
    """How a file stores its numbers, from its tensors: whatever made it."""
    computed = {model.main.tensors[index].dtype for operator in model.ops for index in operator.outputs}
    stored = {tensor.dtype for subgraph in model.graph.subgraphs for tensor in subgraph.tensors}
    if "int8" in computed or "uint8" in computed:
        return "int8"
    quantized = any(tensor.dtype == "int8" and tensor.quantized for tensor in model.main.tensors)
    return "float16" if "float16" in stored else "dynamic" if quantized else "none"


def _require_same_model(model: ModelFile, recording: Recording, source: str) -> None:
    counts = (len(model.inputs), len(recording.samples[0])), (len(model.outputs), len(recording.names))
    for what, (ours, theirs) in zip(("inputs", "outputs"), counts, strict=True):
        if ours != theirs:
            raise ModelError(f"{model.name}: has {ours} {what}, and {source} has {theirs}: not the same model")


def _run(
    model: ModelFile, recording: Recording, tensors: dict[str, TensorSpec]
) -> tuple[list[list[Array]], list[dict[str, Array]]]:
    return watch_layers(model, [_inputs(model, sample) for sample in recording.samples], tensors)


def _inputs(model: ModelFile, sample: dict[str, Array]) -> list[Array]:
    """By name where the names are the source's, else in its order: other converters call them differently."""
    names = [spec.name.split(":")[0].removeprefix("serving_default_") for spec in model.inputs]
    return [sample[name] for name in names] if set(names) == set(sample) else list(sample.values())


def _inner(
    recording: Recording, tensors: dict[str, TensorSpec], computed: Sequence[dict[str, Array]], kind: Quantize
) -> list[LayerAgreement]:
    compared = compare_inner(recording.activations, computed, list(tensors))
    pairs = zip(tensors.values(), compared, strict=True)
    return [LayerAgreement(one.name, spec.name, False, one, _differs(one, kind)) for spec, one in pairs]


def _outer(
    model: ModelFile, recording: Recording, outputs: Sequence[Sequence[Array]], kind: Quantize
) -> list[LayerAgreement]:
    places = _places(model, recording)
    ordered = [[one[place] for place in places] for one in outputs]
    labels = max((len(output.labels) for output in model.metadata.outputs), default=0)
    meant = parts_of(model, labels)
    compared = compare(recording.outputs, ordered, recording.names, [meant[place] for place in places])
    return [
        LayerAgreement(one.name, model.outputs[place].name, True, one, _differs(one, kind))
        for place, one in zip(places, compared.outputs, strict=True)
    ]


def _places(model: ModelFile, recording: Recording) -> list[int]:
    """Where in the file each output of the source is: by name, else in order."""
    names = [spec.name for spec in model.outputs]
    return [names.index(name) if set(names) == set(recording.names) else i for i, name in enumerate(recording.names)]


def _differs(one: OutputAgreement, kind: Quantize) -> bool:
    least = TOLERANCES[kind].snr_db
    return (
        not (one.same_shape and one.finite)
        or (one.snr_db < least and bool(np.isfinite(one.scale)) and one.largest_difference > 0)
        or bool(one.lost)
        or any(part.judged and part.snr_db < least for part in one.parts)
    )
