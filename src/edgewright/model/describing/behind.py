"""What the files behind a model say over and above its tables of metadata, whether those name them or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from edgewright.errors import MetadataError
from edgewright.model.describing.damage import sound
from edgewright.model.describing.label_files import EXPORTER_NOTES, OWN_FILE, Files, is_label_list, read_labels
from edgewright.model.describing.values import Carried, LabelTarget, Metadata, OutputMetadata

if TYPE_CHECKING:
    from edgewright.model.graph import Operator, TensorSpec

_FILES_OF_TABLES = frozenset({"associated_files", "vocab_file", "sentence_piece_model", "dict_file"})

# Of the four outputs of this operator the second has the numbers of classes.
_DETECTIONS, _CLASSES = "TFLite_Detection_PostProcess", 1


def described(
    said: Metadata,
    files: Files,
    unreadable: Mapping[str, str],
    inputs: Sequence[TensorSpec],
    outputs: Sequence[TensorSpec],
    operators: Sequence[Operator],
) -> Metadata:
    """The metadata with what the files say beside it; all files are carried along, whether anything reads them or not.

    `unreadable` names those that cannot be read, and why. What the tables say goes before notes of exporters, and these
    before a list of labels.
    """
    damaged = {**said.damaged, **unreadable}
    said = dataclasses.replace(said, carried=Carried(said.carried.table, dict(files)), damaged=damaged)
    if any(name in files for name in EXPORTER_NOTES):
        from edgewright.model.describing.ultralytics import exporter_notes, with_notes

        notes = sound(damaged, "labels", lambda: exporter_notes(files), None)
        if notes is not None:
            counts = {"inputs": len(inputs), "outputs": len(outputs)}
            return sound(damaged, "labels", lambda: with_notes(said, notes, **counts), said)
    if any(output.labels or any(part.startswith("labels") for part in output.damaged) for output in said.outputs):
        return said
    return sound(damaged, "labels", lambda: _with_labels(said, files, outputs, operators), said)


def unread_files(said: Metadata) -> dict[str, bytes]:
    """The files behind a model that say nothing of its inputs and outputs (a license, a program's own settings).

    They belong behind a model that is made of this one for something else too.
    """
    named = set(_named(said.carried.table.get("subgraph_metadata") or ()))
    files = said.carried.files.items()
    meaningful = (*EXPORTER_NOTES, OWN_FILE)
    return {
        name: content
        for name, content in files
        if name not in named and name not in meaningful and not is_label_list(name)
    }


def _named(value: Any) -> Iterator[str]:
    """The names of all files that tables speak of."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key in _FILES_OF_TABLES:
                yield from (str(file["name"]) for file in part or ())
            else:
                yield from _named(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _named(part)


def _with_labels(
    said: Metadata, files: Files, outputs: Sequence[TensorSpec], operators: Sequence[Operator]
) -> Metadata:
    """The metadata with the labels of a list that nothing else names, where it shows which output they are of.

    Raises `MetadataError` where it does not.
    """
    names = [name for name in files if is_label_list(name)]
    lists = {read_labels(files, name) for name in names} - {()}
    if not lists:
        return said
    if len(lists) > 1:
        raise MetadataError(f"{' and '.join(names)} behind the model are different lists of labels")
    [labels] = lists
    place, target = _output_of(len(labels), outputs, operators, names[0])
    of_outputs = [*(said.outputs or (OutputMetadata(),) * len(outputs))]
    of_outputs[place] = dataclasses.replace(of_outputs[place], labels=labels, label_target=target)
    return dataclasses.replace(said, outputs=tuple(of_outputs))


def _output_of(
    count: int, outputs: Sequence[TensorSpec], operators: Sequence[Operator], name: str
) -> tuple[int, LabelTarget]:
    """The place of the output that so many labels are of, and what they name of it."""
    if len(outputs) == 1:
        return 0, "value"
    if any(operator.name == _DETECTIONS for operator in operators) and len(outputs) > _CLASSES:
        return _CLASSES, "value"
    fitting = [place for place, spec in enumerate(outputs) if spec.shape and spec.shape[-1] == count]
    if len(fitting) != 1:
        wide = f"{len(fitting)} are" if fitting else "none is"
        raise MetadataError(
            f"{name} behind the model lists {count:,} labels, and of its {len(outputs)} outputs {wide} so wide"
        )
    return fitting[0], "axis"
