"""The field numbers of TensorFlow Lite Metadata, in the notation of `schema`.

Source: `metadata_schema.fbs` version 1.5.0 (file identifier M001), as MediaPipe 1.2.2 ships it; a test compares every
entry with the generated schema of the installed one.
"""

from __future__ import annotations

from edgewright.model.storage.layout import Layout

FILE_IDENTIFIER = b"M001"

_TABLES = """\
ModelMetadata name:str description:str version:str subgraph_metadata:[SubGraphMetadata] author:str license:str
    associated_files:[AssociatedFile] min_parser_version:str
SubGraphMetadata name:str description:str input_tensor_metadata:[TensorMetadata]
    output_tensor_metadata:[TensorMetadata] associated_files:[AssociatedFile] input_process_units:[ProcessUnit]
    output_process_units:[ProcessUnit] input_tensor_groups:[TensorGroup] output_tensor_groups:[TensorGroup]
    custom_metadata:[CustomMetadata]
TensorMetadata name:str description:str dimension_names:[str] content:Content process_units:[ProcessUnit] stats:Stats
    associated_files:[AssociatedFile]
TensorGroup name:str tensor_names:[str]
CustomMetadata name:str data:[u8]
AssociatedFile name:str description:str type:i8 locale:str version:str
Content content_properties:<ContentProperties> range:ValueRange
ImageProperties color_space:i8 default_size:ImageSize
ImageSize width:u32 height:u32
AudioProperties sample_rate:u32 channels:u32
BoundingBoxProperties index:[u32] type:i8 coordinate_type:i8
ValueRange min:i32 max:i32
Stats max:[f32] min:[f32]
ProcessUnit options:<ProcessUnitOptions>
NormalizationOptions mean:[f32] std:[f32]
ScoreCalibrationOptions score_transformation:i8 default_score:f32
ScoreThresholdingOptions global_score_threshold:f32
BertTokenizerOptions vocab_file:[AssociatedFile]
SentencePieceTokenizerOptions sentence_piece_model:[AssociatedFile] vocab_file:[AssociatedFile]
RegexTokenizerOptions delim_regex_pattern:str vocab_file:[AssociatedFile]
"""

_UNIONS = {
    "ContentProperties": """
        FeatureProperties ImageProperties BoundingBoxProperties AudioProperties
    """,
    "ProcessUnitOptions": """
        NormalizationOptions ScoreCalibrationOptions ScoreThresholdingOptions BertTokenizerOptions
        SentencePieceTokenizerOptions RegexTokenizerOptions
    """,
}

METADATA = Layout(_TABLES, empty="FeatureProperties", unions=_UNIONS)

ASSOCIATED_FILE_TYPES = (
    "UNKNOWN",
    "DESCRIPTIONS",
    "TENSOR_AXIS_LABELS",
    "TENSOR_VALUE_LABELS",
    "TENSOR_AXIS_SCORE_CALIBRATION",
    "VOCABULARY",
    "SCANN_INDEX_FILE",
)
COLOR_SPACES = ("UNKNOWN", "RGB", "GRAYSCALE")
SCORE_TRANSFORMATIONS = ("IDENTITY", "LOG", "INVERSE_LOGISTIC")
BOX_TYPES = ("UNKNOWN", "BOUNDARIES", "UPPER_LEFT", "CENTER")
COORDINATE_TYPES = ("RATIO", "PIXEL")
