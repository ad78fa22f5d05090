"""Recipe: PyTorch tensors of EfficientNet-Lite0 into the network in Keras, converted and compared with it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from edgewright.errors import MissingExtraError
from edgewright.hub.model_entry import Entry
from edgewright.machine import Progress, run_in_child
from edgewright.model import ModelFile

_NEEDED = ("tensorflow", "keras", "h5py")
_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_ENABLE_ONEDNN_OPTS": "0"}


class EfficientNetLite0:
    """Needs the extra `convert`, but no PyTorch. TensorFlow runs in child processes."""

    makes_source: Literal[True] = True

    def require(self, entry: Entry) -> None:
        """Raise MissingExtraError without TensorFlow, Keras or h5py."""
        if any(find_spec(module) is None for module in _NEEDED):
            raise MissingExtraError(f"Making the model {entry.name} of its published tensors", "convert")

    def make(self, published: bytes, entry: Entry, folder: Path, progress: Progress) -> ModelFile:
        """Build, check the known answer, convert; raises what `convert` raises, and HubError."""
        from edgewright.convert import convert
        from edgewright.hub.efficientnet_lite import write_keras

        source = folder / f"{entry.name}.keras"
        progress("building", 0, 0)
        run_in_child(write_keras, published, entry.origin.title, source, env=_ENVIRONMENT)
        preparation = entry.preparation
        return convert(source, normalization=(preparation.mean, preparation.std), progress=progress)


RECIPE = EfficientNetLite0()
