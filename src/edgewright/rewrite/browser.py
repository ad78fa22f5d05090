"""What LiteRT in a browser takes of a file: inputs and outputs of its few types, and outputs of a size that is said.

Its JavaScript has arrays for float32, int32 and uint8 alone, and makes an output as large as the file declares it:
`TFLite_Detection_PostProcess`, whose outputs files declare without a size, would write behind its end.
"""

from __future__ import annotations

from edgewright.model import ModelFile, Operator, TensorSpec, read_numbers
from edgewright.rewrite.float_edges import edges_in_float
from edgewright.rewrite.protocol import LeftAlone, Rewritten

TYPES = ("float32", "int32", "uint8")
"""What its inputs and outputs can be."""

_POST_PROCESS = "TFLite_Detection_PostProcess"
_STORED = ("int8", "int16")


class Browser:
    """Edges in float32 in place of int8 and int16, and sizes for the outputs of a detector's last step."""

    name = "browser"
    guarantee = "exact: what int8 and int16 at the edges stand for"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Rewrite the main subgraph; an edge of another type is left alone."""
        declared, sizes = _declared(model)
        ends = [("input", declared.inputs), ("output", declared.outputs)]
        places = [[place for place, spec in enumerate(specs) if _is_stored(spec)] for _, specs in ends]
        changed = edges_in_float(declared, *places, as_stored=True)
        moved = tuple(
            f"{end} {specs[place].name!r} in float32 in place of {specs[place].dtype}"
            for (end, specs), found in zip(ends, places, strict=True)
            for place in found
        )
        left = tuple(
            LeftAlone(f"{end} {spec.name!r}", f"{spec.dtype}, of which a browser has no array")
            for end, specs in ends
            for spec in specs
            if spec.dtype not in TYPES and not _is_stored(spec)
        )
        return Rewritten(changed, (*sizes, *moved), left)


def _is_stored(spec: TensorSpec) -> bool:
    return spec.dtype in _STORED and len(spec.scale) == 1


def _declared(model: ModelFile) -> tuple[ModelFile, tuple[str, ...]]:
    """The model with the sizes of what its detector's last step gives, by its options.

    Source: `Prepare` in TensorFlow Lite's `detection_postprocess.cc`.
    """
    tables, said = model.edit(), []
    for operator in model.ops:
        for index, shape in _sizes(operator).items():
            tensor = model.main.tensors[index]
            if tensor.shape == () and index in model.main.outputs:
                tables["subgraphs"][0]["tensors"][index]["shape"] = shape
                said.append(f"output {tensor.name!r} declared as {list(shape)}")
    return (ModelFile.build(tables, model.files, model.name), tuple(said)) if said else (model, ())


def _sizes(operator: Operator) -> dict[int, tuple[int, ...]]:
    if operator.name != _POST_PROCESS or len(operator.outputs) != 4:
        return {}
    options = read_numbers(operator.custom_options)
    things = int(options.get("max_detections", 0)) * int(options.get("max_classes_per_detection", 1))
    shapes = ((1, things, 4), (1, things), (1, things), (1,))
    return dict(zip(operator.outputs, shapes, strict=True)) if things else {}
