"""A real model of eight by eight pixels: it says of which color a picture has most. Metadata and files as one likes."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

from edgewright.model import ModelFile
from edgewright.model.describing.reader import AXIS_LABELS, ENTRY
from edgewright.model.describing.schema import FILE_IDENTIFIER, METADATA
from edgewright.model.storage.flatbuffer_writer import encode

from .builders import model, operator, raw, subgraph, tensor

LABELS = {"labels.txt": b"red\ngreen\nblue\n"}
IMAGE = {"content_properties": ("ImageProperties", {"color_space": 1})}
NORMALIZATION = {"options": ("NormalizationOptions", {"mean": [0.0], "std": [255.0]})}


def graph(outputs: int = 1) -> dict[str, Any]:
    """The mean of each color, and a softmax of that; `outputs` times the same."""
    axes = struct.pack("<2i", 1, 2)
    picture, means = tensor([1, 8, 8, 3]), tensor([1, 3])
    shares = [tensor([1, 3], name=f"shares{place}") for place in range(outputs)]
    tensors = [picture, tensor([2], "int32", axes), means, *shares]
    operators = [operator("MEAN", [0, 1], [2], ("ReducerOptions", {"keep_dims": False}))]
    for place in range(outputs):
        operators.append(operator("SOFTMAX", [2], [3 + place], ("SoftmaxOptions", {"beta": 1.0})))
    return model(subgraph(tensors, operators, [0], [3 + place for place in range(outputs)]))


def input_table(**said: Any) -> dict[str, Any]:
    """What a sound file says of the picture; `said` goes before it."""
    return {"name": "picture", "content": IMAGE, "process_units": [NORMALIZATION], **said}


def output_table(**said: Any) -> dict[str, Any]:
    """What a sound file says of the shares; `said` goes before it."""
    return {"name": "shares", "associated_files": [{"name": "labels.txt", "type": AXIS_LABELS}], **said}


def described(
    taken: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes] = LABELS,
    **subgraph_metadata: Any,
) -> ModelFile:
    """The model with tables of metadata of its input (`taken`) and output (`given`), and files behind it."""
    inside = {
        "input_tensor_metadata": [input_table() if taken is None else dict(taken)],
        "output_tensor_metadata": [output_table() if given is None else dict(given)],
        **subgraph_metadata,
    }
    table = {"name": "colors", "subgraph_metadata": [inside]}
    tables = graph()
    tables["buffers"].append({"data": encode(table, METADATA, "ModelMetadata", identifier=FILE_IDENTIFIER)})
    tables["metadata"] = [{"name": ENTRY, "buffer": len(tables["buffers"]) - 1}]
    return ModelFile.read(with_files(raw(tables), files))


def bare(files: Mapping[str, bytes] = LABELS, outputs: int = 1) -> ModelFile:
    """The model with files behind it and no tables of metadata at all."""
    return ModelFile.read(with_files(raw(graph(outputs)), files))


def with_files(flatbuffer: bytes, files: Mapping[str, bytes]) -> bytes:
    """The bytes of a model with a zip archive behind them."""
    stream = io.BytesIO(flatbuffer)
    with zipfile.ZipFile(stream, "a") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()
