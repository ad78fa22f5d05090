"""Plain tensors: arrays in, arrays out, for all models that no other kind knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgewright.model import ModelFile
from edgewright.spelling import argument
from edgewright.task.options import Options, only

if TYPE_CHECKING:
    from edgewright.media import Prepared
    from edgewright.task.kind import Outputs
    from edgewright.task.results.tensors import Tensors


class TensorsDecoder:
    """The outputs, real numbers, by their names."""

    labels: tuple[str, ...] = ()

    def __init__(self, names: tuple[str, ...], notices: tuple[str, ...] = ()) -> None:
        self.notices = notices
        self._names = names

    def must_be_numbers(self, outputs: Outputs) -> Outputs:
        """None: what NaN and infinity mean among them, nobody knows either; the result says how many there are."""
        return ()

    def __call__(self, outputs: Outputs, prepared: Prepared) -> Tensors:
        """Name the outputs."""
        from edgewright.task.results.tensors import Tensors

        return Tensors(dict(zip(self._names, outputs, strict=True)))


class _Kind:
    """Whatever a model takes and gives. `unasked`: nobody said so, but no other kind fits."""

    name = "tensors"
    input = "tensors"

    def __init__(self, *, unasked: bool) -> None:
        self._unasked = unasked

    def recognize(self, model: ModelFile) -> str | None:
        """No file is recognized: this is for those that nothing else knows."""
        return None

    def decoder(self, model: ModelFile, options: Options) -> TensorsDecoder:
        """Make a decoder; there are no options."""
        from edgewright.task.names import output_names

        only(options, task=self.name)
        instead = f"it is run on plain tensors. If it is for something else, say its task with {argument('task')}"
        notices = (f"{unknown(model)}: {instead}",) if self._unasked else ()
        return TensorsDecoder(tuple(output_names(model)), notices)


KIND = _Kind(unasked=False)

LAST_RESORT = _Kind(unasked=True)
"""The same for a file that does not say what it is for; it says so."""


def unknown(model: ModelFile) -> str:
    """What is wrong with a file that no kind knows."""
    ends = f"its {len(model.outputs)} outputs" if len(model.outputs) > 1 else "its output"
    return f"{model.name}: the file does not say what it is for, and {ends} could be anything"
