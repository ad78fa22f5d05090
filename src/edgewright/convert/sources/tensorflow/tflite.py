"""Source: a `.tflite` file, which passes through so that metadata can be added."""

from __future__ import annotations

from pathlib import Path

from edgewright.convert.options import ConversionOptions
from edgewright.errors import UsageError
from edgewright.model import ModelFile
from edgewright.spelling import argument


class TFLite:
    """A file that is converted already."""

    name = "tflite"
    title = "a .tflite file"
    in_child = False

    def recognizes(self, source: object) -> bool:
        """Whether it is a `ModelFile`, or a file with the identifier of the format."""
        if isinstance(source, ModelFile):
            return True
        if not isinstance(source, Path) or not source.is_file():
            return False
        with source.open("rb") as stream:
            return stream.read(8)[4:] == b"TFL3"

    def open(self, source: Path | ModelFile, options: ConversionOptions) -> ModelFile:
        """Read and verify it. Raises `UsageError` for what needs the model that it was made from."""
        asked = {
            argument("quantize", options.quantize): options.quantize != "none",
            argument("input_shape"): bool(options.input_shape),
            argument("dynamic_batch"): options.dynamic_batch,
        }
        wrong = [word for word, given in asked.items() if given]
        if wrong:
            raise UsageError(f"{source} is a .tflite file already: {wrong[0]} needs the model that it was made from")
        return source if isinstance(source, ModelFile) else ModelFile.read(str(source))
