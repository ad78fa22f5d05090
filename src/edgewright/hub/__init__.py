"""Models by name: what is known of them, and fetching them when asked."""

from __future__ import annotations

from edgewright.hub.catalogue import entries, entry, names, register_entry
from edgewright.hub.getting import find, get, locate, remove, source
from edgewright.hub.model_entry import Accuracy, Entry
from edgewright.hub.origins import Origin, register_origin
from edgewright.hub.quantizing import quantized
from edgewright.hub.recipes import Recipe, register_recipe

__all__ = [
    "Accuracy",
    "Entry",
    "Origin",
    "Recipe",
    "entries",
    "entry",
    "find",
    "get",
    "locate",
    "names",
    "quantized",
    "register_entry",
    "register_origin",
    "register_recipe",
    "remove",
    "source",
]
