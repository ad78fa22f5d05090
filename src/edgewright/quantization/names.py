"""Names for the tensors of a model, no two alike."""

from __future__ import annotations

from edgewright.model import ModelFile


def with_unique_names(model: ModelFile) -> ModelFile:
    """The model with a name for every tensor, and no two alike: the quantizer knows tensors by their names only.

    A model whose names are good comes back as it is; elsewhere "#" and a number are added.
    """
    names = [tensor.name for subgraph in model.graph.subgraphs for tensor in subgraph.tensors]
    if "" not in names and len(set(names)) == len(names):
        return model
    tables, taken = model.edit(), set(names)
    seen: set[str] = set()
    for subgraph in tables["subgraphs"]:
        for tensor in subgraph["tensors"] or ():
            tensor["name"] = _free(tensor["name"] or "", seen, taken)
            seen.add(tensor["name"])
    return ModelFile.build(tables, model.files, model.name)


def _free(name: str, seen: set[str], taken: set[str]) -> str:
    if name and name not in seen:
        return name
    number = 2 if name else 1
    while f"{name}#{number}" in taken or f"{name}#{number}" in seen:
        number += 1
    return f"{name}#{number}"
