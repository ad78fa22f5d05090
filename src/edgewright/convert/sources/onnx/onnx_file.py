"""Source: an ONNX file."""

from __future__ import annotations

from pathlib import Path

from edgewright.convert.environments import require
from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.onnx.opened import OnnxModel
from edgewright.convert.sources.onnx.ports import choose_outputs, require_tensors
from edgewright.convert.sources.onnx.reading import read_model
from edgewright.convert.sources.onnx.recognizing import is_onnx
from edgewright.convert.sources.onnx.repairs.outputs import only_numbers
from edgewright.convert.sources.onnx.runtime import start_onnxruntime
from edgewright.errors import UsageError
from edgewright.spelling import argument


class OnnxFile:
    """A file of the Open Neural Network Exchange, with its weights inside or beside it."""

    name = "onnx"
    title = "an ONNX file (.onnx)"
    in_child = True
    framework = "onnxruntime"
    takes = ("example_inputs", "keep_nchw", "outputs")

    def recognizes(self, source: object) -> bool:
        """Whether it is a file with the fields of an ONNX model."""
        return isinstance(source, Path) and source.is_file() and is_onnx(source)

    def open(self, source: Path, options: ConversionOptions) -> OnnxModel:
        """Read it, and let onnxruntime check it: nothing that an ONNX file holds can run code.

        Raises `MissingExtraError` where onnxruntime or the converter's environment is missing, `UsageError` for options
        that do not fit, else `ConversionError`.
        """
        if options.dynamic_batch:
            raise UsageError(
                f"{source}: ONNX models are converted with fixed sizes only, the batch too. Leave "
                f"{argument('dynamic_batch', True)} off"
            )
        start_onnxruntime()
        require("onnx", where=str(source))
        model = read_model(source)
        choose_outputs(model, options.outputs, str(source))
        remedies = only_numbers(model)
        require_tensors(model.graph, str(source))
        return OnnxModel(model, str(source), options, remedies)
