"""What the exporters of Ultralytics (YOLO) leave in a file: names of classes, task, size, in a zip behind the model.

They write a dictionary, as JSON, as YAML or as Python shows it, into `metadata.json`, `metadata.yaml`, `temp_meta.txt`
or `meta.txt`; newer ones without any TensorFlow Lite Metadata, older ones as its "labels". Source: the packages
`ultralytics` (`engine/exporter.py`, `nn/autobackend.py`, `data/augment.py`) and `yolov5` (`export.py`).
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from edgewright.documents import parse_json
from edgewright.errors import MetadataError
from edgewright.model.describing.label_files import EXPORTER_NOTES, Files
from edgewright.model.describing.values import InputMetadata, LabelTarget, Metadata, OutputMetadata

# Names of 10,000 classes have less.
_MOST_BYTES = 1 << 20
_MOST_KEYPOINTS = 1000
_LONGEST_LICENSE = 200

_TASKS = {
    "detect": "detection",
    "segment": "detection",
    "pose": "detection",
    "obb": "detection",
    "classify": "classification",
}
_GRAY = 114

_TOKEN = re.compile(
    r"""\s*+(?:
    (?P<string>'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+")
    |(?P<number>-?\d++(?:\.\d*+)?(?:[eE][+-]?\d++)?)
    |(?P<word>True|False|None)
    |(?P<sign>[][(){},:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"True": "true", "False": "false", "None": "null", "(": "[", ")": "]"}


class ExporterNotes(NamedTuple):
    """What the dictionary says: `task` in their words, `labels`, and for poses how many (points, numbers each).

    `license` is that of the weights and the code that they come with, in their words. `size` is the (height, width) of
    the pictures that it was exported for.
    """

    task: str
    labels: tuple[str, ...]
    keypoints: tuple[int, int] | None = None
    license: str = ""
    size: tuple[int, int] | None = None

    def written(self) -> bytes:
        """The notes as the exporters write them, for a file behind a model."""
        said: dict[str, Any] = {"task": self.task, "names": dict(enumerate(self.labels)), "kpt_shape": self.keypoints}
        said |= {"license": self.license, "imgsz": self.size}
        return json.dumps({name: value for name, value in said.items() if value}, indent=1).encode()


def exporter_notes(files: Files) -> ExporterNotes | None:
    """Read the dictionary among a model's files; None where there is none, or it is another tool's.

    Raises `MetadataError` where it is theirs and its names of classes make no sense.
    """
    for name in EXPORTER_NOTES:
        found = _dictionary(files[name]) if name in files else {}
        if notes := _notes(found, f"{name} inside the model"):
            return notes
    return None


def notes_of(texts: Mapping[str, str]) -> ExporterNotes | None:
    """The same notes as a source model carries them: each a text by its name, or all of them in one text.

    Raises `MetadataError` as above.
    """
    whole = {name: _value(text) for name, text in texts.items() if len(text) <= _MOST_BYTES}
    for found in (whole, *whole.values()):
        if isinstance(found, dict) and (notes := _notes(found, "the source's metadata")):
            return notes
    return None


def _notes(found: Mapping[str, Any], where: str) -> ExporterNotes | None:
    if "names" not in found or not ("stride" in found or "task" in found):
        return None
    license_ = found.get("license")
    return ExporterNotes(
        str(found.get("task", "detect")),
        _labels(found["names"], where),
        _keypoints(found.get("kpt_shape")),
        license_[:_LONGEST_LICENSE] if isinstance(license_, str) else "",
        _size(found.get("imgsz")),
    )


def _value(text: str) -> Any:
    """A dictionary or a list, as JSON or as Python shows it; else the text."""
    if not text.lstrip().startswith(("{", "[", "(")):
        return text
    try:
        return _parsed_brackets(text)
    except (ValueError, SyntaxError):
        return text


def with_notes(metadata: Metadata, notes: ExporterNotes, *, inputs: int, outputs: int) -> Metadata:
    """The metadata of a model with so many inputs and outputs, with what the notes say where it says nothing."""
    said_inputs = list(metadata.inputs or (InputMetadata(),) * inputs)
    said_outputs = list(metadata.outputs or (OutputMetadata(),) * outputs)
    target: LabelTarget = "axis" if notes.task == "classify" else "value"
    if said_inputs:
        said_inputs[0] = _input(said_inputs[0], notes.task)
    if said_outputs and not said_outputs[0].labels:
        said_outputs[0] = dataclasses.replace(said_outputs[0], labels=notes.labels, label_target=target)
    return dataclasses.replace(
        metadata,
        task=metadata.task or _TASKS.get(notes.task),
        license=metadata.license or notes.license,
        inputs=tuple(said_inputs),
        outputs=tuple(said_outputs),
    )


def _input(said: InputMetadata, task: str) -> InputMetadata:
    """How their pictures are prepared, where the file says nothing else."""
    usual: dict[str, Any] = {"kind": "image", "resize": "crop" if task == "classify" else "letterbox"}
    if usual["resize"] == "letterbox" and said.resize in (None, "letterbox"):
        usual["pad"] = _GRAY
    added = {name: value for name, value in usual.items() if getattr(said, name) is None}
    if not said.mean:
        added |= {"mean": (0.0,), "std": (255.0,)}
    return dataclasses.replace(said, **added)


def _labels(names: Any, where: str) -> tuple[str, ...]:
    """Names in their order, from a list or from a dictionary of numbers."""
    listed = names
    if isinstance(names, dict) and all(str(place) in names for place in range(len(names))):
        listed = [names[str(place)] for place in range(len(names))]
    if not isinstance(listed, list) or not all(isinstance(name, str | int | float) for name in listed):
        raise MetadataError(f"{where}: its names are no list of labels, nor numbered from 0 on")
    return tuple(str(name) for name in listed)


def _keypoints(shape: Any) -> tuple[int, int] | None:
    if isinstance(shape, list) and len(shape) == 2 and all(isinstance(size, int) for size in shape):
        points, numbers = shape
        return (points, numbers) if 0 < points <= _MOST_KEYPOINTS and numbers in (2, 3) else None
    return None


def _size(size: Any) -> tuple[int, int] | None:
    if isinstance(size, list) and len(size) == 2 and all(isinstance(side, int) and side > 0 for side in size):
        return (size[0], size[1])
    return None


def _dictionary(content: bytes) -> dict[str, Any]:
    """What the file holds; empty where that is no dictionary, or over a limit."""
    try:
        text = content[: _MOST_BYTES + 1].decode()
        found = _parsed(text) if len(text) <= _MOST_BYTES else None
    except (ValueError, SyntaxError):
        return {}
    return found if isinstance(found, dict) else {}


def _parsed(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        from edgewright.model.describing.exporter_yaml import parse_yaml

        return parse_yaml(text)
    return _parsed_brackets(text)


def _parsed_brackets(text: str) -> Any:
    try:
        return parse_json(text, most_bytes=_MOST_BYTES)
    except ValueError:
        return parse_json(_as_json(text), most_bytes=_MOST_BYTES)


def _as_json(text: str) -> str:
    """A dictionary as Python shows it, rewritten as JSON: nothing of it is run. Raises `ValueError` for all else."""
    written: list[str] = []
    for kind, word in _words(text):
        if word in ("]", ")", "}") and written[-1:] == [","]:
            written.pop()  # (3,)
        if word == ":" and written and written[-1][-1].isdigit():
            written[-1] = f'"{written[-1]}"'
        written.append(_quoted(word) if kind == "string" else _WORDS.get(word, word))
    return "".join(written)


def _words(text: str) -> Iterator[tuple[str, str]]:
    place, text = 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise ValueError(f"it is no dictionary from character {place} on")
        yield match.lastgroup, match[match.lastgroup]
        place = match.end()


def _quoted(text: str) -> str:
    import ast
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an escape that Python does not know
        return json.dumps(ast.literal_eval(text))
