"""What MediaPipe's segmenters say of themselves beyond TensorFlow Lite Metadata: how their numbers become scores.

Source: `image_segmenter_metadata_schema.fbs` version 1.0.0 (file identifier V001), as MediaPipe 1.2.2 ships it.
"""

from __future__ import annotations

from typing import Literal, get_args

from edgewright.errors import FormatError, MetadataError
from edgewright.model.describing.custom_parts import custom_part
from edgewright.model.describing.values import Metadata
from edgewright.model.storage.flatbuffer import decode
from edgewright.model.storage.layout import Layout

Activation = Literal["none", "sigmoid", "softmax"]

NAME = "SEGMENTER_METADATA"
_OPTIONS = Layout("ImageSegmenterOptions activation:i8 min_parser_version:str\n", empty="", unions={})


def segmenter_activation(metadata: Metadata) -> Activation | None:
    """What is applied to a segmenter's output, `None` where the file does not have this part of metadata.

    Raises `MetadataError` where that is malformed.
    """
    data = custom_part(metadata, NAME)
    if data is None:
        return None
    try:
        options = decode(data, _OPTIONS, "ImageSegmenterOptions", identifier=b"V001", what=NAME)
    except FormatError as error:
        raise MetadataError(str(error)) from error
    choices: tuple[Activation, ...] = get_args(Activation)
    number = options["activation"]
    if not 0 <= number < len(choices):
        raise MetadataError(f"{NAME} has activation {number}, which is unknown to this version")
    return choices[number]
