"""Source: what `torch.save` wrote (`.pt`, `.pth`): a pickle of a whole module, or weights without one."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import RAISED, first_line
from edgewright.convert.sources.safety import Finding, refuse
from edgewright.convert.sources.torch.archives.pickles import Pickled, is_pickle, read_pickle
from edgewright.convert.sources.torch.module import open_module
from edgewright.convert.sources.torch.program import TorchProgram
from edgewright.convert.sources.torch.runtime import start_torch
from edgewright.convert.sources.torch.ultralytics import (
    is_of_ultralytics,
    notes_of_checkpoint,
    ready,
    require_package,
    with_size,
)
from edgewright.errors import ConversionError

_RAISED = (*RAISED, OSError, LookupError, AttributeError, ImportError, EOFError, pickle.UnpicklingError)
# Where training programs put the module among other things; the averaged weights first.
_KEYS = ("ema", "model", "module", "net", "network")


class TorchCheckpoint:
    """A pickle, in a zip archive or as such."""

    name = "torch-checkpoint"
    title = "a module that torch.save wrote (.pt, .pth), with trust"
    in_child = True
    framework = "PyTorch"
    takes = ("example_inputs", "keep_nchw")

    def recognizes(self, source: object) -> bool:
        """Whether it is a zip archive with a pickle, or begins as those of PyTorch did before."""
        return is_pickle(source)

    def open(self, source: Path, options: ConversionOptions) -> TorchProgram:
        """Refuse weights without a module, and a module without trust; load it where it is trusted."""
        name = str(source)
        pickled = read_pickle(source)
        if pickled.weights_only:
            raise weights_only(source, pickled.tensors, pickled.keys)
        refuse(name, _findings(pickled), trust=options.trust)
        if is_of_ultralytics(pickled):
            require_package(name)
        loaded = load_trusted(source)
        module = module_in(loaded, name)
        if not is_of_ultralytics(pickled):
            return open_module(module, name, options)
        options = with_size(options, module, loaded)
        return open_module(ready(module), name, options, notes_of_checkpoint(module, loaded))


def weights_only(path: Path, tensors: int, keys: tuple[str, ...]) -> ConversionError:
    """The error for a file that has the weights of a model and not the model."""
    some = f", {', '.join(keys[:3])}{' …' if len(keys) > 3 else ''}" if keys else ""
    return ConversionError(
        f"holds weights only ({tensors:,} tensors{some}): the module that computes with them is missing",
        where=str(path),
        remedy=f"In Python, build the module, and edgewright.convert(module, example_inputs=…, weights={path.name!r}); "
        "or save it whole: torch.export.save(torch.export.export(module, inputs), 'model.pt2')",
    )


def load_trusted(path: Path) -> Any:
    """What a trusted pickle holds; its code runs. Raises `ConversionError` where a class of it is not installed."""
    torch = start_torch()
    try:
        return torch.load(path, map_location="cpu", weights_only=False)
    except (ImportError, AttributeError) as error:
        raise ConversionError(
            f"a class that it is made of is not here: {first_line(error)}",
            where=str(path),
            remedy="Install the package that it comes from; or load it in your own program, where the class is, and "
            "pass the module to edgewright.convert",
        ) from error
    except _RAISED as error:
        raise ConversionError(f"a pickle that cannot be loaded: {first_line(error)}", where=str(path)) from error


def module_in(loaded: Any, name: str) -> Any:
    """The module among what was loaded, in float32. Raises `ConversionError` where there is none."""
    import torch

    found = [loaded, *(loaded.get(key) for key in _KEYS)] if isinstance(loaded, Mapping) else [loaded]
    module = next((value for value in found if isinstance(value, torch.nn.Module)), None)
    if module is None:
        raise ConversionError(f"holds no module, but a {type(loaded).__name__}", where=name)
    return module


def _findings(pickled: Pickled) -> tuple[Finding, ...]:
    return tuple(Finding("the pickle", f"makes a {name[:100]}, by its code") for name in pickled.strange)
