"""What people call the inputs and outputs of a file: by its signature, else by its metadata, else by their tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgewright.model import ModelFile, Signature, TensorSpec


def input_names(model: ModelFile) -> list[str]:
    """A name for each input, no two alike."""
    signed = {index: name for one in _whole(model) for name, index in one.inputs.items()}
    return _names(signed, [described.name for described in model.metadata.inputs], model.inputs)


def output_names(model: ModelFile) -> list[str]:
    """A name for each output, no two alike."""
    signed = {index: name for one in _whole(model) for name, index in one.outputs.items()}
    return _names(signed, [described.name for described in model.metadata.outputs], model.outputs)


def _whole(model: ModelFile) -> list[Signature]:
    """The signature of the whole model, where there is one and no other."""
    found = [signature for signature in model.signatures if signature.subgraph == 0]
    return found if len(found) == 1 else []


def _names(signed: Mapping[int, str], said: Sequence[str], specs: Sequence[TensorSpec]) -> list[str]:
    by_signature = [signed.get(spec.index, "") for spec in specs]
    by_tensor = [spec.name for spec in specs]
    for names in (by_signature, list(said), by_tensor):
        if len(names) == len(specs) == len(set(names)) and all(names):
            return names
    return [f"{name or 'tensor'} {place}" for place, name in enumerate(by_tensor)]
