"""Writes into a model what its entry says: names, preparation, labels, and the whole way from the published file."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import zip_longest
from typing import Any, TypeVar

from edgewright.hub.model_entry import Entry
from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata, Provenance

_Described = TypeVar("_Described", InputMetadata, OutputMetadata)


def described(model: ModelFile, entry: Entry, published_sha256: str) -> ModelFile:
    """The model with the entry's words in it, sealed; what it said of itself stays where the entry says nothing."""
    old = model.metadata
    return model.with_metadata(
        replace(
            old,
            name=entry.title,
            description=_description(entry),
            author=entry.author,
            license=entry.license,
            task=entry.task,
            inputs=(_merged(_first(old.inputs, InputMetadata()), entry.preparation), *old.inputs[1:]),
            outputs=tuple(
                _merged(*both)
                for both in zip_longest(_fitting(old.outputs, model), entry.outputs, fillvalue=OutputMetadata())
            ),
            provenance=_provenance(old, entry, published_sha256),
        )
    )


def came_from(model: ModelFile, entry: Entry, published_sha256: str) -> bool:
    """Whether a model is sealed and made of the file that the entry names (a newer entry may name another).

    Without a digest to compare, published or recorded, the name of that file has to do.
    """
    provenance = model.metadata.provenance
    if not model.sealed or provenance is None:
        return False
    if published_sha256:
        return provenance.source_sha256 == published_sha256
    return provenance.source == entry.origin.title


def source_sha256(model: ModelFile) -> str:
    """SHA-256 of the Keras source that a fetched model was converted from; "" where it has none."""
    provenance = model.metadata.provenance
    steps = provenance.steps if provenance else ()
    return next((str(step["sha256"]) for step in steps if step.get("step") == "build"), "")


def _first(found: tuple[_Described, ...], default: _Described) -> _Described:
    return found[0] if found else default


def _fitting(outputs: tuple[OutputMetadata, ...], model: ModelFile) -> tuple[OutputMetadata, ...]:
    """What a published file says of its outputs, less labels that stand by the wrong one: a hand's by its points."""
    return tuple(
        replace(said, labels=(), labels_by_locale={})
        if said.label_target == "axis" and len(said.labels) != (spec.shape[-1] if spec.shape else 1)
        else said
        for said, spec in zip(outputs, model.outputs, strict=False)
    )


def _merged(old: _Described, said: _Described) -> _Described:
    """`old` with every field in which `said` says something."""
    silent = type(said)()
    said_of = {one.name: getattr(said, one.name) for one in fields(said)}
    filled: dict[str, Any] = {name: value for name, value in said_of.items() if value != getattr(silent, name)}
    return replace(old, **filled)


def _description(entry: Entry) -> str:
    accuracy = entry.accuracy
    if accuracy is None:
        return entry.description
    figure = f"Published accuracy on {accuracy.dataset}: {accuracy.measure} {accuracy.value:.1%} ({accuracy.source})."
    return f"{entry.description} {figure}".strip()


def _provenance(old: Metadata, entry: Entry, published_sha256: str) -> Provenance:
    """The published file as the origin; what the conversion called its source becomes the step before it."""
    made = old.provenance or Provenance()
    build = {"step": "build", "recipe": entry.recipe, "made": made.source, "sha256": made.source_sha256}
    steps = (build, *made.steps) if made.source else made.steps
    return replace(made, source=entry.origin.title, source_sha256=published_sha256, steps=steps)
