"""Source: a module of PyTorch (`torch.nn.Module`) that is alive in the caller's process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.torch.arguments import calls_of
from edgewright.convert.sources.torch.exporting import exported, ran
from edgewright.convert.sources.torch.program import TorchProgram
from edgewright.convert.sources.torch.script import open_script
from edgewright.convert.sources.torch.weights import with_weights
from edgewright.spelling import either


class TorchModule:
    """A module in memory; its own code is already running here, so there is nothing to refuse."""

    name = "torch-module"
    in_child = False
    takes = ("example_inputs", "keep_nchw", "weights")

    @property
    def title(self) -> str:
        """Its name for people; a command line is given files only."""
        return either(python="a module of PyTorch (torch.nn.Module)", command="")

    def recognizes(self, source: object) -> bool:
        """Whether one of its classes is PyTorch's `Module`; PyTorch is not imported for that."""
        return any(
            base.__name__ == "Module" and base.__module__ == "torch.nn.modules.module" for base in type(source).__mro__
        )

    def open(self, source: Any, options: ConversionOptions) -> TorchProgram:
        """Export it as it is when it is used (`module.eval()`), whatever it is set to now; a copy for weights."""
        scripted = hasattr(source, "_c")
        name = f"TorchScript module {source.original_name}" if scripted else f"PyTorch module {type(source).__name__}"
        module = source if options.weights is None else with_weights(source, options.weights, name)
        return (open_script if scripted else open_module)(module, name, options)


def open_module(
    module: Any, name: str, options: ConversionOptions, notes: Mapping[str, str] | None = None
) -> TorchProgram:
    """Export a module for the inputs that the options describe; it is compared with itself, run as it is.

    `name` stands for it in messages, `notes` are texts that were saved along with it. Raises `UsageError` where no
    inputs are described, else `ConversionError`.
    """
    calls = calls_of(options, name)
    with _in_use(module):
        arguments = ran(module, calls, name)
        program = exported(module, arguments, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        with _in_use(module):
            return module(*args, **kwargs)

    return TorchProgram(program, call, arguments, name, options, notes=notes)


@contextmanager
def _in_use(module: Any) -> Iterator[None]:
    """Set a module to evaluation, and back to what each of its parts was set to."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True
