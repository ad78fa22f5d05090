"""TensorFlow Lite Metadata, and what Edgewright adds to it, into `Metadata`.

The standard tables hold names, descriptions, colour space, normalization, labels, thresholds and calibration. What they
have no field for (task, resize policy, meaning of an output, provenance) is in the associated file `edgewright.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgewright.errors import FormatError, MetadataError
from edgewright.model.describing.label_files import EXPORTER_NOTES, Files, LabelFiles
from edgewright.model.describing.schema import (
    ASSOCIATED_FILE_TYPES,
    BOX_TYPES,
    COLOR_SPACES,
    COORDINATE_TYPES,
    FILE_IDENTIFIER,
    METADATA,
    SCORE_TRANSFORMATIONS,
)
from edgewright.model.describing.values import (
    BoxLayout,
    Carried,
    InputMetadata,
    Kind,
    Metadata,
    OutputMetadata,
    Provenance,
    ScoreCalibration,
    Sigmoid,
)
from edgewright.model.storage.flatbuffer import Blob, Table, decode

if TYPE_CHECKING:
    from edgewright.model.describing.tokenizers import Tokenizer

ENTRY = "TFLITE_METADATA"
OWN_FILE = "edgewright.json"
# What is written there has some kilobytes.
OWN_BYTES = 4 << 20

AXIS_LABELS = ASSOCIATED_FILE_TYPES.index("TENSOR_AXIS_LABELS")
VALUE_LABELS = ASSOCIATED_FILE_TYPES.index("TENSOR_VALUE_LABELS")
SCORE_CALIBRATION = ASSOCIATED_FILE_TYPES.index("TENSOR_AXIS_SCORE_CALIBRATION")

KINDS: Mapping[str, Kind] = {
    "ImageProperties": "image",
    "AudioProperties": "audio",
    "FeatureProperties": "feature",
    "BoundingBoxProperties": "bounding_box",
}


def read_metadata(flatbuffer: bytes, files: Files) -> Metadata:
    """Decode the metadata flatbuffer with the files it refers to.

    Raises `MetadataError` where it is malformed or refers to what is not there.
    """
    try:
        table = decode(flatbuffer, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER, what="the metadata")
    except FormatError as error:
        raise MetadataError(str(error)) from error
    subgraphs = table["subgraph_metadata"] or [{}]
    own = _own_file(files)
    lists = LabelFiles(files)
    return Metadata(
        **{key: table[key] or "" for key in ("name", "description", "version", "author", "license")},
        task=_value(own, "task", str),
        inputs=_tensors(subgraphs[0].get("input_tensor_metadata"), own.get("inputs"), _input, lists),
        outputs=_tensors(subgraphs[0].get("output_tensor_metadata"), own.get("outputs"), _output, lists),
        tokenizer=_tokenizer(subgraphs[0], files),
        provenance=_provenance(own.get("provenance")),
        carried=Carried(_detached(table), dict(files)),
    )


def _tokenizer(subgraph: Table, files: Files) -> Tokenizer | None:
    """What reads tokenizers is imported where there is one."""
    units = list(subgraph.get("input_process_units") or ())
    for tensor in subgraph.get("input_tensor_metadata") or ():
        units += tensor.get("process_units") or ()
    if not any(unit["options"] and unit["options"][0].endswith("TokenizerOptions") for unit in units):
        return None
    from edgewright.model.describing.tokenizers import read_tokenizer

    return read_tokenizer(subgraph, files)


def union_value(units: Sequence[Table] | None, member: str) -> Table | None:
    """The first process unit of a kind, by the name of its union member."""
    for unit in units or ():
        if unit["options"] and unit["options"][0] == member:
            value: Table = unit["options"][1]
            return value
    return None


def associated(tensor: Table, *types: int) -> list[Table]:
    """The associated files of a tensor that have one of the types."""
    return [file for file in tensor.get("associated_files") or () if file["type"] in types]


def label_entries(tensor: Table) -> list[Table]:
    """The associated files that name the labels of a tensor; what an exporter noted is not one of them."""
    found = associated(tensor, AXIS_LABELS, VALUE_LABELS)
    return [file for file in found if file["name"] not in EXPORTER_NOTES]


def _detached(value: Any) -> Any:
    """The same value with its raw bytes copied out of the file that it came from."""
    if isinstance(value, dict):
        return {key: _detached(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_detached(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_detached(item) for item in value)
    return bytes(value) if isinstance(value, Blob) else value


def _own_file(files: Files) -> dict[str, Any]:
    if OWN_FILE not in files:
        return {}
    from edgewright.documents import parse_json

    try:
        own = parse_json(files[OWN_FILE], most_bytes=OWN_BYTES)
    except ValueError as error:
        raise MetadataError(f"{OWN_FILE} inside the model is no JSON: {error}") from error
    if not isinstance(own, dict):
        raise MetadataError(f"{OWN_FILE} inside the model holds a {type(own).__name__}; an object is expected")
    return own


def _value(own: Mapping[str, Any], key: str, *types: type) -> Any:
    """The value of a key where it has one of the types; `None` where it is not there."""
    value = own.get(key)
    if value is not None and type(value) not in types:
        names = " or ".join(one.__name__ for one in types)
        raise MetadataError(f"{OWN_FILE} inside the model: {key} is a {type(value).__name__}; {names} is expected")
    return value


def _tensors(tables: Sequence[Table] | None, own: Any, build: Any, files: LabelFiles) -> tuple[Any, ...]:
    extras = own if isinstance(own, list) else []
    extras = [one if isinstance(one, dict) else {} for one in extras]
    tables = list(tables or ())
    extras += [{}] * (len(tables) - len(extras))
    return tuple(build(table, extra, files) for table, extra in zip(tables, extras, strict=False))


def _input(table: Table, own: Mapping[str, Any], files: LabelFiles) -> InputMetadata:
    kind, content = _content(table)
    normalization = union_value(table["process_units"], "NormalizationOptions") or {}
    stats = table["stats"] or {}
    return InputMetadata(
        name=table["name"] or "",
        description=table["description"] or "",
        kind=kind,
        color_space=_color_space(content) if kind == "image" else None,
        mean=normalization.get("mean") or (),
        std=normalization.get("std") or (),
        minimum=stats.get("min") or (),
        maximum=stats.get("max") or (),
        sample_rate=content.get("sample_rate", 0),
        channels=content.get("channels", 0),
        resize=_value(own, "resize", str),
        crop_fraction=_value(own, "crop_fraction", float, int),
        interpolation=_value(own, "interpolation", str),
        pad=_value(own, "pad", int),
        columns=tuple(_value(own, "columns", list) or ()),
        rate=_value(own, "rate", float, int),
        window=_value(own, "window", int),
        hop=_value(own, "hop", float, int),
    )


def _output(table: Table, own: Mapping[str, Any], files: LabelFiles) -> OutputMetadata:
    stats = table["stats"] or {}
    label_files = label_entries(table)
    threshold = union_value(table["process_units"], "ScoreThresholdingOptions")
    labels = {file["locale"] or "": files.labels(file["name"]) for file in reversed(label_files)}
    kind, content = _content(table)
    default = files.labels(label_files[0]["name"]) if label_files else ()
    return OutputMetadata(
        name=table["name"] or "",
        description=table["description"] or "",
        kind=kind,
        meaning=_value(own, "meaning", str),
        labels=labels.pop("", default),
        labels_by_locale=labels,
        label_target="value" if label_files and label_files[0]["type"] == VALUE_LABELS else "axis",
        score_threshold=threshold["global_score_threshold"] if threshold else None,
        score_calibration=_calibration(table, files, len(default)),
        boxes=_boxes(content) if kind == "bounding_box" else None,
        minimum=stats.get("min") or (),
        maximum=stats.get("max") or (),
    )


def _content(table: Table) -> tuple[Kind | None, Table]:
    union = (table["content"] or {}).get("content_properties")
    return (KINDS[union[0]], union[1]) if union else (None, {})


def _color_space(content: Table) -> Any:
    number = content.get("color_space", 0)
    return COLOR_SPACES[number] if 0 < number < len(COLOR_SPACES) else None


def _boxes(content: Table) -> BoxLayout:
    kind, coordinates = content.get("type", 0), content.get("coordinate_type", 0)
    if not 0 <= kind < len(BOX_TYPES) or not 0 <= coordinates < len(COORDINATE_TYPES):
        raise MetadataError(f"bounding boxes of type {kind} in coordinates of type {coordinates} are unknown here")
    return BoxLayout(
        type=BOX_TYPES[kind].lower() if kind else None,  # type: ignore[arg-type]
        order=tuple(content.get("index") or (0, 1, 2, 3)),
        pixels=COORDINATE_TYPES[coordinates] == "PIXEL",
    )


def _calibration(table: Table, files: LabelFiles, classes: int) -> ScoreCalibration | None:
    options = union_value(table["process_units"], "ScoreCalibrationOptions")
    found = associated(table, SCORE_CALIBRATION)
    if options is None or not found:
        return None
    lines = files.lines(found[0]["name"])
    if not lines[-1] and len(lines) != classes:  # MediaPipe's writer ends the last line, its reader wants it open.
        lines.pop()
    transformation = options["score_transformation"]
    if not 0 <= transformation < len(SCORE_TRANSFORMATIONS):
        raise MetadataError(f"score transformation {transformation} is unknown to this version")
    return ScoreCalibration(
        sigmoids=tuple(_sigmoid(line, found[0]["name"], number) for number, line in enumerate(lines, 1)),
        transformation=SCORE_TRANSFORMATIONS[transformation].lower(),  # type: ignore[arg-type]
        default_score=options["default_score"],
    )


def _sigmoid(line: str, file: str, number: int) -> Sigmoid | None:
    words = line.split(",") if line.strip() else []
    try:
        values = [float(word) for word in words]
    except ValueError as error:
        raise MetadataError(f"{file} inside the model, line {number}: {error}") from error
    if not values:
        return None
    if len(values) not in (3, 4):
        raise MetadataError(f"{file} inside the model, line {number}: {len(values)} numbers where 0, 3 or 4 belong")
    return Sigmoid(*values)


def _provenance(own: Any) -> Provenance | None:
    if not isinstance(own, dict):
        return None
    steps = _value(own, "steps", list) or []
    if not all(isinstance(step, dict) for step in steps):
        raise MetadataError(f"{OWN_FILE} inside the model: steps holds something else than objects")
    return Provenance(
        source=_value(own, "source", str) or "",
        source_sha256=_value(own, "source_sha256", str) or "",
        tools=_value(own, "tools", dict) or {},
        steps=tuple(steps),
        measured=_value(own, "measured", dict) or {},
    )
