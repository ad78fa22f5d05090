"""Source model to model file: convert, compare with the source, describe."""

from __future__ import annotations

from edgewright.convert.conversion import convert
from edgewright.convert.environments import find as find_environment
from edgewright.convert.environments import require as require_environment
from edgewright.convert.environments import set_up as set_up_environment
from edgewright.convert.notices import notices
from edgewright.convert.obstacles.advice import Advice, Obstacle, advice, find_advice
from edgewright.convert.obstacles.explaining import explain
from edgewright.convert.obstacles.unsupported import UnsupportedOperator
from edgewright.convert.options import ConversionOptions, IoDtype, Normalization, Quantize
from edgewright.convert.proof.children import child_environment
from edgewright.convert.proof.inner import compare_inner, watch_layers
from edgewright.convert.proof.matching import match_layers
from edgewright.convert.proof.product import Product
from edgewright.convert.proof.recording import Recording, record_source
from edgewright.convert.proof.tolerances import TOLERANCES, Tolerance
from edgewright.convert.sources.contract import (
    DescribesItself,
    KnowsInputs,
    KnowsOperators,
    Lowered,
    Lowering,
    ModelSource,
    Opened,
    QuantizesItself,
    Request,
    ShowsFirstLayers,
    ShowsLayers,
)
from edgewright.convert.sources.ports import InputPort, OutputPort, Sample
from edgewright.convert.sources.registry import register_source, sources
from edgewright.convert.sources.safety import Finding
from edgewright.convert.sources.tensorflow.opening import open_keras
from edgewright.convert.sources.tensorflow.runtime import start_keras

__all__ = [
    "TOLERANCES",
    "Advice",
    "ConversionOptions",
    "DescribesItself",
    "Finding",
    "InputPort",
    "IoDtype",
    "KnowsInputs",
    "KnowsOperators",
    "Lowered",
    "Lowering",
    "ModelSource",
    "Normalization",
    "Obstacle",
    "Opened",
    "OutputPort",
    "Product",
    "Quantize",
    "QuantizesItself",
    "Recording",
    "Request",
    "Sample",
    "ShowsFirstLayers",
    "ShowsLayers",
    "Tolerance",
    "UnsupportedOperator",
    "advice",
    "child_environment",
    "compare_inner",
    "convert",
    "explain",
    "find_advice",
    "find_environment",
    "match_layers",
    "notices",
    "open_keras",
    "record_source",
    "register_source",
    "require_environment",
    "set_up_environment",
    "sources",
    "start_keras",
    "watch_layers",
]
