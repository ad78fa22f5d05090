"""Checkpoints of Ultralytics: a pickle of their classes, which their package has to be there for.

Nothing of theirs is needed for any other source. Source of the names: `engine/exporter.py` and `nn/tasks.py` in
`ultralytics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.torch.archives.pickles import Pickled
from edgewright.errors import ConversionError

_PACKAGE = "ultralytics"
_SIZE = 640
_LICENSE = "AGPL-3.0, unless you have another one of Ultralytics (https://ultralytics.com/license)"


def is_of_ultralytics(pickled: Pickled) -> bool:
    """Whether a pickle makes classes of their package."""
    return any(name.split(".")[0] == _PACKAGE for name in pickled.imports)


def require_package(name: str) -> None:
    """Raise `ConversionError` where their package is not installed; `name` stands for the checkpoint."""
    if find_spec(_PACKAGE) is None:
        raise ConversionError(
            f"a checkpoint of Ultralytics, whose classes are in their package; its license is {_LICENSE}",
            where=name,
            remedy=f"Where that suits you: pip install {_PACKAGE}; or have it exported to ONNX where it is installed",
        )


def ready(module: Any) -> Any:
    """The module in float32 as it is exported: its head returns what it found, and nothing for training."""
    for part in module.modules():
        for switch, state in (("export", True), ("dynamic", False), ("inplace", False)):
            if hasattr(part, switch):
                setattr(part, switch, state)
    return module.float()


def with_size(options: ConversionOptions, module: Any, loaded: Any) -> ConversionOptions:
    """The options with the size of pictures that it was trained on, where nobody says another one."""
    if options.input_shape or options.example_inputs is not None:
        return options
    size = _setting(module, loaded, "imgsz", _SIZE)
    channels = (getattr(module, "yaml", None) or {}).get("channels", 3)
    return replace(options, input_shape={"": (1, channels, *_sides(size))})


def notes_of_checkpoint(module: Any, loaded: Any) -> dict[str, str]:
    """What their exporters would note."""
    names = getattr(module, "names", None) or {}
    task = getattr(module, "task", None) or _setting(module, loaded, "task", "detect")
    license_ = loaded.get("license") if isinstance(loaded, Mapping) else None
    notes = {"task": task, "names": dict(enumerate(names)) if isinstance(names, list | tuple) else names}
    points = next((part.kpt_shape for part in module.modules() if hasattr(part, "kpt_shape")), None)
    notes |= {"license": license_ or _LICENSE} | ({"kpt_shape": list(points)} if points else {})
    return {name: str(value) for name, value in notes.items()}


def _setting(module: Any, loaded: Any, name: str, otherwise: Any) -> Any:
    """What it was trained with: noted in the module, or beside it."""
    beside = loaded.get("train_args") if isinstance(loaded, Mapping) else None
    for noted in (getattr(module, "args", None), beside):
        if isinstance(noted, Mapping) and noted.get(name) is not None:
            return noted[name]
    return otherwise


def _sides(size: Any) -> tuple[int, int]:
    height, width = size if isinstance(size, list | tuple) else (size, size)
    return int(height), int(width)
