"""Makes a float file what `quantize` asks for, with LiteRT's quantizer: of sources whose framework does not do it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.product import Prepared
from edgewright.convert.sources.contract import Lowered, Lowering, QuantizesItself
from edgewright.errors import ConversionError, QuantizationError, UnchangedError, UsageError
from edgewright.machine import Progress
from edgewright.model import ModelFile, Operator
from edgewright.quantization import Calibration, Kind, Recipe, calibrate, quantize, require_quantizer
from edgewright.rewrite import IN_ORDER, rewrite
from edgewright.spelling import argument
from edgewright.task import Yolo

_KINDS: dict[str, Kind] = {"dynamic": "dynamic-int8", "float16": "float16", "int8": "int8"}

# They stand where float and integers meet.
_BETWEEN = ("QUANTIZE", "DEQUANTIZE")

_MOST_NAMED = 4


def leaves_quantizing(lowering: Lowering, options: ConversionOptions) -> bool:
    """Whether the room has to quantize what this lowering makes. Raises `MissingExtraError` where it then cannot."""
    if options.quantize == "none" or (isinstance(lowering, QuantizesItself) and lowering.quantizes):
        return False
    if options.quantize == "trained":
        raise UsageError(
            f"{argument('quantize', 'trained')} goes with sources of TensorFlow and Keras: they have fake quantization"
        )
    require_quantizer(argument("quantize", options.quantize))
    return True


def quantized(lowered: Lowered, prepared: Prepared, options: ConversionOptions, progress: Progress) -> Lowered:
    """The lowered file in the type that is asked for.

    Where there are samples, biases make up for the mean error of the rounded weights. In int8 a YOLO computes where its
    boxes are in float. Raises `ConversionError` where nothing can be quantized, or the quantizer fails.
    """
    kind, name = _KINDS[options.quantize], argument("quantize", options.quantize)
    recipe = Recipe(name, kind, options.io_dtype, corrected=bool(prepared.calibration), kept_as="float32")
    passes = [step for step in IN_ORDER if not (options.dynamic_batch and step == "static-batch")]
    model = rewrite(lowered.model, passes).model
    if kind == "int8" and prepared.yolo is not None:
        recipe = recipe.keeping(prepared.yolo.computing(model))
    try:
        calibration = _calibrated(model, prepared, progress) if recipe.needs_calibration else None
        made = quantize(model, recipe, calibration)
    except UnchangedError:
        raise unchanged(prepared.name, options, "it covers no operator of the model") from None
    except QuantizationError as error:
        raise ConversionError(f"converted, and {error.message}", where=prepared.name) from error
    return replace(lowered, model=made, tools={**lowered.tools, "litert-quantizer": require_quantizer()})


def _calibrated(model: ModelFile, prepared: Prepared, progress: Progress) -> Calibration:
    return calibrate(model, [list(sample.values()) for sample in prepared.calibration], progress)


def unchanged(name: str, options: ConversionOptions, why: str) -> ConversionError:
    """The error for a type that is asked for, and that nothing of the file has."""
    said = f"{argument('quantize', options.quantize)} changed nothing: {why}"
    return ConversionError(said, where=name, remedy=f"Use {argument('quantize', 'none')}")


def float_notice(model: ModelFile, options: ConversionOptions, yolo: Yolo | None) -> tuple[str, ...]:
    """Say which operators of an int8 file compute in float all the same, for devices that have no float."""
    left = Counter(operator.name for operator in model.ops if _in_float(model, operator))
    if not options.integer or not left:
        return ()
    named = ", ".join(f"{count} {name}" for name, count in left.most_common(_MOST_NAMED))
    more = f" and {len(left) - _MOST_NAMED} more kinds" if len(left) > _MOST_NAMED else ""
    why = "because they have no int8 form" if yolo is None else "because they compute where boxes are"
    said = f"{left.total()} of {len(model.ops)} operators stay in float, {why}"
    return (f"{said}: {named}{more}.",)


def _in_float(model: ModelFile, operator: Operator) -> bool:
    tensors = [model.main.tensors[index] for index in (*operator.inputs, *operator.outputs) if index >= 0]
    return operator.name not in _BETWEEN and any(tensor.dtype == "float32" for tensor in tensors)
