"""A `.tflite` file as a value: read and verified, described, given metadata, sealed and saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING, TypeVar

from edgewright.brief import line_of, name, one_line
from edgewright.errors import DigestError, MetadataError, ModelError
from edgewright.model import cost, sources
from edgewright.model.checking.model import check_model
from edgewright.model.describing.label_files import EXPORTER_NOTES
from edgewright.model.describing.values import Metadata, OutputMetadata
from edgewright.model.graph import Graph, Operator, Signature, Subgraph, TensorSpec, build_graph
from edgewright.model.node import Node
from edgewright.model.storage import digest
from edgewright.model.storage.buffers import Buffers
from edgewright.model.storage.flatbuffer import Table, decode
from edgewright.model.storage.schema import FILE_IDENTIFIER, TFLITE
from edgewright.model.storage.stored import may_have_archive, stored_files

# Reading is on the way of every short program, so what only writing needs is imported where it is used.

if TYPE_CHECKING:
    from pathlib import Path

Source = str | os.PathLike[str] | bytes

_T = TypeVar("_T")

_LONGEST = 400  # Characters of a message, without the file's name.


class ModelFile:
    """One verified model file; it never changes. `ModelFile.read` and `ModelFile.build` make one.

    >>> model = ew.ModelFile.read("mobilenet.tflite")
    >>> model.inputs[0].shape, len(model.ops)
    ((1, 224, 224, 3), 66)
    >>> model.with_metadata(ew.Metadata(description="What is in the garden.")).save("garden.tflite")
    PosixPath('garden.tflite')
    """

    def __init__(self, data: bytes, name: str, *, check_seal: bool = True) -> None:
        """Verify `data`; `name` stands for it in messages. Prefer `ModelFile.read`."""
        self._data = data
        self._name = name
        self._stamp = ""
        try:
            sources.refuse_others(data, name)
            self._tables = decode(data, TFLITE, "Model", identifier=FILE_IDENTIFIER, what="damaged, or no .tflite file")
            self._seal = digest.find_seal(self._tables, data) if check_seal else None
            if self._seal is not None:
                digest.verify_seal(data, self._seal)
            self._graph = build_graph(self._tables)
            self._buffers = Buffers(self._tables["buffers"], data)
            check_model(self._tables, self._graph, self._buffers)
        except ModelError as error:
            raise type(error)(_one_line(name, error)) from None

    @classmethod
    def read(cls, source: Source, *, check_seal: bool = True) -> ModelFile:
        """Read a model from a path or from bytes and verify every part of it; nothing in it is executed.

        Raises `FormatError` for what is no sound `.tflite` file, and `DigestError` where the bytes do not match the
        digest inside (`check_seal=False` is for those who changed the file on purpose and seal it again).
        """
        if isinstance(source, bytes):
            return cls(source, "<bytes>", check_seal=check_seal)
        path = os.fspath(source)
        data, stamp = sources.read_bytes(path)
        model = cls(data, path, check_seal=check_seal)
        model._stamp = stamp
        return model

    @classmethod
    def build(cls, tables: Table, files: Mapping[str, bytes], name: str = "<built>") -> ModelFile:
        """Write a model from its tables (see `edit`) and associated files, sealed and verified."""
        from edgewright.model.storage.assembly import assemble

        return cls(assemble(tables, files), name)

    @property
    def data(self) -> bytes:
        """The whole file."""
        return self._data

    @property
    def name(self) -> str:
        """What the file is called in messages: its path, or "<bytes>"."""
        return self._name

    @property
    def size(self) -> int:
        """Bytes of the whole file, associated files included."""
        return len(self._data)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the whole file, in hexadecimal."""
        return digest.sha256(self._data)

    @cached_property
    def identity(self) -> str:
        """A digest that only this file has: its seal with its place, both known already, else one of all its bytes.

        Without the place, the same seal at two places of the same zeros would be two files of one identity.
        """
        if self._seal is None:
            return digest.quick(self._data)
        return f"seal-{self._seal.offset:x}-{bytes(self._seal).hex()}"

    @property
    def stamp(self) -> str:
        """What the system says of the file that this was read from: another one, once anything wrote to it.

        Empty where it was read from bytes, or where the file was written so lately that the system's clock may not
        show the next change.
        """
        return self._stamp

    @property
    def sealed(self) -> bool:
        """Whether the file carries a digest that matches; `False` where `check_seal` was."""
        return self._seal is not None

    @property
    def graph(self) -> Graph:
        """All subgraphs and signatures."""
        return self._graph

    @property
    def main(self) -> Subgraph:
        """The subgraph that is the model; the others are bodies of its control flow."""
        return self._graph.subgraphs[0]

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """The model's inputs, in the file's order."""
        return tuple(self.main.tensors[index] for index in self.main.inputs)

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The model's outputs, in the file's order."""
        return tuple(self.main.tensors[index] for index in self.main.outputs)

    @property
    def ops(self) -> tuple[Operator, ...]:
        """The operators of the main subgraph, in the order of their execution."""
        return self.main.operators

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The operators of the main subgraph with what they refer to: tensors by their place, options, constants."""
        return tuple(Node(operator, 0, self._graph, self._buffers) for operator in self.main.operators)

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """The named ways to call the model; files from before 2021 have none."""
        return self._graph.signatures

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one run, over the operators that have a matrix product in them."""
        return cost.total_multiply_accumulates(self.main)

    @cached_property
    def weight_bytes(self) -> int:
        """Bytes of the constants, each shared buffer counted once."""
        used = {tensor.buffer for subgraph in self._graph.subgraphs for tensor in subgraph.tensors}
        return sum(len(self._buffers[index]) for index in used)

    @cached_property
    def peak_activation_bytes(self) -> int:
        """The most bytes of activations alive at one time: a lower bound of what a runtime allocates."""
        return cost.peak_activation_bytes(self.main, lambda tensor: bool(len(self.constant(tensor))))

    def constant(self, tensor: TensorSpec) -> memoryview:
        """The constant bytes of a tensor, little-endian; empty where it has none."""
        return self._buffers[tensor.buffer]

    @property
    def files(self) -> Mapping[str, bytes]:
        """The associated files (labels, vocabularies) by name, but for those that `metadata.damaged` names.

        Raises `MetadataError` for more of them than is read.
        """
        return self._archive[0]

    @cached_property
    def _archive(self) -> tuple[dict[str, bytes], dict[str, str]]:
        """The files behind the model, and what of them cannot be read."""
        if not may_have_archive(self._data):
            return {}, {}
        stored = stored_files(self._data)
        if stored is not None:
            return stored, {}
        from edgewright.model.storage.archive import read_archive

        damaged: dict[str, str] = {}
        return self._named(lambda: read_archive(self._data, damaged)), damaged

    @cached_property
    def metadata(self) -> Metadata:
        """What the file says of itself; empty where it says nothing.

        What makes no sense is left unsaid, and named by `metadata.damage`. Raises `MetadataError` where the tables are
        damaged as a whole, and where there is more in them than is read.
        """
        from edgewright.model.describing.fitting import as_many
        from edgewright.model.describing.reader import ENTRY, read_metadata

        entries = [entry for entry in self._tables["metadata"] or () if entry["name"] == ENTRY]
        said = Metadata()
        if entries:
            said = self._named(lambda: read_metadata(bytes(self._buffers[entries[0]["buffer"]]), self.files))
        return self._fitted(as_many(said, len(self.inputs), len(self.outputs)))

    def _fitted(self, said: Metadata) -> Metadata:
        """The metadata with what the files behind the model say, and labels as they are meant."""
        if _files_say_more(said, *self._archive):
            from edgewright.model.describing.behind import described

            said = self._named(lambda: described(said, *self._archive, self.inputs, self.outputs, self.ops))
        from edgewright.model.describing.fitting import with_meant_labels

        return with_meant_labels(said, self.outputs)

    def with_metadata(self, metadata: Metadata) -> ModelFile:
        """The same model saying something else of itself; the result is sealed.

        Raises `MetadataError` where `metadata` does not fit: more inputs or outputs than the model has, or a number of
        labels that is not the width of its output.
        """
        from edgewright.model.describing.reader import ENTRY
        from edgewright.model.describing.writer import write_metadata
        from edgewright.model.storage.assembly import inline_buffers, with_entry

        self._named(lambda: self._check_fit(metadata))
        flatbuffer, files = write_metadata(metadata)
        tables = with_entry(inline_buffers(self._tables, self._buffers), ENTRY, flatbuffer)
        return ModelFile.build(tables, files, self._name)

    def resealed(self) -> ModelFile:
        """The same bytes under a new digest, for a file that was edited on purpose; one without is given one."""
        try:
            place = digest.find_seal(self._tables, self._data)
        except DigestError:
            place = None
        if place is None:
            return ModelFile.build(self.edit(), self.files, self._name)
        return ModelFile(digest.seal(self._data, place), self._name)

    def edit(self) -> Table:
        """A copy of the file's tables to change and give to `build`; constant bytes are shared, not copied."""
        import copy

        from edgewright.model.storage.assembly import inline_buffers

        tables = copy.deepcopy(inline_buffers(self._tables, self._buffers))
        tables["operator_codes"] = tables["operator_codes"] or []
        for subgraph in tables["subgraphs"]:  # vectors of nothing may be absent from a file
            for key in ("tensors", "operators", "inputs", "outputs"):
                subgraph[key] = subgraph[key] or []
        return tables

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the file in one step: it is there whole or not at all.

        Raises `OutputError` where it exists (unless `overwrite`), or cannot be written.
        """
        from pathlib import Path

        from edgewright.files import write_atomic

        target = Path(path)
        write_atomic(target, self._data, overwrite=overwrite)
        return target

    def _named(self, work: Callable[[], _T]) -> _T:
        """Run `work` and put the file's name in front of what it complains of."""
        try:
            return work()
        except ModelError as error:
            raise type(error)(_one_line(self._name, error)) from None

    def _check_fit(self, metadata: Metadata) -> None:
        for what, said, real in (("input", metadata.inputs, self.inputs), ("output", metadata.outputs, self.outputs)):
            if said and len(said) != len(real):
                raise MetadataError(f"metadata for {len(said)} {what}s, and the model has {len(real)}")
        for output, own, tensor in zip_longest(metadata.outputs, self._said_outputs(), self.outputs):
            if output is not None and (own is None or output.labels != own.labels):  # What it says already may stay.
                _check_labels(output, tensor)

    def _said_outputs(self) -> tuple[OutputMetadata, ...]:
        """What the file says of its outputs; nothing where its tables cannot be read, so that they can be replaced."""
        try:
            return self.metadata.outputs
        except MetadataError:
            return ()

    def __repr__(self) -> str:
        return line_of(self, name(self._name), f"{self.size:,} bytes", f"{len(self.ops)} operators")


def _files_say_more(said: Metadata, files: Mapping[str, bytes], unreadable: Mapping[str, str]) -> bool:
    """Whether the files behind a model may say more than its tables, where these name its labels."""
    labeled = any(output.labels for output in said.outputs)
    return bool(unreadable) or (bool(files) and not labeled) or any(name in files for name in EXPORTER_NOTES)


def _one_line(name: str, error: ModelError) -> str:
    """The file's name and what is wrong, on one line of a readable length: names and lists in it come from the file."""
    text = one_line(f"{name}: {str(error)[:_LONGEST]}")
    return text if len(str(error)) <= _LONGEST else f"{text}..."


def _check_labels(output: OutputMetadata, tensor: TensorSpec) -> None:
    width = tensor.shape[-1] if tensor.shape else 1
    if not output.labels or output.label_target != "axis" or len(output.labels) == width:
        return
    hint = ""
    if len(output.labels) + 1 == width:
        hint = " One more than the labels: put a name for the model's background class first."
    raise MetadataError(f"{len(output.labels)} labels for output {tensor.name!r}, which is {width} wide.{hint}")
