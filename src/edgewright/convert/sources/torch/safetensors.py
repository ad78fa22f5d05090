"""Source: a file of safetensors, which has weights and no module: it says what is missing."""

from __future__ import annotations

from pathlib import Path

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.torch.archives.tensors import is_safetensors, tensor_names
from edgewright.convert.sources.torch.checkpoint import weights_only
from edgewright.convert.sources.torch.program import TorchProgram


class Safetensors:
    """Weights by their names, and nothing that computes with them."""

    name = "safetensors"
    title = ""  # nothing to convert alone, so it is not among what is expected
    in_child = False
    takes = ("example_inputs", "keep_nchw", "weights")  # for the module that is missing

    def recognizes(self, source: object) -> bool:
        """Whether it is such a file, by its first bytes."""
        return is_safetensors(source)

    def open(self, source: Path, options: ConversionOptions) -> TorchProgram:
        """Raise `ConversionError` that says how to convert the module with these weights."""
        names = tensor_names(source)
        raise weights_only(source, len(names), names)
