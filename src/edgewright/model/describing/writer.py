"""`Metadata` into TensorFlow Lite Metadata: the reverse of `reader`.

What was read and is not modeled here (tensor groups, statistics of other kinds) is written back as it was, and so is
what makes no sense, until somebody says something in its place.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from edgewright.errors import MetadataError
from edgewright.model.describing.label_files import LABEL_LISTS, OWN_FILE, free_name, read_labels
from edgewright.model.describing.reader import (
    AXIS_LABELS,
    KINDS,
    OWN_BYTES,
    SCORE_CALIBRATION,
    VALUE_LABELS,
    associated,
    label_entries,
    union_value,
)
from edgewright.model.describing.schema import (
    BOX_TYPES,
    COLOR_SPACES,
    COORDINATE_TYPES,
    FILE_IDENTIFIER,
    METADATA,
    SCORE_TRANSFORMATIONS,
)
from edgewright.model.describing.tokenizers import write_tokenizer
from edgewright.model.describing.values import InputMetadata, Kind, Metadata, OutputMetadata, ScoreCalibration
from edgewright.model.storage.flatbuffer import Table
from edgewright.model.storage.flatbuffer_writer import encode

_BASE_PARSER = "1.0.0"
_AUDIO_PARSER = "1.3.0"  # AudioProperties came with metadata schema 1.3.0.
_TOKENIZER_PARSERS = {
    "BertTokenizerOptions": "1.1.0", "SentencePieceTokenizerOptions": "1.1.0", "RegexTokenizerOptions": "1.2.1",
}  # fmt: skip

_MEMBERS = {kind: member for member, kind in KINDS.items()}


def write_metadata(metadata: Metadata) -> tuple[bytes, dict[str, bytes]]:
    """The metadata flatbuffer and the associated files that belong behind the model.

    Raises `MetadataError` for text that is no Unicode and numbers that do not fit into 32 bits.
    """
    try:
        return _write(metadata)
    except UnicodeEncodeError as error:
        raise MetadataError(
            f"{error.object[:40]!r} in the metadata cannot be stored as UTF-8: {error.reason}"
        ) from error
    except OverflowError as error:
        raise MetadataError(f"a number in the metadata does not fit into 32 bits: {error}") from error


def _write(metadata: Metadata) -> tuple[bytes, dict[str, bytes]]:
    table = copy.deepcopy(metadata.carried.table)
    files = dict(metadata.carried.files)
    for key in ("name", "description", "version", "author", "license"):
        table[key] = getattr(metadata, key) or None
    subgraph = _first(table, "subgraph_metadata")
    subgraph["input_tensor_metadata"] = _tensors(subgraph, "input_tensor_metadata", metadata.inputs, _input, files)
    _unshare(subgraph, metadata.outputs, files)
    subgraph["output_tensor_metadata"] = _tensors(subgraph, "output_tensor_metadata", metadata.outputs, _output, files)
    if metadata.tokenizer is not None or "tokenizer" not in metadata.damaged:
        write_tokenizer(metadata.tokenizer, subgraph, files)
    _write_own_file(metadata, table, files)
    table["min_parser_version"] = _parser_version(table.get("min_parser_version"), metadata)
    return encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER), files


def _first(table: Table, key: str) -> Table:
    table[key] = table.get(key) or [{}]
    first: Table = table[key][0]
    return first


Build = Callable[[Table, Any, int, dict[str, bytes]], None]


def _tensors(subgraph: Table, key: str, values: tuple[Any, ...], build: Build, files: dict[str, bytes]) -> list[Table]:
    tables = list(subgraph.get(key) or ())[: len(values)]
    tables += [{} for _ in range(len(values) - len(tables))]
    for position, (table, value) in enumerate(zip(tables, values, strict=True)):
        build(table, value, position, files)
    return tables


def _unshare(subgraph: Table, values: tuple[OutputMetadata, ...], files: dict[str, bytes]) -> None:
    """Give an output whose labels change a file of its own where another names the same one."""
    tables = subgraph.get("output_tensor_metadata") or ()
    users = Counter(entry["name"] for table in tables for entry in label_entries(table))
    for position, (table, value) in enumerate(zip(tables, values, strict=False)):
        for entry in label_entries(table):
            name, locale = entry["name"], entry["locale"] or ""
            labels = value.labels_by_locale.get(locale, ()) if locale else value.labels
            if users[name] > 1 and name in files and not _lists(files, name, labels):
                users[name] -= 1
                entry["name"] = free_name(_label_name(position, locale), files)
                files[entry["name"]] = files[name]


def _common(table: Table, value: InputMetadata | OutputMetadata) -> None:
    table["name"] = value.name or None
    table["description"] = value.description or None
    bounded = bool(value.minimum or value.maximum)
    table["stats"] = {"min": value.minimum or None, "max": value.maximum or None} if bounded else None


def _input(table: Table, value: InputMetadata, position: int, files: dict[str, bytes]) -> None:
    _common(table, value)
    content = _set_content(table, value.kind)
    if value.kind == "image" and (value.color_space or "color_space" not in value.damaged):
        content["color_space"] = COLOR_SPACES.index(value.color_space or "UNKNOWN")
    if value.kind == "audio":
        content.update(sample_rate=value.sample_rate, channels=value.channels)
    if value.mean or "normalization" not in value.damaged:
        normalization = {"mean": value.mean, "std": value.std} if value.mean else None
        _set_unit(table, "NormalizationOptions", normalization)


def _output(table: Table, value: OutputMetadata, position: int, files: dict[str, bytes]) -> None:
    _common(table, value)
    content = _set_content(table, value.kind)
    if value.boxes is not None:
        content["index"] = value.boxes.order
        content["type"] = BOX_TYPES.index((value.boxes.type or "unknown").upper())
        content["coordinate_type"] = COORDINATE_TYPES.index("PIXEL" if value.boxes.pixels else "RATIO")
    if value.score_threshold is not None or "score_threshold" not in value.damaged:
        threshold = None if value.score_threshold is None else {"global_score_threshold": value.score_threshold}
        _set_unit(table, "ScoreThresholdingOptions", threshold)
    _set_labels(table, value, position, files)
    if value.score_calibration is not None or "score_calibration" not in value.damaged:
        _set_calibration(table, value.score_calibration, position, files)


def _set_content(table: Table, kind: Kind | None) -> Table:
    content = table.get("content") or {}
    union = content.get("content_properties")
    if kind is None:
        table["content"] = {"range": content["range"]} if content.get("range") else None
        return {}
    if union is None or union[0] != _MEMBERS[kind]:
        union = (_MEMBERS[kind], {})
    table["content"] = {**content, "content_properties": union}
    properties: Table = union[1]
    return properties


def _set_unit(table: Table, member: str, value: Table | None) -> None:
    units = list(table.get("process_units") or ())
    known = union_value(units, member)
    if known is not None and value is not None:
        known.update(value)
    elif value is not None:
        units.append({"options": (member, value)})
    else:
        units = [unit for unit in units if not unit["options"] or unit["options"][0] != member]
    table["process_units"] = units or None


def _set_labels(table: Table, value: OutputMetadata, position: int, files: dict[str, bytes]) -> None:
    by_locale = {"": value.labels, **value.labels_by_locale} if value.labels else dict(value.labels_by_locale)
    old = {file["locale"] or "": file for file in reversed(label_entries(table))}
    kind = VALUE_LABELS if value.label_target == "value" else AXIS_LABELS
    entries = []
    for locale, labels in by_locale.items():
        entry = old.pop(locale, None)
        entry = entry or {"name": _label_file(position, locale, labels, files), "locale": locale or None}
        if not _lists(files, entry["name"], labels):
            files[entry["name"]] = "".join(f"{label}\n" for label in labels).encode()
        entries.append({"description": "Labels, one a line.", **entry, "type": kind})
    entries += [old.pop(locale) for locale in [*old] if f"labels {locale}".rstrip() in value.damaged]
    _replace_files(table, entries, old.values(), files, AXIS_LABELS, VALUE_LABELS)


def _label_file(position: int, locale: str, labels: tuple[str, ...], files: dict[str, bytes]) -> str:
    """A file that lists them already, as people put them behind a model without saying more, else a new one."""
    name = _label_name(position, locale)
    known = () if locale else LABEL_LISTS
    return next((list_ for list_ in known if _lists(files, list_, labels)), free_name(name, files))


def _lists(files: dict[str, bytes], name: str, labels: tuple[str, ...]) -> bool:
    """Whether the file of that name lists just these labels."""
    try:
        return name in files and read_labels(files, name) == labels
    except MetadataError:
        return False


def _label_name(position: int, locale: str) -> str:
    return "_".join(filter(None, ("labels", str(position or ""), locale))) + ".txt"


def _set_calibration(
    table: Table, calibration: ScoreCalibration | None, position: int, files: dict[str, bytes]
) -> None:
    old = associated(table, SCORE_CALIBRATION)
    if calibration is None:
        _set_unit(table, "ScoreCalibrationOptions", None)
        _replace_files(table, [], old, files, SCORE_CALIBRATION)
        return
    number = SCORE_TRANSFORMATIONS.index(calibration.transformation.upper())
    options = {"score_transformation": number, "default_score": calibration.default_score}
    _set_unit(table, "ScoreCalibrationOptions", options)
    entry = old[0] if old else {"name": free_name(f"score_calibration_{position}.csv", files)}
    files[entry["name"]] = "\n".join(_sigmoid_line(sigmoid) for sigmoid in calibration.sigmoids).encode()
    entries = [{"description": "Sigmoid per class: scale, slope, offset.", **entry, "type": SCORE_CALIBRATION}]
    _replace_files(table, entries, old[1:], files, SCORE_CALIBRATION)


def _sigmoid_line(sigmoid: Any) -> str:
    if sigmoid is None:
        return ""
    numbers = (sigmoid.scale, sigmoid.slope, sigmoid.offset, sigmoid.min_score)
    return ",".join(repr(float(number)) for number in numbers if number is not None)


def _replace_files(table: Table, entries: list[Table], dropped: Any, files: dict[str, bytes], *types: int) -> None:
    kept = {entry["name"] for entry in entries}
    for name in {entry["name"] for entry in dropped} - kept:
        files.pop(name, None)
    others = [file for file in table.get("associated_files") or () if file["type"] not in types]
    table["associated_files"] = [*others, *entries] or None


def _write_own_file(metadata: Metadata, table: Table, files: dict[str, bytes]) -> None:
    own = _own_content(metadata)
    entries = [entry for entry in table.get("associated_files") or () if entry["name"] != OWN_FILE]
    files.pop(OWN_FILE, None)
    if own:
        files[OWN_FILE] = _json({"format": 1, **own})
        entries.append({"name": OWN_FILE, "description": "Task, preparation and provenance, as Edgewright keeps them."})
    table["associated_files"] = entries or None


def _json(content: dict[str, Any]) -> bytes:
    try:
        written = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        if isinstance(error, UnicodeEncodeError):
            raise
        raise MetadataError(f"the provenance cannot be written as JSON: {error}") from error
    if len(written) > OWN_BYTES:
        raise MetadataError(f"the provenance has {len(written):,} bytes as JSON; at most {OWN_BYTES:,} are read again")
    return written


def _own_content(metadata: Metadata) -> dict[str, Any]:
    preparation = ("resize", "crop_fraction", "interpolation", "pad", "columns", "rate", "window", "hop")
    inputs = [_said(one, preparation) for one in metadata.inputs]
    outputs = [_said(one, ("meaning",)) for one in metadata.outputs]
    own = {
        "task": metadata.task,
        "inputs": inputs if any(inputs) else None,
        "outputs": outputs if any(outputs) else None,
        "provenance": dataclasses.asdict(metadata.provenance) if metadata.provenance else None,
    }
    return {key: value for key, value in own.items() if value is not None}


def _said(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(value, name) for name in names if getattr(value, name) not in (None, ())}


def _parser_version(known: str | None, metadata: Metadata) -> str:
    needed = _AUDIO_PARSER if any(one.kind == "audio" for one in metadata.inputs) else _BASE_PARSER
    for_text = _TOKENIZER_PARSERS.get(type(metadata.tokenizer).__name__, _BASE_PARSER)
    return max(known or _BASE_PARSER, needed, for_text, key=_version_key)


def _version_key(version: str) -> list[int]:
    return [int(part) if part.isdecimal() else 0 for part in version.split(".")]
