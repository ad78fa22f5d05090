"""The shapes of a file's outputs: as they come out of the runtime, whatever the converter declared."""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.convert.representative import Array
from edgewright.errors import ToleranceError
from edgewright.model import ModelFile, TensorSpec

Outputs = Sequence[Array]


def require_shapes(names: Sequence[str], reference: Sequence[Outputs], results: Sequence[Outputs], name: str) -> None:
    """Raise `ToleranceError` where an output comes out in another shape than the source's."""
    for ours, theirs in zip(reference, results, strict=True):
        for output, wanted, found in zip(names, ours, theirs, strict=True):
            if wanted.shape != found.shape:
                raise ToleranceError(
                    f"output {output!r} has another shape than in the source: {found.shape} comes out of the file, "
                    f"{wanted.shape} of the source. No file was written",
                    where=name,
                )


def as_it_comes_out(model: ModelFile, results: Sequence[Outputs]) -> ModelFile:
    """The model with its outputs declared in the shapes that they had in all results; itself where they are.

    A size that differs from result to result is declared as free. Whoever reads a file without running it believes it.
    """
    shapes = [_common([outputs[place].shape for outputs in results]) for place in range(len(model.outputs))]
    found = zip(model.outputs, shapes, strict=True)
    wrong = [(spec, shape) for spec, shape in found if shape is not None and not _declared(spec, shape)]
    if not wrong:
        return model
    tables = model.edit()
    tensors = tables["subgraphs"][0]["tensors"]
    for spec, shape in wrong:
        tensors[spec.index]["shape"] = [1 if size == _FREE else size for size in shape]
        tensors[spec.index]["shape_signature"] = list(shape) if _FREE in shape else None
    return ModelFile.build(tables, model.files, model.name)


_FREE = -1


def _common(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """One shape for all; None where they have not even as many dimensions, which no file can declare."""
    if len({len(shape) for shape in shapes}) > 1:
        return None
    return tuple(sizes[0] if len(set(sizes)) == 1 else _FREE for sizes in zip(*shapes, strict=True))


def _declared(spec: TensorSpec, shape: tuple[int, ...]) -> bool:
    declared = spec.shape_signature or spec.shape
    return len(declared) == len(shape) and all(
        size in (_FREE, found) for size, found in zip(declared, shape, strict=True)
    )
