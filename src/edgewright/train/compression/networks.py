"""Networks as methods take them: `.keras` files of Keras's own layers, looked at before they are loaded."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from edgewright.convert import child_environment, open_keras
from edgewright.errors import UsageError
from edgewright.machine import Progress, run_in_child
from edgewright.train.compression.kernels import layers
from edgewright.train.compression.method import Settings
from edgewright.train.saving import save_network


def saved_network(model: Any, folder: Path, *, trust: bool, progress: Progress) -> Path:
    """The network as a `.keras` file in `folder`, named after what it holds.

    `model`: a file of Keras (`.keras`, `.h5`), or a model of this program. Raises `UsageError` for what is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(model, str | os.PathLike):
        environment = child_environment(folder)
        return run_in_child(save_opened, Path(model), folder, trust, progress=progress, env=environment)
    if not hasattr(model, "save") or not hasattr(model, "get_config"):
        raise UsageError(f"a {type(model).__name__} cannot be trained further. Give a model of Keras, or its file")
    return _saved(model, folder)


def opened_to_train(path: Path, settings: Settings) -> Any:
    """In a child: the network with all layers to be trained, those too that were frozen while its head was.

    What was frozen would keep its weights, and what is said of it would hold for the head alone. Normalization by
    batches stays as it is: a few of them say little of what a layer usually sees.
    """
    model = open_keras(path, trust=settings.trust)
    frozen = [layer for layer in layers(model) if type(layer).__name__ == "BatchNormalization" and not layer.trainable]
    model.trainable = True
    for layer in frozen:
        layer.trainable = False
    return model


def save_opened(path: Path, folder: Path, trust: bool) -> Path:
    """In a child: open a file that is looked at first, and save it as it will be trained."""
    return _saved(open_keras(path, trust=trust), folder)


def _saved(model: Any, folder: Path) -> Path:
    """Save it under the digest of its layers and weights: what is worked out for it is found by that name."""
    digest = hashlib.sha256(model.to_json().encode())
    for weight in model.get_weights():
        digest.update(weight.tobytes())
    path = folder / f"network-{digest.hexdigest()[:32]}.keras"
    if not path.exists():
        save_network(model, path)
    return path
