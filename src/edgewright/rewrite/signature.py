"""A signature for files that have none: calibration and signature runners need one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from edgewright.model import ModelFile, TensorSpec
from edgewright.rewrite.protocol import Rewritten

DEFAULT_KEY = "serving_default"


class Signature:
    """Add the signature `serving_default` over the model's own inputs and outputs."""

    name = "signature"
    guarantee = "exact"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Add a signature unless there is one; the computation is untouched."""
        if model.signatures:
            return Rewritten(model)
        tables = model.edit()
        tables["signature_defs"] = [
            {
                "signature_key": DEFAULT_KEY,
                "subgraph_index": 0,
                "inputs": _maps(model.inputs, "input"),
                "outputs": _maps(model.outputs, "output"),
            }
        ]
        return Rewritten(ModelFile.build(tables, model.files, model.name), (f"signature {DEFAULT_KEY!r} added",))


def _maps(specs: Iterable[TensorSpec], fallback: str) -> list[dict[str, Any]]:
    names: list[str] = []
    for position, spec in enumerate(specs):
        name = short_name(spec.name) or f"{fallback}_{position}"
        while name in names:
            name = f"{name}_{position}"
        names.append(name)
    return [{"name": name, "tensor_index": spec.index} for name, spec in zip(names, specs, strict=True)]


def short_name(tensor: str) -> str:
    """A tensor's name for people: `serving_default_image:0` is `image`, `model/dense/BiasAdd` is `BiasAdd`."""
    name = re.sub(r":\d+$", "", tensor).removeprefix("serving_default_")
    return re.sub(r"\W", "_", name.rsplit("/", 1)[-1])
