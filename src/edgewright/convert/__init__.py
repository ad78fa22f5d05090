"""Source model to model file: convert, compare with the source, describe."""

from __future__ import annotations

from edgewright.convert.conversion import convert
from edgewright.convert.operators import UnsupportedOperator
from edgewright.convert.options import ConversionOptions, IoDtype, Normalization, Quantize
from edgewright.convert.product import Product
from edgewright.convert.safety import Finding
from edgewright.convert.sources import Source, register_source, sources
from edgewright.convert.tolerances import TOLERANCES, Tolerance

__all__ = [
    "TOLERANCES",
    "ConversionOptions",
    "Finding",
    "IoDtype",
    "Normalization",
    "Product",
    "Quantize",
    "Source",
    "Tolerance",
    "UnsupportedOperator",
    "convert",
    "register_source",
    "sources",
]
