"""Puts a converted model's inputs and outputs in its source's order, under its source's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from edgewright.errors import ConversionError
from edgewright.model import ModelFile

_AS_THEY_ARE: Mapping[str, str] = MappingProxyType({})


def in_source_order(
    model: ModelFile, inputs: Sequence[str], outputs: Sequence[str], given: Mapping[str, str] = _AS_THEY_ARE
) -> ModelFile:
    """The same model with inputs and outputs as the source has them.

    Converters leave them in an order of their own and call their tensors "serving_default_x:0". The signature knows
    which is which; `given` are the names in it of those that the converter was given under others. Raises
    `ConversionError` where it misses one.
    """
    if not model.signatures:
        raise ConversionError("the converter left out the signature", where=model.name)
    signature = model.signatures[0]
    inner = {name: given.get(name, name) for name in (*inputs, *outputs)}
    missing = [
        *(name for name in inputs if inner[name] not in signature.inputs),
        *(name for name in outputs if inner[name] not in signature.outputs),
    ]
    if missing:
        raise ConversionError(f"the converter lost {', '.join(sorted(missing))}", where=model.name)
    tables = model.edit()
    subgraph = tables["subgraphs"][signature.subgraph]
    for part, names, indices in (("outputs", outputs, signature.outputs), ("inputs", inputs, signature.inputs)):
        subgraph[part] = [indices[inner[name]] for name in names]
        for name in names:
            subgraph["tensors"][indices[inner[name]]]["name"] = name
    own = {name: outer for outer, name in inner.items()}
    for entry in (*tables["signature_defs"][0]["inputs"], *tables["signature_defs"][0]["outputs"]):
        entry["name"] = own.get(entry["name"], entry["name"])
    return ModelFile.build(tables, model.files, model.name)
