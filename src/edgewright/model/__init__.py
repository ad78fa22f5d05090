"""The `.tflite` file as a value: read and verify, describe, metadata, digest, write."""

from __future__ import annotations

from edgewright.model.file import ModelFile
from edgewright.model.flatbuffer import Table
from edgewright.model.graph import Graph, Operator, Signature, Subgraph, TensorSpec, builtin_code
from edgewright.model.inspection import Finding, Inspection, OperatorCount, inspect
from edgewright.model.metadata import (
    InputMetadata,
    Metadata,
    OutputMetadata,
    Provenance,
    ScoreCalibration,
    Sigmoid,
)

__all__ = [
    "Finding",
    "Graph",
    "InputMetadata",
    "Inspection",
    "Metadata",
    "ModelFile",
    "Operator",
    "OperatorCount",
    "OutputMetadata",
    "Provenance",
    "ScoreCalibration",
    "Sigmoid",
    "Signature",
    "Subgraph",
    "Table",
    "TensorSpec",
    "builtin_code",
    "inspect",
]
