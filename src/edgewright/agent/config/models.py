"""The models beside the main one: what a worker is told of the second of a chain, and of what nobody may see."""

from __future__ import annotations

from typing import Any

from edgewright.agent.config.settings import Settings
from edgewright.agent.inference.setup import FACE, FACE_DETECTOR, Hidden, ModelSetup, Second
from edgewright.hub import read

# Sources whose pictures have nothing to do with one another.
_ALONE = ("folder",)


def second_of(settings: Settings) -> Second | None:
    """The second model, read, if there is one."""
    if settings.then is None:
        return None
    return Second(ModelSetup(read(settings.then), settings.then_task, settings.then_options), settings.on)


def hidden_of(settings: Settings) -> Hidden:
    """What nobody may see, with the detector for it, if there has to be one. Nothing is downloaded for it."""
    privacy = settings.privacy
    masks = tuple((*privacy.mask, *source.mask) for source in settings.sources)
    detector = _detector(privacy.model, privacy.blur)
    return Hidden(
        labels=privacy.blur,
        detector=None if detector is None else ModelSetup(read(detector), options=privacy.options),
        offered=privacy.model is None,
        threshold=privacy.threshold,
        masks=masks if any(masks) else (),
        alone=tuple(source.kind in _ALONE for source in settings.sources),
    )


def _detector(named: Any, labels: tuple[str, ...]) -> Any:
    """The model that was named, or for faces the one that was fetched before; None where there is neither."""
    if named is not None or FACE not in labels:
        return named
    from edgewright.hub import find

    return FACE_DETECTOR if find(FACE_DETECTOR) is not None else None
