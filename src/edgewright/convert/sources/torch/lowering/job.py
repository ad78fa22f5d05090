"""The lowering of an exported program: repaired, turned to the file's layout, converted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from edgewright.convert.obstacles.unsupported import refusal
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import Lowered, Request
from edgewright.convert.sources.layout import Layout
from edgewright.convert.sources.naming import in_source_order
from edgewright.convert.sources.ports import OutputPort
from edgewright.convert.sources.torch.lowering.converter import convert_program
from edgewright.convert.sources.torch.lowering.refused import (
    decompositions,
    random_draws,
    refused_by_runtime,
    require_no_state,
    value_dependent,
)
from edgewright.convert.sources.torch.lowering.turning import trimmed, turned
from edgewright.convert.sources.torch.places import layer_names
from edgewright.convert.sources.torch.repairs import repaired
from edgewright.convert.sources.torch.runtime import start_converter, versions
from edgewright.errors import ConversionError, EngineError, UsageError
from edgewright.model import ModelFile
from edgewright.spelling import argument


class Exportable(Protocol):
    """An opened source of PyTorch: its program, with the layout and the ports of the file."""

    name: str
    program: Any
    layout: Layout
    outputs: tuple[OutputPort, ...]
    remedies: tuple[str, ...]


@dataclass(frozen=True)
class TorchLowering:
    """Runs PyTorch's converter on the program that lies at `path`.

    `whole` says that it computes with whole numbers of 64 bits. They become 32, which every kernel takes; `wide` keeps
    them, for a program whose numbers do not fit.
    """

    path: Path
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    layout: Layout
    options: ConversionOptions
    remedies: tuple[str, ...] = ()
    whole: bool = False
    wide: bool = False

    def __call__(self) -> Lowered:
        """Convert it, in a child process that may have PyTorch already."""
        program, remedies = repaired(self._loaded(), wide=self.wide)
        require_no_state(program, self.name)
        if found := (*decompositions(program), *value_dependent(program)):
            raise refusal(self.name, found, self.options)
        layers = layer_names(program)
        program = turned(trimmed(program), self.layout)
        data = convert_program(program, self.inputs, self.outputs, self.name, self.options, wide=self.wide)
        model = in_source_order(_named(ModelFile(data, self.name), layers), self.inputs, self.outputs)
        return Lowered(model, (*self.remedies, *remedies), versions())

    def others(self) -> tuple[TorchLowering, ...]:
        """With whole numbers of 64 bits, where there are some."""
        return (replace(self, wide=True),) if self.whole else ()

    def draws(self) -> ConversionError | None:
        """Name the operators of the source that draw random numbers, if it has any."""
        found = tuple(random_draws(self._loaded()))
        return refusal(self.name, found, self.options) if found else None

    def refused(self, model: ModelFile, error: EngineError) -> ConversionError:
        """Name the operator of the source that is behind what the runtime refuses."""
        return refused_by_runtime(model, error, self._loaded(), self.name, self.options)

    def _loaded(self) -> Any:
        start_converter()
        import torch

        return torch.export.load(str(self.path))


def _named(model: ModelFile, layers: Mapping[str, str]) -> ModelFile:
    """The same model with its tensors called by the paths of their modules, in place of all classes around them.

    What only turns a module's result to another layout is not that result, though it may have its shape.
    """
    tables = model.edit()
    turned = {index for operator in model.ops if operator.name == "TRANSPOSE" for index in operator.outputs}
    for subgraph in tables["subgraphs"]:
        for index, tensor in enumerate(subgraph["tensors"]):
            layer = layers.get(str(tensor["name"]).split(";")[0])
            if layer is not None:
                tensor["name"] = f"{layer or 'forward'}{' transposed' if index in turned else ''}"
    return ModelFile.build(tables, model.files, model.name)


def lowering_of(opened: Exportable, request: Request) -> TorchLowering:
    """Write the program into the folder of the conversion, and what is left to do."""
    import torch

    if request.options.dynamic_batch:
        raise UsageError(
            f"{opened.name}: PyTorch's converter takes fixed sizes only, the batch too. Leave "
            f"{argument('dynamic_batch', True)} off"
        )
    path = request.folder / "program.pt2"
    _return_a_tuple(opened.program)
    torch.export.save(opened.program, str(path))
    return TorchLowering(
        path=path,
        name=opened.name,
        inputs=tuple(port.name for port in request.inputs),
        outputs=tuple(port.name for port in opened.outputs),
        layout=opened.layout,
        options=request.options.sent,
        remedies=opened.remedies,
        whole=_computes_whole_numbers(opened.program),
    )


def _return_a_tuple(program: Any) -> None:
    """Put the outputs into one tuple: what PyTorch returns them in, as `torch.return_types.max`, cannot be written."""
    from torch.utils import _pytree

    signature = program.module_call_graph[0].signature
    signature.out_spec = _pytree.tree_structure(tuple(range(signature.out_spec.num_leaves)))


def _computes_whole_numbers(program: Any) -> bool:
    """Whether any operator of a program makes whole numbers of 64 bits."""
    import torch

    values = (node.meta.get("val") for node in program.graph.nodes if node.op == "call_function")
    return any(isinstance(made, torch.Tensor) and made.dtype == torch.int64 for made in values)
