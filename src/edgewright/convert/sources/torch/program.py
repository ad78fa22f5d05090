"""An exported program as conversion sees it: named inputs and outputs, a run on samples, a lowering."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgewright.convert.options import ConversionOptions
from edgewright.convert.representative import Array
from edgewright.convert.sources.contract import Request
from edgewright.convert.sources.layout import Layout, channels_first, channels_last
from edgewright.convert.sources.ports import Sample
from edgewright.convert.sources.torch.activations import first_results, module_activations
from edgewright.convert.sources.torch.arguments import Arguments
from edgewright.convert.sources.torch.exporting import fixed
from edgewright.convert.sources.torch.lowering.job import TorchLowering, lowering_of
from edgewright.convert.sources.torch.ports import input_nodes, input_ports, output_ports
from edgewright.convert.sources.torch.precision import IN_FLOAT32, in_float32, is_narrow, other_precision


class TorchProgram:
    """A `torch.export.ExportedProgram`, and what it is compared with; PyTorch is loaded already.

    `inputs` have the layout that the file gets. `call` is run for the reference: the module that the program was made
    of, or the program itself.
    """

    def __init__(
        self,
        program: Any,
        call: Callable[..., Any],
        arguments: Arguments,
        name: str,
        options: ConversionOptions,
        remedies: tuple[str, ...] = (),
        names: Sequence[str] = (),
        notes: Mapping[str, str] | None = None,
    ) -> None:
        """Take the program; `name` stands for it in messages, `arguments` are those of an example of a call.

        `names` are those of its inputs, where the program has others; `notes` are texts that were saved along with it.
        """
        self.name = name
        self.remedies = remedies
        self.notices: tuple[str, ...] = ()
        self._notes = notes or {}
        self._call = call
        self._arguments = arguments
        self._dtypes = [node.meta["val"].dtype for node in input_nodes(program)]
        if precision := other_precision(program):
            program = self._in_float32(program, precision)
        self.program = program
        inputs, outputs = input_ports(program, name), output_ports(program, name)
        if len(names) == len(inputs):
            inputs = tuple(replace(port, name=own) for port, own in zip(inputs, names, strict=True))
        self.layout = Layout.of(inputs, [port.shape for port in outputs], keep=options.keep_nchw)
        self.inputs = self.layout.filed_inputs(inputs)
        self.outputs = self.layout.filed_outputs(outputs)

    def run(self, samples: Sequence[Sample]) -> list[list[Array]]:
        """Outputs of the source for each sample, in the order and layout of `outputs`."""
        import torch

        with torch.no_grad():
            return [self._run(sample) for sample in samples]

    def lower(self, request: Request) -> TorchLowering:
        """Write the program into the conversion's folder, in the sizes of the request; the converter does the rest."""
        shapes = self.layout.as_sourced([port.sized() for port in request.inputs])
        self.program = fixed(self.program, self._arguments, shapes, self.name)
        return lowering_of(self, request)

    def _in_float32(self, program: Any, precision: str) -> Any:
        """The program in float32; where its own numbers are narrower, it is what the file is compared with."""
        program = in_float32(program, self._arguments, self.name)
        self.remedies = (*self.remedies, IN_FLOAT32.format(precision))
        if is_narrow(precision):
            self._call = program.module(check_guards=False)
            self._dtypes = [node.meta["val"].dtype for node in input_nodes(program)]
        return program

    def activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """What each module returns last for each sample, by its path ("blocks.0.conv") in the order of execution."""
        return module_activations(self.program, [self._tensors(sample) for sample in samples])

    def first_activations(self, samples: Sequence[Sample]) -> list[dict[str, Array]]:
        """What the first operators return for each sample, by their names in the program."""
        return first_results(self.program, [self._tensors(sample) for sample in samples])

    def notes(self) -> Mapping[str, str]:
        """Texts that were saved along with the model."""
        return self._notes

    def _run(self, sample: Sample) -> list[Array]:
        call = self._arguments.with_tensors(self._tensors(sample))
        returned = self._call(*call.args, **call.kwargs)
        return [
            channels_last(array) if turned else array
            for array, turned in zip(_arrays(returned), self.layout.outputs, strict=True)
        ]

    def _tensors(self, sample: Sample) -> list[Any]:
        """The sample in the source's own layout and types; copies, for a module may write to what it is given."""
        import torch

        arrays = [
            channels_first(array) if turned else np.array(array)
            for array, turned in zip(sample.values(), self.layout.inputs, strict=True)
        ]
        return [torch.from_numpy(array).to(dtype) for array, dtype in zip(arrays, self._dtypes, strict=True)]


def _arrays(returned: Any) -> list[Array]:
    import torch
    from torch.utils import _pytree

    tensors = [leaf for leaf in _pytree.tree_leaves(returned) if isinstance(leaf, torch.Tensor)]
    return [(tensor.float() if tensor.is_floating_point() else tensor).detach().cpu().numpy() for tensor in tensors]
