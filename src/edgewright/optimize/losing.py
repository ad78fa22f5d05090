"""Parts of a model's outputs that vary in float and say nothing in a candidate: it is refused, whatever a metric says.

Scores that share an output with boxes in pixels become 0 or 1 in eight bits. A metric that looks at something else, or
few samples, may not show it; the numbers do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgewright.evaluate import OutputAgreement, PartAgreement, Runner, compare, parts_of
from edgewright.model import ModelFile
from edgewright.optimize.inputs.samples import Row

_POST_PROCESSING = "tflite_detection_postprocess"

# Operators that sort or choose: what stands at one place of their results is of another thing in each model.
_SORTING = (_POST_PROCESSING, "non_max_suppression", "topk", "arg_max", "arg_min")

# So many runs of both models are looked at.
LOOKED_AT = 64

_NAMED = 3


def lost_parts(model: Path, candidate: Path, rows: Sequence[Row]) -> list[str]:
    """What is lost, in words; nothing in most cases. Both models have the same outputs.

    Outputs in which things are sorted are left out: of those the metric alone can tell.
    """
    file, made = ModelFile.read(model), ModelFile.read(candidate)
    places = comparable(file)
    if not places:
        return []
    with Runner(file) as before, Runner(made) as after:
        pairs = [([one(row)[place] for place in places] for one in (before, after)) for row in rows]
        ours, theirs = zip(*pairs, strict=True)
    parts = parts_of(file, len(labels_of(file)))
    names = [file.outputs[place].name for place in places]
    compared = compare(ours, theirs, names, [parts[place] for place in places])
    return [text for output in compared.outputs if (text := _lost(output))]


def comparable(model: ModelFile) -> list[int]:
    """The places of the outputs whose numbers are of the same things in a model and in one that is made of it."""
    return [
        place
        for place, spec in enumerate(model.outputs)
        if spec.dtype == "float32" and not _is_sorted(model, spec.index) and not _ends_sorted(model, place)
    ]


def finished(model: ModelFile) -> frozenset[int]:
    """The places of the outputs of a detector's post-processing: it computes in float, and a task knows it by them."""
    makers = {output: operator.name.lower() for operator in model.ops for output in operator.outputs}
    places = enumerate(model.outputs)
    return frozenset(place for place, spec in places if makers.get(spec.index, "").startswith(_POST_PROCESSING))


def labels_of(model: ModelFile) -> tuple[str, ...]:
    """The labels that the file has of any output."""
    return next((output.labels for output in model.metadata.outputs if output.labels), ())


def _is_sorted(model: ModelFile, index: int) -> bool:
    """Whether something sorts on the way to a tensor."""
    makers = {output: operator for operator in model.ops for output in operator.outputs}
    seen, left = set(), [index]
    while left:
        maker = makers.get(left.pop())
        if maker is None or maker.index in seen:
            continue
        seen.add(maker.index)
        if maker.name.lower().startswith(_SORTING):
            return True
        left += maker.inputs
    return False


def _ends_sorted(model: ModelFile, place: int) -> bool:
    """Whether it is a YOLO's that says the classes of the surest boxes by number."""
    return any(part.name == "classes" for part in parts_of(model, len(labels_of(model)))[place])


def _lost(output: OutputAgreement) -> str:
    if not output.lost:
        return ""
    more = f", and {len(output.lost) - _NAMED} more" if len(output.lost) > _NAMED else ""
    return f"output {output.name!r}: {', '.join(map(_part, output.lost[:_NAMED]))}{more}"


def _part(part: PartAgreement) -> str:
    called = f"{part.name} ({part.where})" if part.name else part.where
    now = f"{part.low_b:.3g}" if part.low_b == part.high_b else f"{part.low_b:.3g} or {part.high_b:.3g}"
    return f"{called} go from {part.low:.3g} to {part.high:.3g} in float, and are {now} here"
