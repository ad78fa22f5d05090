"""Source: a `.tflite` file, which passes through so that metadata can be added."""

from __future__ import annotations

from pathlib import Path

from edgewright.convert.options import ConversionOptions
from edgewright.convert.product import Product
from edgewright.convert.sources import register_source
from edgewright.errors import UsageError
from edgewright.machine import Progress
from edgewright.model import ModelFile


class TFLite:
    """A file that is converted already."""

    name = "tflite"
    title = "a .tflite file"

    def recognises(self, source: object) -> bool:
        """Whether it is a `ModelFile`, or a file with the identifier of the format."""
        if isinstance(source, ModelFile):
            return True
        if not isinstance(source, Path) or not source.is_file():
            return False
        with source.open("rb") as stream:
            return stream.read(8)[4:] == b"TFL3"

    def convert(self, source: object, options: ConversionOptions, workshop: Path, progress: Progress) -> Product:
        """Read and verify it. Raises `UsageError` for what needs the model that it was made from."""
        wrong = [
            word
            for word, asked in (
                (f"quantize={options.quantize!r}", options.quantize != "none"),
                ("input_shape", bool(options.input_shape)),
                ("dynamic_batch", options.dynamic_batch),
                ("signature", options.signature is not None),
            )
            if asked
        ]
        if wrong:
            raise UsageError(f"{source} is a .tflite file already: {wrong[0]} needs the model that it was made from")
        return Product((source if isinstance(source, ModelFile) else ModelFile.read(str(source))).data)


register_source(TFLite())
