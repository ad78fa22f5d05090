"""Files with several signatures: which there are, and the same file entered by another one."""

from __future__ import annotations

from dataclasses import replace

from edgewright.errors import UsageError
from edgewright.model import ModelFile, Signature, Table
from edgewright.spelling import argument


def entries(model: ModelFile) -> tuple[Signature, ...]:
    """One signature for each way into the file, that of its first subgraph first; none where nobody named any."""
    by_subgraph: dict[int, Signature] = {}
    for signature in sorted(model.signatures, key=lambda signature: signature.subgraph):
        by_subgraph.setdefault(signature.subgraph, signature)
    return tuple(by_subgraph.values())


def entered(model: ModelFile, key: str | None) -> ModelFile:
    """The same file whose first subgraph, which is what runs, is that of the signature `key`; None: as it is.

    What the metadata say of inputs and outputs is of the first signature, and is left out. Raises `UsageError` where
    there is no such signature.
    """
    if key is None:
        return model
    found = next((signature for signature in model.signatures if signature.key == key), None)
    if found is None:
        named = ", ".join(signature.key for signature in model.signatures)
        choices = f"Choose one of: {named}" if named else "It has none"
        raise UsageError(f"{model.name}: there is no signature {key!r}. {choices}")
    return _first(model, found.subgraph) if found.subgraph else model


def other_entries(model: ModelFile) -> tuple[str, ...]:
    """Say that a file has more signatures than the one that runs, and how another is chosen; empty where it has not."""
    found = entries(model)
    if len(found) < 2:
        return ()
    others = [signature.key for signature in found[1:]]
    choice = argument("signature", others[0])
    return (f"what runs is the signature {found[0].key}; there is also {', '.join(others)}: {choice}",)


def _first(model: ModelFile, number: int) -> ModelFile:
    """Let the first subgraph and another one change places, wherever they are named."""
    tables = model.edit()
    place = {0: number, number: 0}
    subgraphs = tables["subgraphs"]
    subgraphs[0], subgraphs[number] = subgraphs[number], subgraphs[0]
    for signature in tables["signature_defs"]:
        signature["subgraph_index"] = place.get(signature["subgraph_index"], signature["subgraph_index"])
    for subgraph in subgraphs:
        for operator in subgraph["operators"] or ():
            _renumber(operator, place)
    built = ModelFile.build(tables, model.files, model.name)
    return built.with_metadata(replace(model.metadata, inputs=(), outputs=(), task=None)) if model.metadata else built


def _renumber(operator: Table, place: dict[int, int]) -> None:
    for union in (operator["builtin_options"], operator["builtin_options2"]):
        options = union[1] if union else {}
        for name, value in options.items():
            if "subgraph" in name and isinstance(value, int):
                options[name] = place.get(value, value)
            elif "subgraph" in name and value is not None:
                options[name] = [place.get(index, index) for index in value]
