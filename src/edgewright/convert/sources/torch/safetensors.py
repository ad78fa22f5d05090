"""Source: a file of safetensors, which has weights and no module: it says what is missing."""

from __future__ import annotations

import json
from pathlib import Path

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.torch.checkpoint import weights_only
from edgewright.convert.sources.torch.program import TorchProgram
from edgewright.errors import ConversionError

# The format's own limit of its header.
_MOST_HEADER = 100 << 20


class Safetensors:
    """The length of a header in 8 bytes, the header as JSON, and the numbers."""

    name = "safetensors"
    title = ""  # nothing to convert alone, so it is not among what is expected
    in_child = False

    def recognizes(self, source: object) -> bool:
        """Whether a table begins behind a length that the file can have."""
        if not isinstance(source, Path) or not source.is_file():
            return False
        with source.open("rb") as stream:
            start = stream.read(9)
        return start[8:] == b"{" and int.from_bytes(start[:8], "little") <= min(_MOST_HEADER, source.stat().st_size)

    def open(self, source: Path, options: ConversionOptions) -> TorchProgram:
        """Raise `ConversionError` that says how to convert the module with these weights."""
        with source.open("rb") as stream:
            header = stream.read(int.from_bytes(stream.read(8), "little"))
        try:
            keys = tuple(key for key in json.loads(header) if key != "__metadata__")
        except (ValueError, RecursionError):
            raise ConversionError("damaged, or no file of safetensors", where=str(source)) from None
        loading = f"load them with safetensors.torch.load_model(module, {source.name!r})"
        raise weights_only(str(source), len(keys), keys, loading)
