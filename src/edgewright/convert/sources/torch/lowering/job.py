"""The lowering of an exported program: repaired, turned to the file's layout, converted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.contract import Lowered, Request
from edgewright.convert.sources.layout import Layout
from edgewright.convert.sources.naming import in_source_order
from edgewright.convert.sources.ports import OutputPort
from edgewright.convert.sources.torch.lowering.converter import convert_program
from edgewright.convert.sources.torch.lowering.turning import turned
from edgewright.convert.sources.torch.repairs import repaired
from edgewright.convert.sources.torch.runtime import start_converter, versions
from edgewright.errors import UsageError
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
    """Runs PyTorch's converter on the program that lies at `path`."""

    path: Path
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    layout: Layout
    options: ConversionOptions
    remedies: tuple[str, ...] = ()

    def __call__(self) -> Lowered:
        """Convert it, in a child process that may have PyTorch already."""
        start_converter()
        import torch

        program, remedies = repaired(torch.export.load(str(self.path)))
        program = turned(program, self.layout)
        data = convert_program(program, self.inputs, self.outputs, self.name, self.options)
        model = in_source_order(ModelFile(data, self.name), self.inputs, self.outputs)
        return Lowered(model, (*self.remedies, *remedies), versions())


def lowering_of(opened: Exportable, request: Request) -> TorchLowering:
    """Write the program into the folder of the conversion, and what is left to do."""
    import torch

    if request.options.dynamic_batch:
        raise UsageError(
            f"{opened.name}: PyTorch's converter takes fixed sizes only, the batch too. Leave "
            f"{argument('dynamic_batch', True)} off"
        )
    path = request.folder / "program.pt2"
    torch.export.save(opened.program, str(path))
    return TorchLowering(
        path=path,
        name=opened.name,
        inputs=tuple(port.name for port in request.inputs),
        outputs=tuple(port.name for port in opened.outputs),
        layout=opened.layout,
        options=request.options.sent,
        remedies=opened.remedies,
    )
