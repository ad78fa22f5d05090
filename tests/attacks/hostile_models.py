"""Sound model files with metadata that would take much memory, time or a terminal, by the name of the trick."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from functools import partial

from edgewright.model import ModelFile
from edgewright.model.describing.schema import ASSOCIATED_FILE_TYPES, FILE_IDENTIFIER, METADATA
from edgewright.model.storage.assembly import inline_buffers, with_entry
from edgewright.model.storage.flatbuffer_writer import encode
from edgewright.model.storage.schema import FILE_IDENTIFIER as TFLITE_IDENTIFIER
from edgewright.model.storage.schema import TFLITE

OWN = "edgewright.json"
MEGA = 1_000_000
_LABELS = ASSOCIATED_FILE_TYPES.index("TENSOR_AXIS_LABELS")
_CALIBRATION = ASSOCIATED_FILE_TYPES.index("TENSOR_AXIS_SCORE_CALIBRATION")

Trick = Callable[[ModelFile], bytes]
Members = Mapping[str, bytes]


def packed(members: Members, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, method)
    return stream.getvalue()


def described(model: ModelFile, members: Members, *, method: int = zipfile.ZIP_DEFLATED, labels: int = 0,
              calibrated: bool = False, **texts: str) -> bytes:  # fmt: skip
    """The model with metadata that names members as its labels (of `labels` locales), and the members behind it."""
    files = [
        {"name": sorted(members)[number % len(members)], "type": _LABELS, "locale": f"l{number}" if number else None}
        for number in range(labels)
    ]
    if calibrated:
        files.append({"name": sorted(members)[-1], "type": _CALIBRATION})
    units = [{"options": ("ScoreCalibrationOptions", {"score_transformation": 0, "default_score": 0.0})}]
    output = {"associated_files": files, "process_units": units if calibrated else None, **texts}
    table = {"subgraph_metadata": [{"output_tensor_metadata": [output]}], **texts}
    flatbuffer = encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)
    tables = with_entry(inline_buffers(model._tables, model._buffers), "TFLITE_METADATA", flatbuffer)
    if texts:
        tables = copy.deepcopy(tables)
        for tensor in tables["subgraphs"][0]["tensors"]:
            tensor["name"] = texts["name"]
    return encode(tables, TFLITE, "Model", identifier=TFLITE_IDENTIFIER) + packed(members, method)


def own(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> Trick:
    return lambda model: described(model, {OWN: content}, method=method)


def labels(content: bytes, method: int = zipfile.ZIP_DEFLATED, locales: int = 1) -> Trick:
    return lambda model: described(model, {"labels.txt": content}, method=method, labels=locales)


def members(names: Members, method: int = zipfile.ZIP_STORED) -> Trick:
    return lambda model: described(model, names, method=method)


def deep(levels: int, start: str = "[", end: str = "]") -> bytes:
    return f'{{"provenance": {{"measured": {{"x": {start * levels}1{end * levels}}}}}}}'.encode()


def measured(value: object) -> bytes:
    return json.dumps({"provenance": {"source": "x", "measured": {"figure": value}}}).encode()


def named(model: ModelFile, text: str) -> bytes:
    """Names of tensors, and what the metadata says, all of one text."""
    return described(model, {"a.txt": b"a"}, name=text, description=text)


def overlapping(model: ModelFile) -> bytes:
    """Two hundred entries of the directory that are one and the same packed member."""
    data = bytearray(packed({f"{number:03}": b"" for number in range(200)} | {"zzz": bytes(30 * MEGA)}))
    start = data.index(b"PK\x01\x02")
    last = data.rindex(b"PK\x01\x02")
    entry = bytes(data[last : last + 46])
    for number in range(200):
        place = start + number * 49
        data[place + 10 : place + 28], data[place + 42 : place + 46] = entry[10:28], entry[42:46]
    return model.data + bytes(data)


def directory_of(count: int) -> Trick:
    """An archive with nothing in it but many names."""
    return lambda model: model.data + packed(dict.fromkeys((f"{number:x}" for number in range(count)), b""))


def sized(size: int) -> Trick:
    """An archive whose directory says that a member of a few bytes has `size`."""

    def make(model: ModelFile) -> bytes:
        data = bytearray(packed({OWN: b"{}" * 50}))
        place = data.index(b"PK\x01\x02")
        data[place + 24 : place + 28] = size.to_bytes(4, "little")
        return described(model, {"a": b"a"})[: -len(packed({"a": b"a"}))] + bytes(data)

    return make


def encrypted(model: ModelFile) -> bytes:
    data = bytearray(described(model, {OWN: b"{}"}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


MODELS: dict[str, Trick] = {
    "json_of_brackets": own(b"[" + b"[]," * (20 * MEGA) + b"1]"),
    "json_of_brackets_stored": own(b'{"a": [' + b"[]," * MEGA + b"1]}", zipfile.ZIP_STORED),
    "json_of_objects": own(b'{"a": [' + b'{"a":{}},' * (400_000) + b"1]}", zipfile.ZIP_STORED),
    "json_of_numbers": own(measured([1.5] * 900_000), zipfile.ZIP_STORED),
    "json_of_zeros": own(b" " * (60 * MEGA) + b"{}"),
    "json_900_deep": own(deep(900)),
    "json_900_objects_deep": own(deep(900, '{"a":', "}")),
    "json_100000_deep": own(deep(100_000)),
    "json_deep_without_end": own(b"[" * MEGA),
    "json_of_a_string": own(measured("x" * 3 * MEGA), zipfile.ZIP_STORED),
    "json_of_quotes": own(b'{"a": "' + b"\\" * (2 * MEGA) + b'"', zipfile.ZIP_STORED),
    "json_of_a_long_number": own(b'{"provenance": {"measured": {"x": ' + b"9" * 100_000 + b"}}}", zipfile.ZIP_STORED),
    "json_of_lone_surrogates": own(measured("\ud800\udfff")),
    "json_of_many_steps": own(json.dumps({"provenance": {"steps": [{"step": "x"}] * 100_000}}).encode()),
    "json_in_utf_32": own(json.dumps({"task": "x"}).encode("utf-32")),
    "json_twice_named": own(b'{"task": "a", "task": ["b"]}'),
    "json_escapes": own(measured("\x1b]0;title\x07\x1b[2J\x9b31m")),
    "labels_of_newlines": labels(b"a\n" + b"\n" * (60 * MEGA) + b"b"),
    "labels_of_newlines_stored": labels(b"a\n" + b"\n" * (20 * MEGA) + b"b", zipfile.ZIP_STORED),
    "labels_of_newlines_only": labels(b"\n" * (60 * MEGA)),
    "labels_in_300_locales": labels(b"x\n" * 100_000, locales=300),
    "labels_in_200_files": lambda model: described(
        model, {f"{number}.txt": b"x\n" * 100_000 for number in range(200)}, labels=200),
    "label_of_megabytes": labels(b"x" * (20 * MEGA), zipfile.ZIP_STORED),
    "label_among_others_of_megabytes": labels(b"a\nb\n" + b"y" * (5 * MEGA) + b"\nc", zipfile.ZIP_STORED),
    "labels_with_escapes": labels(b"\x1b]0;title\x07\n\x1b[2J\n\xc2\x9b31m\n=1+1\n" * 250 + b"\xe2\x80\xaegpj.exe\n"),
    "labels_that_are_no_text": labels(b"\xff\xfe\x00" * 1000),
    "calibration_of_lines": lambda model: described(
        model, {"labels.txt": b"a\n", "scores.txt": b"1,2,3\n" * (3 * MEGA)}, labels=1, calibrated=True),
    "calibration_of_commas": lambda model: described(
        model, {"labels.txt": b"a\n", "scores.txt": b"," * (3 * MEGA)}, labels=1, calibrated=True),
    "archive_of_zeros": members({"a": bytes(63 * MEGA)}, zipfile.ZIP_DEFLATED),
    "archive_of_300_files": directory_of(300),
    "archive_of_100000_files": directory_of(100_000),
    "archive_overlapping": overlapping,
    "archive_member_of_4_gigabytes": sized(2**32 - 2),
    "archive_member_of_60_megabytes": sized(60 * MEGA),
    "archive_encrypted": encrypted,
    "archive_member_called_dot": members({".": b"a"}),
    "archive_member_called_nothing": members({"": b"a"}),
    "archive_member_called_dots_and_slashes": members({"../../": b"a", "/": b"b", "./.": b"c"}),
    "archive_member_called_escape": members({"\x1b[2J\x07": b"a"}),
    "archive_member_of_a_long_name": members({"n" * 60_000: b"a"}),
    "archive_lzma": members({"a": bytes(63 * MEGA)}, zipfile.ZIP_LZMA),
    "archive_bzip2": members({"a": bytes(63 * MEGA)}, zipfile.ZIP_BZIP2),
    "names_of_megabytes": partial(named, text="n" * 300_000),
    "names_of_escapes": partial(named, text="\x1b]0;title\x07\x1b[2J\x9b31m"),
    "names_of_wide_letters": partial(named, text="語" * 100_000),
    "names_of_marks": partial(named, text="e" + "\u0301" * 100_000),
    "names_of_words": partial(named, text="a b " * 100_000),
    "names_of_formulas": partial(named, text="=1+1"),
}  # fmt: skip
