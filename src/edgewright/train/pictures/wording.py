"""What is said of a training on pictures: what was chosen, by which figures, and what did not help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.model import InputMetadata
from edgewright.train.pictures.choosing import Mirroring, Tried
from edgewright.train.pictures.deeper import Deeper
from edgewright.train.pictures.outcome import Outcome

_POLICIES = {"stretch": "stretched", "crop": "cropped", "letterbox": "framed"}


def notices(outcome: Outcome) -> tuple[str, ...]:
    """A sentence for each choice that was measured."""
    said = [_scales(outcome), _sizes(outcome)]
    if outcome.deeper is not None:
        said += [_mirroring(outcome.mirroring), _cut(outcome), _deeper(outcome.deeper)]
    return tuple(filter(None, said))


def facts(outcome: Outcome) -> dict[str, Any]:
    """The same for the provenance."""
    known: dict[str, Any] = {"cross_validated": outcome.accuracy, "regularization": outcome.regularization}
    known["tried"] = [
        {"resize": one.described.resize, "mean": list(one.described.mean), "std": list(one.described.std)}
        | {"accuracy": one.accuracy, "loss": one.loss}
        for one in outcome.tried
    ]
    if outcome.deeper is None:
        return known | {"trained": "head"}
    mirror = outcome.mirroring
    known["mirrored"] = mirror is not None and mirror.harmless
    known |= {"views": outcome.views, "cut": outcome.cut}
    return known | {"trained": (outcome.cut or "all layers") if outcome.deeper.helped else "head"}


def _sizes(outcome: Outcome) -> str:
    tried = [one for one in outcome.tried if _scale(one.described) == _scale(outcome.described)]
    sizes = {one.described.resize: one for one in tried}
    if len(sizes) < 2:
        return ""
    return f"Pictures are {_compared(list(sizes.values()), outcome.described, _policy)}."


def _scales(outcome: Outcome) -> str:
    scales = {_scale(one.described): one for one in reversed(outcome.tried)}
    if len(scales) < 2:
        return ""
    said = _compared(list(scales.values())[::-1], outcome.described, _scale)
    return f"The backbone does not say how its pixels are scaled: they go from {said}."


def _compared(tried: Sequence[Tried], chosen: InputMetadata, word: Any) -> str:
    """The word of what was chosen, and the figures of all."""
    ordered = sorted(tried, key=lambda one: word(one.described) != word(chosen))
    best, *others = [f"{one.accuracy:.1%} {word(one.described)}" for one in ordered]
    return (
        f"{word(chosen)}: of the pictures that a head was not shown it tells {best}, and {', '.join(others)} (the "
        "smaller cross entropy decides)"
    )


def _policy(described: InputMetadata) -> str:
    return _POLICIES[described.resize or "stretch"]


def _scale(described: InputMetadata) -> str:
    low, high = (
        [(value - mean) / std for mean, std in zip(described.mean, described.std, strict=True)] for value in (0, 255)
    )
    return f"{min(low):.3g} to {max(high):.3g}"


def _mirroring(mirror: Mirroring | None) -> str:
    if mirror is None:
        return ""
    so = "so half of the other views are mirrored" if mirror.harmless else "so no view is mirrored"
    return f"A head tells {mirror.plain:.1%} of pictures as they are and {mirror.mirrored:.1%} in a mirror, {so}."


def _cut(outcome: Outcome) -> str:
    return f"Trained behind layer {outcome.cut}." if outcome.cut else "All layers were trained."


def _deeper(deeper: Deeper) -> str:
    if deeper.helped or not deeper.epochs:
        return ""
    return (
        f"Training deeper did not help: on the validation part the loss is {deeper.before:.3f} with the head alone and "
        f"{deeper.after:.3f} behind it. The head alone was kept."
    )
