"""What whoever converts a model has to know at once, and would else meet later."""

from __future__ import annotations

from edgewright.errors import EdgewrightError
from edgewright.model import InputMetadata, ModelFile, conflicting_normalization, doubtful_normalization
from edgewright.spelling import argument
from edgewright.task import takes_unsaid_pixels

_USUAL = ((0, 255), (127.5, 127.5), (0, 1))


def notices(model: ModelFile) -> tuple[str, ...]:
    """What was understood when a model was converted, and what nobody said of its pixels; one sentence each."""
    steps = model.metadata.provenance.steps if model.metadata.provenance else ()
    understood = [str(notice) for step in steps if step.get("step") == "convert" for notice in step.get("notices", ())]
    described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
    understood += [f"{damage.text}." for damage in model.metadata.damage]
    if not model.inputs:
        return (*understood, *_unsaid(model))
    doubt = doubtful_normalization(described, model.inputs[0])
    conflict = conflicting_normalization(model, described)
    odd = [f"{text}." for text in (doubt, conflict) if text is not None]
    return (*understood, *(odd or _unsaid(model)))


def _unsaid(model: ModelFile) -> tuple[str, ...]:
    try:
        unsaid = takes_unsaid_pixels(model)
    except EdgewrightError:
        return ()  # Nobody knows what the file is for, which is for `run` to say.
    if not unsaid:
        return ()
    zero_to_one, around_zero, as_they_are = (argument("normalization", pair) for pair in _USUAL)
    return (
        f"nothing says how pixels become input {model.inputs[0].name!r}, and edgewright run will ask for it. Convert "
        f"with the mean and std of its training, and the file says it: {zero_to_one} for pixels from 0 to 1, "
        f"{around_zero} for -1 to 1, {as_they_are} for pixels as they are.",
    )
