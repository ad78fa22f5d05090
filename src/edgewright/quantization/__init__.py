"""Float model file to quantized model file, by LiteRT's quantizer: recipes, measured ranges, corrected biases."""

from __future__ import annotations

from edgewright.quantization.calibrating import Calibration, calibrate
from edgewright.quantization.names import with_unique_names
from edgewright.quantization.quantizing import quantize, quantize_only, require_float, require_quantizer
from edgewright.quantization.recipes import IoDtype, Kind, Recipe

__all__ = [
    "Calibration",
    "IoDtype",
    "Kind",
    "Recipe",
    "calibrate",
    "quantize",
    "quantize_only",
    "require_float",
    "require_quantizer",
    "with_unique_names",
]
