"""The `.tflite` file as a value: read and verify, describe, metadata, digest, write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.lazy import exports

if TYPE_CHECKING:
    from edgewright.model.checking.custom.flexbuffers import read_numbers as read_numbers
    from edgewright.model.cost import multiply_accumulates as multiply_accumulates
    from edgewright.model.describing.behind import unread_files as unread_files
    from edgewright.model.describing.detectors import DetectorOptions as DetectorOptions
    from edgewright.model.describing.detectors import detector_options as detector_options
    from edgewright.model.describing.detectors import output_groups as output_groups
    from edgewright.model.describing.label_files import LONGEST_LABEL as LONGEST_LABEL
    from edgewright.model.describing.label_files import MOST_LABELS as MOST_LABELS
    from edgewright.model.describing.label_lines import GAP as GAP
    from edgewright.model.describing.label_lines import meant_labels as meant_labels
    from edgewright.model.describing.segmenters import Activation as Activation
    from edgewright.model.describing.segmenters import segmenter_activation as segmenter_activation
    from edgewright.model.describing.tokenizers import MOST_VOCABULARY_BYTES as MOST_VOCABULARY_BYTES
    from edgewright.model.describing.tokenizers import BertTokenizerOptions as BertTokenizerOptions
    from edgewright.model.describing.tokenizers import RegexTokenizerOptions as RegexTokenizerOptions
    from edgewright.model.describing.tokenizers import (
        SentencePieceTokenizerOptions as SentencePieceTokenizerOptions,
    )
    from edgewright.model.describing.tokenizers import Tokenizer as Tokenizer
    from edgewright.model.describing.ultralytics import ExporterNotes as ExporterNotes
    from edgewright.model.describing.ultralytics import exporter_notes as exporter_notes
    from edgewright.model.describing.ultralytics import notes_of as notes_of
    from edgewright.model.describing.ultralytics import with_notes as with_notes
    from edgewright.model.describing.values import BoxLayout as BoxLayout
    from edgewright.model.describing.values import Carried as Carried
    from edgewright.model.describing.values import ColorSpace as ColorSpace
    from edgewright.model.describing.values import InputMetadata as InputMetadata
    from edgewright.model.describing.values import Interpolation as Interpolation
    from edgewright.model.describing.values import Meaning as Meaning
    from edgewright.model.describing.values import Metadata as Metadata
    from edgewright.model.describing.values import OutputMetadata as OutputMetadata
    from edgewright.model.describing.values import Provenance as Provenance
    from edgewright.model.describing.values import ResizePolicy as ResizePolicy
    from edgewright.model.describing.values import ScoreCalibration as ScoreCalibration
    from edgewright.model.describing.values import Sigmoid as Sigmoid
    from edgewright.model.file import ModelFile as ModelFile
    from edgewright.model.graph import Graph as Graph
    from edgewright.model.graph import Operator as Operator
    from edgewright.model.graph import Signature as Signature
    from edgewright.model.graph import Subgraph as Subgraph
    from edgewright.model.graph import TensorSpec as TensorSpec
    from edgewright.model.graph import builtin_code as builtin_code
    from edgewright.model.inspection import Finding as Finding
    from edgewright.model.inspection import Inspection as Inspection
    from edgewright.model.inspection import OperatorCount as OperatorCount
    from edgewright.model.inspection import inspect as inspect
    from edgewright.model.meaning import implied_meaning as implied_meaning
    from edgewright.model.meaning import maker_of as maker_of
    from edgewright.model.node import Node as Node
    from edgewright.model.opening import ModelLike as ModelLike
    from edgewright.model.opening import read_model as read_model
    from edgewright.model.own_normalization import AS_THEY_ARE as AS_THEY_ARE
    from edgewright.model.own_normalization import OwnNormalization as OwnNormalization
    from edgewright.model.own_normalization import conflicting_normalization as conflicting_normalization
    from edgewright.model.pixel_scale import doubtful_normalization as doubtful_normalization
    from edgewright.model.sources import archive_advice as archive_advice
    from edgewright.model.storage.flatbuffer import Table as Table
    from edgewright.model.storage.schema import BUILTIN_OPERATORS as BUILTIN_OPERATORS
    from edgewright.model.storage.schema import TENSOR_TYPES as TENSOR_TYPES

__getattr__, __dir__, __all__ = exports(
    __name__,
    {
        "cost": "multiply_accumulates",
        "file": "ModelFile",
        "storage.flatbuffer": "Table",
        "graph": "Graph Operator Signature Subgraph TensorSpec builtin_code",
        "inspection": "Finding Inspection OperatorCount inspect",
        "describing.behind": "unread_files",
        "describing.label_files": "LONGEST_LABEL MOST_LABELS",
        "describing.label_lines": "GAP meant_labels",
        "meaning": "implied_meaning maker_of",
        "describing.tokenizers": (
            "BertTokenizerOptions MOST_VOCABULARY_BYTES RegexTokenizerOptions SentencePieceTokenizerOptions Tokenizer"
        ),
        "checking.custom.flexbuffers": "read_numbers",
        "describing.detectors": "DetectorOptions detector_options output_groups",
        "describing.segmenters": "Activation segmenter_activation",
        "describing.ultralytics": "ExporterNotes exporter_notes notes_of with_notes",
        "describing.values": (
            "BoxLayout Carried ColorSpace InputMetadata Interpolation Meaning Metadata OutputMetadata Provenance "
            "ResizePolicy ScoreCalibration Sigmoid"
        ),
        "storage.schema": "BUILTIN_OPERATORS TENSOR_TYPES",
        "node": "Node",
        "opening": "ModelLike read_model",
        "own_normalization": "AS_THEY_ARE OwnNormalization conflicting_normalization",
        "pixel_scale": "doubtful_normalization",
        "sources": "archive_advice",
    },
)
