"""A recipe applied to the model by LiteRT's quantizer, metadata and labels kept."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgewright.errors import MissingExtraError, ModelError, QuantizationError, UnchangedError, UsageError
from edgewright.model import ModelFile
from edgewright.quantization.names import with_unique_names
from edgewright.quantization.recipes import Recipe, Rule, only, quantizer_recipe
from edgewright.rewrite import edges_in_float

if TYPE_CHECKING:
    from edgewright.model import Operator
    from edgewright.quantization.calibrating import Calibration

_PACKAGE = "litert-quantizer"

_SHOWN = 300  # Characters of what the quantizer complains of.


def require_quantizer(what: str = "Making a model smaller") -> str:
    """The quantizer's version; raises `MissingExtraError` where it is not installed, for `what` needs it.

    Imports nothing.
    """
    if importlib.util.find_spec("litert_quantizer") is None:
        raise MissingExtraError(what, "optimize")
    return importlib.metadata.version(_PACKAGE)


def require_float(model: ModelFile) -> None:
    """Raise `QuantizationError` for a model that is quantized already: the quantizer would leave those parts alone."""
    quantized = [tensor for tensor in model.main.tensors if tensor.quantized]
    if quantized:
        raise QuantizationError(
            f"{model.name}: is quantized already ({len(quantized)} tensors, {quantized[0].name!r} is "
            f"{quantized[0].dtype}). Give the float model that it was made from"
        )


def quantize(model: ModelFile, recipe: Recipe, calibration: Calibration | None = None) -> ModelFile:
    """Apply a recipe to a float model that `rewrite` has put in order; twice, where biases are corrected in between.

    Metadata, labels and other associated files are those of `model`. Raises `UnchangedError` where the recipe covers
    nothing of the model, and `QuantizationError` where the quantizer fails or what it writes is no sound model.
    """
    model = with_unique_names(model)
    bare = _quantized(model, quantizer_recipe(recipe, model), recipe, calibration)
    made = ModelFile.build(bare.edit(), model.files, model.name)  # the quantizer drops the associated files
    _require_places(model, recipe)
    made = edges_in_float(made, recipe.float_inputs, recipe.float_outputs)
    if not _new_types(model, made) & recipe.marks:
        raise UnchangedError(f"{model.name}: {recipe.name} changed nothing: no operator of the model is covered by it")
    return made


def _require_places(model: ModelFile, recipe: Recipe) -> None:
    for what, places, count in (
        ("inputs", recipe.float_inputs, len(model.inputs)),
        ("outputs", recipe.float_outputs, len(model.outputs)),
    ):
        if places and not 0 <= min(places) <= max(places) < count:
            raise UsageError(f"{model.name}: {what} {sorted(places)} are to be float32, and there are {count}")


def quantize_only(
    model: ModelFile, recipe: Recipe, operator: Operator, calibration: Calibration | None = None
) -> ModelFile:
    """Quantize one operator alone, to measure it: associated files are left out, and there is no seal.

    The model's tensor names must be unique. Raises as `quantize` does.
    """
    made = _quantized(model, only(recipe, model, operator), recipe, calibration)
    if not _new_types(model, made):
        raise UnchangedError(f"{model.name}: {recipe.name} does not cover {operator.name}")
    return made


def _quantized(model: ModelFile, rules: Sequence[Rule], recipe: Recipe, calibration: Calibration | None) -> ModelFile:
    if recipe.needs_calibration and calibration is None:
        raise QuantizationError(f"{model.name}: {recipe.name} needs a calibration")
    ranges = calibration.ranges(recipe.ranges) if calibration is not None and recipe.static else None
    made = _run(model, rules, recipe.name, ranges)
    if calibration is not None and recipe.corrects:
        from edgewright.quantization.correcting import with_corrected_biases

        corrected = with_corrected_biases(model, made, calibration.means)
        return made if corrected is model else _run(corrected, rules, recipe.name, ranges)
    return made


def _run(model: ModelFile, rules: Sequence[Rule], name: str, ranges: object) -> ModelFile:
    from litert_quantizer import quantizer

    try:
        work = quantizer.Quantizer(model.data, list(rules))
        result = work.quantize(ranges, enable_progress_bar=False, enable_progress_report=False)
    except (ValueError, RuntimeError, KeyError, IndexError, TypeError, AttributeError, NotImplementedError) as error:
        reason = " ".join(str(error).split())[:_SHOWN]
        raise QuantizationError(f"{model.name}: {name} cannot be made: {type(error).__name__}: {reason}") from error
    try:
        # The digest in it is the float model's, copied along.
        return ModelFile(bytes(result.quantized_model), model.name, check_seal=False)
    except ModelError as error:
        raise QuantizationError(f"{name} gives no sound model: {error}") from error


def _new_types(model: ModelFile, made: ModelFile) -> set[str]:
    """The types of tensors of which there are more than before."""
    return {kind for kind, count in _types(made).items() if count > _types(model).get(kind, 0)} - {"float32"}


def _types(model: ModelFile) -> dict[str, int]:
    kinds = [tensor.dtype for subgraph in model.graph.subgraphs for tensor in subgraph.tensors]
    return {kind: kinds.count(kind) for kind in set(kinds)}
