"""Which extras of Edgewright an agent needs on its device: found from what it is told, and from its models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from edgewright.model import ModelFile, SentencePieceTokenizerOptions

# Kind of source -> what reads it. A folder may hold pictures of telephones; what is heard may come at another rate.
_SOURCES: Mapping[str, tuple[str, ...]] = {
    "camera": ("video",),
    "stream": ("video",),
    "video": ("video",),
    "folder": ("heic",),
    "microphone": ("microphone", "sound"),
    "sound": ("sound",),
    "pcm": ("sound",),
    "serial": ("serial",),
    "mqtt": ("agent",),
}
_SENT_BY_AGENT = ("mqtt:", "mqtts:", "http:", "https:")
# Tables and settings that bring something along by being there.
_THERE: Mapping[str, str] = {"health": "agent", "fleet": "agent", "updates": "agent", "dashboard": "dashboard"}
_OPTIONS = ("options", "then_options")


def extras_of_settings(told: Mapping[str, Any]) -> set[str]:
    """The extras for the settings of an agent, as they stand in its file."""
    return {*_extras(told)}


def extras_of_models(models: Iterable[ModelFile]) -> set[str]:
    """The extras for models: "text" where SentencePiece cuts texts."""
    return {"text" for model in models if isinstance(model.metadata.tokenizer, SentencePieceTokenizerOptions)}


def _extras(told: Mapping[str, Any]) -> Iterator[str]:
    yield from (extra for name, extra in _THERE.items() if name in told)
    sources = told["source"]
    for source in [sources] if isinstance(sources, dict) else sources:
        yield from (extra for kind in source for extra in _SOURCES.get(kind, ()))
    if any(str(sink["send"]).startswith(_SENT_BY_AGENT) for sink in told.get("sinks", ())):
        yield "agent"
    options = [told.get(name, {}) for name in _OPTIONS] + [told.get("privacy", {}).get("options", {})]
    if any(given.get("engine") in ("openvino", "auto") for given in options):
        yield "openvino"
