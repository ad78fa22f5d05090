"""`convert`: a source model becomes a model file that has been compared with it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgewright.convert.description import described, digest_of, name_of
from edgewright.convert.options import ConversionOptions, IoDtype, Quantize
from edgewright.convert.proof.children import produce
from edgewright.convert.sources.registry import find_source
from edgewright.convert.sources.taking import require_taken
from edgewright.convert.workshop import workshop
from edgewright.machine import Progress, silent
from edgewright.model import ModelFile
from edgewright.task import Labels


def convert(
    source: Any,
    *,
    labels: Labels | None = None,
    normalization: Any = None,
    input_shape: Any = None,
    dynamic_batch: bool = False,
    quantize: Quantize = "none",
    representative_data: Any = None,
    io_dtype: IoDtype = "float32",
    signature: str | None = None,
    trust: bool = False,
    unroll: bool = False,
    example_inputs: Any = None,
    keep_nchw: bool = False,
    inputs: Sequence[str] | str = (),
    outputs: Sequence[str] | str = (),
    weights: str | os.PathLike[str] | None = None,
    memory: int | None = None,
    task: str | None = None,
    columns: Sequence[str] | None = None,
    rate: float | None = None,
    progress: Progress = silent,
) -> ModelFile:
    """Convert a model of Keras, TensorFlow, PyTorch, ONNX or JAX: a file, a folder or an object of your program.

    A `.tflite` file passes through, so that what is known of it can be added.

    labels: names of the classes, or a file with one a line. normalization: (mean, std) for pixels from 0 to 255, each a
    number or one per channel, or a preset ("none", "zero_to_one", "minus_one_to_one", "imagenet"); written into the
    file, and the range that the result is compared in. input_shape: sizes that the source leaves open, for the only
    input or by name, with or without the batch. dynamic_batch: leave the batch free; by default it is 1. quantize:
    "none", "dynamic" (8-bit weights), "float16" (16-bit weights) or "int8" (8-bit throughout), which takes
    representative_data: real inputs as the model takes them, or a folder of pictures or a data set to read them from
    (see `representative.collect`); "trained" is int8 with the ranges of a source of TensorFlow that was trained with
    fake quantization. io_dtype: what an int8 model takes and returns, "float32", "uint8" or "int8". signature: which
    one of a SavedModel. trust: convert also what runs code of its own when loaded. unroll: make
    recurrent layers a chain of steps instead of a loop (larger, but free of the loop's limits); int8 does it by itself.
    example_inputs: what a module or function in memory is called with: an array or tensor, several in a tuple, or named
    in a dictionary. keep_nchw: keep pictures in the order of PyTorch and ONNX; by default a file takes (1, height,
    width, channels), as all of LiteRT's models do. inputs, outputs: names of tensors of a frozen graph. weights: for
    a module of PyTorch, a file of safetensors or a state dict, which a copy of the module is converted with. memory:
    the most bytes that the child process which converts may use (Linux). task: what the model is for, where its file
    shall say so. columns, rate: of a model of series, the names of its columns in their order and the rows a second;
    normalization is then one of the columns.

    The result has been run beside its source and is within the tolerance of its kind (`TOLERANCES`). Raises
    `UsageError` for options that make no sense, `UntrustedSourceError`, `UnsupportedOperatorError`, `ToleranceError`,
    `MissingExtraError`, `MissingEnvironmentError`, `ConversionError` for all else that is wrong with the source, and
    `ChildCrashError` where its framework died over it.

    >>> names = "airplane automobile bird cat deer dog frog horse ship truck".split()
    >>> model = ew.convert("resnet.h5", labels=names, normalization="none")
    >>> model.save("resnet.tflite")
    PosixPath('resnet.tflite')
    >>> model.metadata.outputs[0].labels[3]
    'cat'
    """
    options = ConversionOptions.of(
        labels=labels,
        normalization=normalization,
        input_shape=input_shape,
        dynamic_batch=dynamic_batch,
        quantize=quantize,
        representative_data=representative_data,
        io_dtype=io_dtype,
        signature=signature,
        trust=trust,
        unroll=unroll,
        example_inputs=example_inputs,
        keep_nchw=keep_nchw,
        inputs=inputs,
        outputs=outputs,
        weights=weights,
        memory=memory,
        task=task,
        columns=columns,
        rate=rate,
    )
    if isinstance(source, str | os.PathLike):
        source = Path(source)
    found = find_source(source)
    require_taken(found, str(source) if isinstance(source, Path) else name_of(source), options)
    digest = digest_of(options.weights or source, trust=options.trust)
    with workshop() as folder:
        product = produce(found, source, options, folder, progress)
    model = ModelFile(product.data, source.name if isinstance(source, Path | ModelFile) else found.name)
    return described(model, options, product, found, source, digest)
