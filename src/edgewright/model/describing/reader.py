"""TensorFlow Lite Metadata, and what Edgewright adds to it, into `Metadata`.

The standard tables hold names, descriptions, color space, normalization, labels, thresholds and calibration. What they
have no field for (task, resize policy, meaning of an output, provenance) is in the associated file `edgewright.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from edgewright.errors import FormatError, MetadataError
from edgewright.model.describing.damage import of_sound_parts, sound
from edgewright.model.describing.label_files import EXPORTER_NOTES, OWN_FILE, Files, LabelFiles
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
    LabelTarget,
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
# What is written there has some kilobytes.
OWN_BYTES = 4 << 20

AXIS_LABELS = ASSOCIATED_FILE_TYPES.index("TENSOR_AXIS_LABELS")
VALUE_LABELS = ASSOCIATED_FILE_TYPES.index("TENSOR_VALUE_LABELS")
SCORE_CALIBRATION = ASSOCIATED_FILE_TYPES.index("TENSOR_AXIS_SCORE_CALIBRATION")

# What our own file says of an input's preparation, and the types that JSON has for it.
_OWN_OF_INPUTS: Mapping[str, tuple[type, ...]] = {
    "resize": (str,),
    "crop_fraction": (float, int),
    "interpolation": (str,),
    "pad": (int,),
    "rate": (float, int),
    "window": (int,),
    "hop": (float, int),
}

KINDS: Mapping[str, Kind] = {
    "ImageProperties": "image",
    "AudioProperties": "audio",
    "FeatureProperties": "feature",
    "BoundingBoxProperties": "bounding_box",
}


def read_metadata(flatbuffer: bytes, files: Files) -> Metadata:
    """Decode the metadata flatbuffer with the files it refers to.

    What makes no sense in it, or refers to what is not there, is left unsaid and named in `damaged`. Raises
    `MetadataError` where the flatbuffer itself is malformed, and where there is more than any sound file has.
    """
    try:
        table = decode(flatbuffer, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER, what="the metadata")
    except FormatError as error:
        raise MetadataError(str(error)) from error
    subgraph = (table["subgraph_metadata"] or [{}])[0]
    damaged: dict[str, str] = {}
    nothing: dict[str, Any] = {}
    own = sound(damaged, OWN_FILE, lambda: _own_file(files), nothing)
    lists = LabelFiles(files)
    said = Metadata(
        **{key: table[key] or "" for key in ("name", "description", "version", "author", "license")},
        task=sound(damaged, "task", lambda: _value(own, "task", str), None),
        inputs=_tensors(subgraph.get("input_tensor_metadata"), own.get("inputs"), _input, lists),
        outputs=_tensors(subgraph.get("output_tensor_metadata"), own.get("outputs"), _output, lists),
        tokenizer=sound(damaged, "tokenizer", lambda: _tokenizer(subgraph, files), None),
        provenance=sound(damaged, "provenance", lambda: _provenance(own.get("provenance")), None),
        carried=Carried(_detached(table), dict(files)),
        damaged=damaged,
    )
    if subgraph.get("custom_metadata"):
        _check_custom(said, damaged)
    return said


def _check_custom(said: Metadata, damaged: dict[str, str]) -> None:
    """Look at what MediaPipe writes beside the standard, once, so that no task meets damage in it."""
    from edgewright.model.describing import detectors, segmenters

    sound(damaged, detectors.NAME, partial(detectors.detector_options, said), None)
    sound(damaged, segmenters.NAME, partial(segmenters.segmenter_activation, said), None)


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
    parts: dict[str, Callable[[], Mapping[str, Any]]] = {
        "kind": lambda: _common(table, kind),
        "color_space": lambda: {"color_space": _color_space(content) if kind == "image" else None},
        "normalization": lambda: {"mean": normalization.get("mean") or (), "std": normalization.get("std") or ()},
        "sound": lambda: {name: content.get(name, 0) for name in ("sample_rate", "channels")},
        "columns": lambda: {"columns": tuple(_value(own, "columns", list) or ())},
        **{name: partial(_said, own, name, *types) for name, types in _OWN_OF_INPUTS.items()},
    }
    return of_sound_parts(InputMetadata, parts, {})


def _output(table: Table, own: Mapping[str, Any], files: LabelFiles) -> OutputMetadata:
    threshold = union_value(table["process_units"], "ScoreThresholdingOptions") or {}
    kind, content = _content(table)
    damaged: dict[str, str] = {}
    labels, by_locale, target = _labels(table, files, damaged)
    parts: dict[str, Callable[[], Mapping[str, Any]]] = {
        "kind": lambda: _common(table, kind),
        "boxes": lambda: {"kind": kind, "boxes": _boxes(content) if kind == "bounding_box" else None},
        "meaning": partial(_said, own, "meaning", str),
        "labels": lambda: {"labels": labels, "label_target": target},
        "labels of locales": lambda: {"labels_by_locale": by_locale},
        "score_threshold": lambda: {"score_threshold": threshold.get("global_score_threshold")},
        "score_calibration": lambda: {"score_calibration": _calibration(table, files, len(labels))},
    }
    return of_sound_parts(OutputMetadata, parts, damaged)


def _common(table: Table, kind: Kind | None) -> dict[str, Any]:
    stats = table["stats"] or {}
    return {
        "name": table["name"] or "",
        "description": table["description"] or "",
        "kind": kind,
        "minimum": stats.get("min") or (),
        "maximum": stats.get("max") or (),
    }


def _said(own: Mapping[str, Any], name: str, *types: type) -> dict[str, Any]:
    return {name: _value(own, name, *types)}


def _labels(
    table: Table, files: LabelFiles, damaged: dict[str, str]
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]], LabelTarget]:
    """The labels of an output, those of each locale, and what they name."""
    entries = label_entries(table)
    target: LabelTarget = "value" if entries and entries[0]["type"] == VALUE_LABELS else "axis"
    lists: dict[str, tuple[str, ...]] = {}
    for file in reversed(entries):
        part, name = f"labels {file['locale'] or ''}".rstrip(), file["name"]
        listed = sound(damaged, part, partial(files.labels, name), None)
        if listed is not None:
            lists[file["locale"] or ""] = listed
    default = lists.get(entries[0]["locale"] or "", ()) if entries else ()
    return lists.pop("", default), lists, target


def _content(table: Table) -> tuple[Kind | None, Table]:
    union = (table["content"] or {}).get("content_properties")
    return (KINDS[union[0]], union[1]) if union else (None, {})


def _color_space(content: Table) -> Any:
    number = content.get("color_space", 0)
    if not 0 <= number < len(COLOR_SPACES):
        raise MetadataError(f"color space {number} is unknown to this version")
    return COLOR_SPACES[number] if number else None


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
