"""Writes into a model what its entry says: names, preparation, labels, and the whole way from the published file."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, TypeVar

from edgewright.hub.model_entry import Entry
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata, Provenance

_Described = TypeVar("_Described", InputMetadata, OutputMetadata)


def described(model: ModelFile, entry: Entry) -> ModelFile:
    """The model with the entry's words in it, sealed; what it said of itself stays where the entry says nothing."""
    old = model.metadata
    return model.with_metadata(
        replace(
            old,
            name=entry.title,
            description=_description(entry),
            author=entry.author,
            license=entry.licence,
            task=entry.task,
            inputs=(_merged(_first(old.inputs, InputMetadata()), entry.preparation), *old.inputs[1:]),
            outputs=(_merged(_first(old.outputs, OutputMetadata()), entry.output), *old.outputs[1:]),
            provenance=_provenance(old, entry),
        )
    )


def came_from(model: ModelFile, entry: Entry) -> bool:
    """Whether a model is sealed and made of the file that the entry names (a newer entry may name another)."""
    provenance = model.metadata.provenance
    return model.sealed and provenance is not None and provenance.source_sha256 == entry.origin.sha256


def source_sha256(model: ModelFile) -> str:
    """SHA-256 of the Keras source that a fetched model was converted from; "" where it has none."""
    provenance = model.metadata.provenance
    steps = provenance.steps if provenance else ()
    return next((str(step["sha256"]) for step in steps if step.get("step") == "build"), "")


def _first(found: tuple[_Described, ...], default: _Described) -> _Described:
    return found[0] if found else default


def _merged(old: _Described, said: _Described) -> _Described:
    """`old` with every field that `said` fills in."""
    filled: dict[str, Any] = {one.name: getattr(said, one.name) for one in fields(said) if getattr(said, one.name)}
    return replace(old, **filled)


def _description(entry: Entry) -> str:
    accuracy = entry.accuracy
    if accuracy is None:
        return entry.description
    figure = f"Published {accuracy.measure} accuracy on {accuracy.dataset}: {accuracy.value:.1%} ({accuracy.source})."
    return f"{entry.description} {figure}".strip()


def _provenance(old: Metadata, entry: Entry) -> Provenance:
    """The published file as the origin; what the conversion called its source becomes the step before it."""
    made = old.provenance or Provenance()
    build = {"step": "build", "recipe": entry.recipe, "made": made.source, "sha256": made.source_sha256}
    steps = (build, *made.steps) if made.source else made.steps
    return replace(made, source=entry.origin.title, source_sha256=entry.origin.sha256, steps=steps)
