"""The kinds of inputs, one file each: how what people have becomes what a model takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.errors import UsageError
from edgewright.media import Prepare
from edgewright.model import ModelFile
from edgewright.registry import Registry
from edgewright.task.options import Options

if TYPE_CHECKING:
    from edgewright.task.inputs.kind import InputKind

ENTRY_POINTS = "edgewright.inputs"

_kinds: Registry[InputKind] = Registry(
    "kind of input",
    ENTRY_POINTS,
    {
        "picture": "edgewright.task.inputs.picture:KIND",
        "sound": "edgewright.task.inputs.sound:KIND",
        "text": "edgewright.task.inputs.text:KIND",
        "series": "edgewright.task.inputs.series:KIND",
        "tensors": "edgewright.task.inputs.tensors:KIND",
    },
    made=True,
    protocol="edgewright.task.inputs.kind:InputKind",
)

register_input = _kinds.register


def input_kind(name: str, model: ModelFile) -> InputKind:
    """The kind of input that a task wants for a model; raises `UsageError` where nothing prepares it."""
    if not _kinds.is_ours(name) and name not in _kinds.names():
        known = ", ".join(_kinds.names())
        raise UsageError(f"{model.name}: its task wants a {name!r}, which nothing prepares. There is: {known}")
    return _kinds.get(name)


def preparation(model: ModelFile, kind_of_input: str, options: Options) -> Prepare:
    """Work out the preparation of a model's inputs.

    `options`: of pictures normalization, (mean, std) for pixels 0 to 255 or a preset; resize, crop_fraction,
    interpolation, pad: how a picture is fitted; max_pixels: larger pictures are refused; of sounds rate, hop,
    max_seconds and normalization. Raises `UsageError` where the model has other inputs, or nothing says how they are
    prepared.
    """
    return input_kind(kind_of_input, model).preparation(model, options)
