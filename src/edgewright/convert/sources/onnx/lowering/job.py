"""The lowering of an ONNX model: sizes fixed, simplified, repaired, turned, converted, in several ways."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import Lowered, Request
from edgewright.convert.sources.layout import Layout
from edgewright.convert.sources.naming import in_source_order
from edgewright.convert.sources.onnx.graphs.editing import rename, shapes_of
from edgewright.convert.sources.onnx.graphs.explicit import drop_identities, write_shapes_out
from edgewright.convert.sources.onnx.graphs.simplifying import simplified
from edgewright.convert.sources.onnx.graphs.sizes import fix, infer
from edgewright.convert.sources.onnx.graphs.turning import turn
from edgewright.convert.sources.onnx.lowering.judging import refuse_impossible, require_builtin
from edgewright.convert.sources.onnx.lowering.tensors import rename_absorbing, tensor_names, under_names
from edgewright.convert.sources.onnx.lowering.tool import converted
from edgewright.convert.sources.onnx.ports import graph_inputs
from edgewright.convert.sources.onnx.repairs import repaired
from edgewright.convert.sources.onnx.repairs.branches import decide
from edgewright.convert.sources.onnx.runtime import start_onnx, versions
from edgewright.convert.sources.ports import OutputPort
from edgewright.errors import ConversionError, FormatError
from edgewright.model import ModelFile


class Lowerable(Protocol):
    """An opened ONNX model, with the layout and the ports of the file."""

    name: str
    model: Any
    layout: Layout
    outputs: tuple[OutputPort, ...]
    remedies: tuple[str, ...]


@dataclass(frozen=True)
class OnnxLowering:
    """Makes the model file of what lies at `path`; `shapes` are those of the inputs in the source's own layout."""

    path: Path
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    layout: Layout
    options: ConversionOptions
    remedies: tuple[str, ...] = ()
    simplifies: bool = True
    held: bool = False

    def others(self) -> Sequence[OnnxLowering]:
        """The model as it is, where the simplified one is refused or not proven; then with its outputs held."""
        return (replace(self, simplifies=False), replace(self, held=True))

    def __call__(self) -> Lowered:
        """Convert it, in a child process that may have onnx already."""
        onnx = start_onnx()
        model = onnx.load(str(self.path))
        fix(model, dict(zip(self.inputs, self.shapes, strict=True)), self.name)
        decide(model, self.name)
        infer(model, self.name)
        if self.simplifies:
            source, model = model, simplified(model, self.name)
            rename_absorbing(model, source)
            infer(model, self.name)
        remedies = repaired(model, self.name)
        drop_identities(model)
        infer(model, self.name)
        write_shapes_out(model)
        refuse_impossible(model, self.name, self.options)
        with tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
            made = self._converted(model, Path(folder))
        return Lowered(made, (*self.remedies, *remedies), versions())

    def _converted(self, model: Any, folder: Path) -> ModelFile:
        known = shapes_of(model)
        turn(model, self.layout, [known.get(value.name, ()) for value in model.graph.output], held=self.held)
        values = tensor_names(model.graph)
        # Names as "serving_default_x:0" mean other things to the tool.
        inputs = {value.name: f"input_{place}" for place, value in enumerate(graph_inputs(model.graph))}
        outputs = {value.name: f"output_{place}" for place, value in enumerate(model.graph.output)}
        rename(model.graph, {**inputs, **outputs})
        # The tool guesses what it is not told.
        infer(model, self.name)
        start_onnx().save(model, str(folder / "model.onnx"))
        made = _read(converted(folder / "model.onnx", folder / "made", self.name, self.options), self.name)
        require_builtin(made, model, self.name, self.options)
        return in_source_order(under_names(made, values), self.inputs, self.outputs, {**inputs, **outputs})


def _read(data: bytes, name: str) -> ModelFile:
    """What the tool wrote. It writes what is no model file, too: operators before those that they take values from."""
    try:
        return ModelFile(data, name)
    except FormatError as error:
        said = f"converted, but the file is none that can be used: {error.message}"
        raise ConversionError(said, where=name) from error


def lowering_of(opened: Lowerable, request: Request) -> OnnxLowering:
    """Write the model into the folder of the conversion, and what is left to do."""
    path = request.folder / "source.onnx"
    start_onnx().save(opened.model, str(path))
    return OnnxLowering(
        path=path,
        name=opened.name,
        inputs=tuple(port.name for port in request.inputs),
        outputs=tuple(port.name for port in opened.outputs),
        shapes=tuple(opened.layout.as_sourced([port.sized() for port in request.inputs])),
        layout=opened.layout,
        options=request.options.sent,
        remedies=opened.remedies,
    )
