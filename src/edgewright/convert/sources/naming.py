"""Puts a converted model's inputs and outputs in its source's order, under its source's names."""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.errors import ConversionError
from edgewright.model import ModelFile


def in_source_order(model: ModelFile, inputs: Sequence[str], outputs: Sequence[str]) -> ModelFile:
    """The same model with inputs and outputs as the source has them.

    Converters leave them in an order of their own and call their tensors "serving_default_x:0". The signature knows
    which is which. Raises `ConversionError` where it misses one.
    """
    if not model.signatures:
        raise ConversionError("the converter left out the signature", where=model.name)
    signature = model.signatures[0]
    missing = [*(set(inputs) - set(signature.inputs)), *(set(outputs) - set(signature.outputs))]
    if missing:
        raise ConversionError(f"the converter lost {', '.join(sorted(missing))}", where=model.name)
    tables = model.edit()
    subgraph = tables["subgraphs"][signature.subgraph]
    for part, names, indices in (("outputs", outputs, signature.outputs), ("inputs", inputs, signature.inputs)):
        subgraph[part] = [indices[name] for name in names]
        for name in names:
            subgraph["tensors"][indices[name]]["name"] = name
    return ModelFile.build(tables, model.files, model.name)
