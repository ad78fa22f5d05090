"""Source model to model file: convert, compare with the source, describe."""

from __future__ import annotations

from edgewright.convert.advice import Advice, Obstacle, advice, find_advice
from edgewright.convert.conversion import convert
from edgewright.convert.operators import UnsupportedOperator, bare
from edgewright.convert.options import ConversionOptions, IoDtype, Normalization, Quantize
from edgewright.convert.product import Product
from edgewright.convert.recording import Recording, record_source
from edgewright.convert.runtime import CHILD_ENVIRONMENT
from edgewright.convert.safety import Finding
from edgewright.convert.sources import Source, register_source, sources
from edgewright.convert.tolerances import TOLERANCES, Tolerance

__all__ = [
    "CHILD_ENVIRONMENT",
    "TOLERANCES",
    "Advice",
    "ConversionOptions",
    "Finding",
    "IoDtype",
    "Normalization",
    "Obstacle",
    "Product",
    "Quantize",
    "Recording",
    "Source",
    "Tolerance",
    "UnsupportedOperator",
    "advice",
    "bare",
    "convert",
    "find_advice",
    "record_source",
    "register_source",
    "sources",
]
