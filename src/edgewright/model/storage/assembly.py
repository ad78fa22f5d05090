"""From tables to the bytes of a file: named metadata entries, the flatbuffer, associated files, the seal."""

from __future__ import annotations

from collections.abc import Mapping

from edgewright.errors import ModelError
from edgewright.model.storage import digest
from edgewright.model.storage.archive import append_archive
from edgewright.model.storage.buffers import Buffers
from edgewright.model.storage.flatbuffer import Blob, Table, decode
from edgewright.model.storage.flatbuffer_writer import encode
from edgewright.model.storage.schema import FILE_IDENTIFIER, TFLITE

_MAX_FLATBUFFER = 2**31 - 1


def assemble(tables: Table, files: Mapping[str, bytes]) -> bytes:
    """The bytes of a sealed file. Raises `ModelError` above 2 GiB, the limit of the format."""
    tables = with_entry(tables, digest.NAME, bytes(digest.SIZE))
    size = sum(len(buffer.get("data") or b"") for buffer in tables["buffers"])
    if size > _MAX_FLATBUFFER:
        raise ModelError(f"{size:,} bytes of constants; a .tflite file holds at most {_MAX_FLATBUFFER:,}")
    flatbuffer = encode(tables, TFLITE, "Model", identifier=FILE_IDENTIFIER, size_hint=size + 65536)
    data = append_archive(flatbuffer + digest.MARK, files)
    place = digest.find_seal(decode(data, TFLITE, "Model", identifier=FILE_IDENTIFIER, what="the new file"), data)
    if place is None:
        raise ModelError("the digest was written and cannot be found again")
    return digest.seal(data, place)


def with_entry(tables: Table, name: str, content: bytes) -> Table:
    """The tables with the metadata buffer called `name` set to `content`."""
    entries = [dict(entry) for entry in tables["metadata"] or ()]
    buffers = list(tables["buffers"] or ())
    known = next((entry for entry in entries if entry["name"] == name), None)
    if known is None:
        known = {"name": name}
        entries.append(known)
    if "buffer" not in known or _is_shared(known["buffer"], tables):
        known["buffer"] = len(buffers)
        buffers.append({})
    buffers[known["buffer"]] = {"data": content}
    return {**tables, "metadata": entries, "buffers": buffers}


def _is_shared(buffer: int, tables: Table) -> bool:
    """Whether something else uses the buffer too: a tensor, another entry, or (buffer 0) everything without data."""
    tensors = [tensor["buffer"] for subgraph in tables["subgraphs"] for tensor in subgraph["tensors"] or ()]
    users = [entry["buffer"] for entry in tables["metadata"] or ()]
    return buffer == 0 or buffer in tensors or users.count(buffer) > 1


def inline_buffers(tables: Table, buffers: Buffers) -> Table:
    """The tables with buffers that lie behind the flatbuffer taken into it."""
    inlined = [
        {"data": Blob(table["offset"], view)} if table["offset"] > 1 else table
        for table, view in zip(tables["buffers"], buffers, strict=True)
    ]
    return {**tables, "buffers": inlined}
