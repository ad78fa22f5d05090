"""What detectors say of themselves beyond each output: which outputs belong together, and anchors for raw boxes.

Source: `TensorGroup` of TensorFlow Lite Metadata, and `object_detector_metadata_schema.fbs` version 1.0.0 (file
identifier V001), as MediaPipe 1.2.2 ships it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from edgewright.errors import FormatError, MetadataError
from edgewright.model.describing.custom_parts import custom_part, first_subgraph
from edgewright.model.describing.values import Metadata
from edgewright.model.storage.flatbuffer import Table, decode
from edgewright.model.storage.layout import Layout

NAME = "DETECTOR_METADATA"
_TABLES = """\
ObjectDetectorOptions min_parser_version:str ssd_anchors_options:SsdAnchorsOptions
    tensors_decoding_options:TensorsDecodingOptions
SsdAnchorsOptions fixed_anchors_schema:FixedAnchorsSchema
FixedAnchorsSchema anchors:[FixedAnchor]
FixedAnchor x_center:f32 y_center:f32 width:f32 height:f32
TensorsDecodingOptions num_classes:i32 num_boxes:i32 num_coords:i32 keypoint_coord_offset:i32 num_keypoints:i32
    num_values_per_keypoint:i32 x_scale:f32 y_scale:f32 w_scale:f32 h_scale:f32 apply_exponential_on_box_size:bool
    sigmoid_score:bool
"""
OPTIONS = Layout(_TABLES, empty="", unions={})


@dataclass(frozen=True)
class DetectorOptions:
    """How raw boxes become boxes.

    `anchors` are (y, x, height, width) of each, the center and the size as shares of the input. `scales`, in the same
    order, divide the numbers of a box; `exponential`: sizes are logarithms. `logits`: scores want a sigmoid.
    """

    anchors: tuple[tuple[float, float, float, float], ...]
    scales: tuple[float, float, float, float]
    exponential: bool
    logits: bool


def detector_options(metadata: Metadata) -> DetectorOptions | None:
    """What MediaPipe writes of a detector that ends in raw boxes; `None` where the file does not have it.

    Raises `MetadataError` where that is malformed, or no box could come of it.
    """
    data = custom_part(metadata, NAME)
    if data is None:
        return None
    try:
        options = decode(data, OPTIONS, "ObjectDetectorOptions", identifier=b"V001", what=NAME)
    except FormatError as error:
        raise MetadataError(str(error)) from error
    decoding = options["tensors_decoding_options"]
    anchors = ((options["ssd_anchors_options"] or {}).get("fixed_anchors_schema") or {}).get("anchors")
    if not decoding or not anchors:
        raise MetadataError(f"{NAME} has no anchors, or does not say how boxes are decoded")
    if decoding["num_coords"] != len(("x", "y", "width", "height")):
        raise MetadataError(f"{NAME}: boxes of {decoding['num_coords']} numbers are not read by this version")
    scales = tuple(float(decoding[f"{side}_scale"]) for side in "yxhw")
    if not all(map(math.isfinite, scales)) or 0 in scales:
        raise MetadataError(f"{NAME}: the scales of boxes are {scales}; they are numbers other than 0")
    return DetectorOptions(
        tuple(_anchor(anchor) for anchor in anchors),
        (scales[0], scales[1], scales[2], scales[3]),
        bool(decoding["apply_exponential_on_box_size"]),
        bool(decoding["sigmoid_score"]),
    )


def output_groups(metadata: Metadata) -> list[tuple[int, ...]]:
    """Places of the outputs that belong together, of each group that the file names; what is not there is left out."""
    places = {output.name: place for place, output in enumerate(metadata.outputs) if output.name}
    groups = (first_subgraph(metadata).get("output_tensor_groups") or ()) if metadata.carried.table else ()
    return [tuple(places[name] for name in group["tensor_names"] or () if name in places) for group in groups]


def _anchor(anchor: Table) -> tuple[float, float, float, float]:
    return anchor["y_center"], anchor["x_center"], anchor["height"], anchor["width"]
