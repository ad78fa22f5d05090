"""The `.tflite` file as a value: read and verify, describe, metadata, digest, write."""

from __future__ import annotations

from edgewright.model.file import ModelFile
from edgewright.model.flatbuffer import Table
from edgewright.model.graph import Graph, Operator, Signature, Subgraph, TensorSpec, builtin_code
from edgewright.model.inspection import Finding, Inspection, OperatorCount, inspect
from edgewright.model.metadata import (
    ColorSpace,
    InputMetadata,
    Interpolation,
    Meaning,
    Metadata,
    OutputMetadata,
    Provenance,
    ResizePolicy,
    ScoreCalibration,
    Sigmoid,
)

__all__ = [
    "ColorSpace",
    "Finding",
    "Graph",
    "InputMetadata",
    "Inspection",
    "Interpolation",
    "Meaning",
    "Metadata",
    "ModelFile",
    "Operator",
    "OperatorCount",
    "OutputMetadata",
    "Provenance",
    "ResizePolicy",
    "ScoreCalibration",
    "Sigmoid",
    "Signature",
    "Subgraph",
    "Table",
    "TensorSpec",
    "builtin_code",
    "inspect",
]
