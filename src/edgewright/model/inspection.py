"""What there is to know of a file without running it: where time and bytes go, and what stands out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from edgewright.brief import line_of
from edgewright.model.cost import multiply_accumulates
from edgewright.model.describing.tokenizers import tokenizer_facts
from edgewright.model.describing.values import InputMetadata
from edgewright.model.file import ModelFile
from edgewright.model.graph import Operator, Signature, Subgraph, TensorSpec
from edgewright.model.opening import ModelLike, read_model
from edgewright.model.own_normalization import conflicting_normalization
from edgewright.model.pixel_scale import doubtful_normalization


@dataclass(frozen=True)
class OperatorCount:
    """All operators of one name: how many, their multiply-accumulates in sum, and the bytes of their constants.

    `macs` is `None` for operators that have no matrix product in them.
    """

    name: str
    count: int
    versions: tuple[int, ...]
    macs: int | None
    weight_bytes: int


@dataclass(frozen=True)
class Finding:
    """Something about the file that its user will want to know, and what can be done about it."""

    name: str
    text: str


@dataclass(frozen=True)
class Inspection:
    """A model file described. `bytes_by_use` adds up to the size of the file."""

    model: ModelFile
    operators: tuple[OperatorCount, ...]
    bytes_by_use: Mapping[str, int]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        model, metadata = self.model, self.model.metadata
        return {
            "file": model.name,
            "bytes": model.size,
            "sha256": model.sha256,
            "sealed": model.sealed,
            "task": metadata.task,
            "inputs": [_tensor(spec, metadata.inputs, place) for place, spec in enumerate(model.inputs)],
            "outputs": [_tensor(spec, metadata.outputs, place) for place, spec in enumerate(model.outputs)],
            "signatures": [_signature(signature, model) for signature in model.signatures],
            "operators": [asdict(operator) for operator in self.operators],
            "macs": model.macs,
            "bytes_by_use": dict(self.bytes_by_use),
            "peak_activation_bytes": model.peak_activation_bytes,
            "findings": [asdict(finding) for finding in self.findings],
            "files": {name: len(content) for name, content in model.files.items()},
            "tokenizer": tokenizer_facts(metadata.tokenizer) if metadata.tokenizer else None,
            "provenance": asdict(metadata.provenance) if metadata.provenance else None,
        }

    def __repr__(self) -> str:
        return line_of(self, self.model, f"{len(self.findings)} findings")


def inspect(model: ModelLike) -> Inspection:
    """Describe a model file, by its path, its bytes or its name, from its bytes alone; nothing is run.

    Raises `ModelError` for what is no sound model, and `HubError` for the name of a model that was not fetched yet.

    >>> about = ew.inspect("mobilenet.tflite")
    >>> about.operators[0].name, about.operators[0].count
    ('CONV_2D', 36)
    """
    model = read_model(model)
    return Inspection(model, _operators(model), _bytes_by_use(model), tuple(_findings(model)))


def _signature(signature: Signature, model: ModelFile) -> dict[str, Any]:
    """What goes into a signature and comes out, by name, and what it computes."""
    subgraph = model.graph.subgraphs[signature.subgraph]
    macs = sum(multiply_accumulates(operator, subgraph) or 0 for operator in subgraph.operators)
    ends = {"takes": _ends(signature.inputs, subgraph), "gives": _ends(signature.outputs, subgraph)}
    return {**signature._asdict(), **ends, "operators": len(subgraph.operators), "macs": macs}


def _ends(names: Mapping[str, int], subgraph: Subgraph) -> dict[str, dict[str, Any]]:
    specs = {name: subgraph.tensors[index] for name, index in names.items()}
    return {name: {"shape": list(spec.shape_signature), "dtype": spec.dtype} for name, spec in specs.items()}


def _operators(model: ModelFile) -> tuple[OperatorCount, ...]:
    """By cost, the dearest first; then by number."""
    groups: dict[str, list[Operator]] = {}
    for operator in model.ops:
        groups.setdefault(operator.name, []).append(operator)
    counts = [_count(name, operators, model) for name, operators in groups.items()]
    return tuple(sorted(counts, key=lambda one: (-(one.macs or 0), -one.count, one.name)))


def _count(name: str, operators: list[Operator], model: ModelFile) -> OperatorCount:
    macs = [multiply_accumulates(operator, model.main) for operator in operators]
    constants = {
        tensor.buffer: len(model.constant(tensor)) for operator in operators for tensor in _inputs(operator, model.main)
    }
    versions = tuple(sorted({operator.version for operator in operators}))
    total = None if None in macs else sum(one or 0 for one in macs)
    return OperatorCount(name, len(operators), versions, total, sum(constants.values()))


def _inputs(operator: Operator, subgraph: Subgraph) -> list[TensorSpec]:
    return [subgraph.tensors[index] for index in operator.inputs if index >= 0]


def _bytes_by_use(model: ModelFile) -> dict[str, int]:
    """Weights by type, the associated files, and the rest: graph, names, metadata."""
    seen: dict[int, tuple[str, int]] = {}
    for subgraph in model.graph.subgraphs:
        for tensor in subgraph.tensors:
            seen[tensor.buffer] = (tensor.dtype, len(model.constant(tensor)))
    by_type: Counter[str] = Counter()
    for dtype, size in seen.values():
        if size:
            by_type[f"{dtype} constants"] += size
    uses = dict(by_type.most_common())
    # Packed ones take less of the file than they have.
    files = min(sum(map(len, model.files.values())), model.size - sum(uses.values()))
    if files:
        uses["associated files"] = files
    return uses | {"graph and metadata": model.size - sum(uses.values())}


def _findings(model: ModelFile) -> list[Finding]:
    damage = [Finding("damaged metadata", damage.text) for damage in model.metadata.damage]
    rules = (
        _no_metadata,
        _free_dimension,
        _legacy_uint8,
        _custom_operators,
        _no_signature,
        _other_width,
        _twice,
        _doubtful,
    )
    return [*damage, *(finding for rule in rules if (finding := rule(model)) is not None)]


def _no_metadata(model: ModelFile) -> Finding | None:
    if model.metadata or model.metadata.damage:
        return None
    text = "nothing is said of preparation and labels; programs have to know them. edgewright convert can add them"
    return Finding("no metadata", text)


def _free_dimension(model: ModelFile) -> Finding | None:
    free = [f"{spec.name} {list(spec.shape_signature)}" for spec in model.inputs if -1 in spec.shape_signature]
    if not free:
        return None
    text = f"{', '.join(free)}: fast kernels need fixed sizes; a runtime takes 1 for each -1 unless it is told"
    return Finding("free dimension", text)


def _legacy_uint8(model: ModelFile) -> Finding | None:
    weights = [
        spec for spec in model.main.tensors if spec.dtype == "uint8" and spec.quantized and len(model.constant(spec))
    ]
    if not weights:
        return None
    text = f"{len(weights)} constants are unsigned, as before 2019; today's fast kernels want signed ones"
    return Finding("legacy uint8 quantization", text)


def _custom_operators(model: ModelFile) -> Finding | None:
    names = sorted({operator.name for operator in model.ops if operator.is_custom})
    return Finding("custom operators", f"{', '.join(names)}: the runtime must have them") if names else None


def _no_signature(model: ModelFile) -> Finding | None:
    if model.signatures:
        return None
    return Finding("no signature", "inputs and outputs have no names of their own, only tensors; from before 2021")


def _other_width(model: ModelFile) -> Finding | None:
    for said, spec in zip(model.metadata.outputs, model.outputs, strict=False):
        width = spec.shape[-1] if spec.shape else 0
        if said.labels and said.label_target == "axis" and width and len(said.labels) != width:
            return Finding("labels do not fit", f"{len(said.labels)} labels for {spec.name}, which is {width} wide")
    return None


def _twice(model: ModelFile) -> Finding | None:
    for place in range(len(model.inputs)):
        described = model.metadata.inputs[place] if place < len(model.metadata.inputs) else InputMetadata()
        conflict = conflicting_normalization(model, described, place)
        if conflict is not None:
            return Finding("normalized twice" if described.mean else "normalizes by itself", conflict)
    return None


def _doubtful(model: ModelFile) -> Finding | None:
    doubts = (doubtful_normalization(*both) for both in zip(model.metadata.inputs, model.inputs, strict=False))
    doubt = next(filter(None, doubts), None)
    return Finding("doubtful normalization", doubt) if doubt else None


def _tensor(spec: TensorSpec, described: tuple[Any, ...], place: int) -> dict[str, Any]:
    said = asdict(described[place]) if place < len(described) else {}
    return {
        "name": spec.name,
        "shape": list(spec.shape),
        "shape_signature": list(spec.shape_signature),
        "dtype": spec.dtype,
        "scale": list(spec.scale),
        "zero_point": list(spec.zero_point),
        "metadata": said or None,
    }
