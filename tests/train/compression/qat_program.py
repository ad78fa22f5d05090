"""What flattening and placing make of each network, as JSON: python qat_program.py FOLDER."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from qat_networks import NETWORKS, data, normalized


def main(folder: Path) -> None:
    print(json.dumps({name: told(folder / f"{name}.keras", name) for name in NETWORKS}))


def told(path: Path, name: str) -> dict[str, Any]:
    import keras

    from edgewright.train.compression.fake import FakeQuantized
    from edgewright.train.compression.flattening import flattened
    from edgewright.train.compression.graphs import nodes_of

    network = keras.models.load_model(path)
    flat = flattened(network)
    inputs = normalized(data(name)[0][:32])
    before, after = (np.asarray(model(inputs, training=False)) for model in (network, flat))
    fake = FakeQuantized.of(flat, 4)
    fake.begin(inputs)
    rounded = np.asarray(fake.model(inputs, training=False))
    grids = {node.operation.name: fake.placement.grids.get(id(node.outputs[0])) for node in nodes_of(flat)}
    learned = [weight.path for weight in fake.model.trainable_variables]
    fake.settle()
    return {
        "difference": float(np.abs(before - after).max() / np.abs(before).max()),
        "classes": [type(layer).__name__ for layer in flat.layers],
        "names": [layer.name for layer in flat.layers],
        "outputs": [network.layers[-1].name, flat.layers[-1].name],
        "grids": grids,
        "input": fake.placement.grids.get(id(flat.inputs[0])),
        "floats": fake.placement.floats,
        "learned": learned,
        "settled": float(np.abs(np.asarray(fake.model(inputs, training=False)) - rounded).max()),
        "values": {layer.name: most_values(layer) for layer in fake.layers if layer.steps is not None},
    }


def most_values(layer: Any) -> int:
    """How many different weights an output has at most."""
    kernel = np.asarray(layer.kernel)
    if type(layer.operation).__name__ in ("Dense", "Conv2DTranspose"):
        return len(np.unique(kernel.round(6)))
    columns = kernel.shape[-1] * (kernel.shape[-2] if type(layer.operation).__name__.startswith("Depthwise") else 1)
    return max(len(np.unique(column.round(6))) for column in kernel.reshape(-1, columns).T)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
