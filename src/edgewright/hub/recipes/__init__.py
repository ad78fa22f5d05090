"""How a published file becomes a model: one file for each way, which implements `Recipe`.

A package outside adds one by an entry point in the group `edgewright.recipes`: its name, and an object like `Recipe`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from edgewright.hub.model_entry import Entry
from edgewright.machine import Progress
from edgewright.model import ModelFile
from edgewright.registry import Registry

ENTRY_POINTS = "edgewright.recipes"


class Recipe(Protocol):
    """One way from the published bytes to a model file."""

    def require(self, entry: Entry) -> None:
        """Raise MissingExtraError where a part is missing that is installed separately; nothing is fetched yet."""

    def make(self, published: bytes, entry: Entry, folder: Path, progress: Progress) -> ModelFile:
        """Make the model; its source, if it has one, goes to `folder` as `NAME.keras` (see `MakesSource`).

        The hub writes into the model what the entry says of it. Raises HubError where the bytes are not what the recipe
        is for.
        """


@runtime_checkable
class MakesSource(Protocol):
    """A recipe that leaves a Keras source beside each model: it can be converted otherwise, and trained further."""

    makes_source: Literal[True]


_recipes: Registry[Recipe] = Registry(
    "recipe",
    ENTRY_POINTS,
    {
        "as_published": "edgewright.hub.recipes.as_published:RECIPE",
        "efficientnet_lite0": "edgewright.hub.recipes.efficientnet_lite0:RECIPE",
        "minilm_l6_v2": "edgewright.hub.recipes.minilm_l6_v2:RECIPE",
    },
    made=True,
    protocol="edgewright.hub.recipes:Recipe",
)

register_recipe = _recipes.register
find_recipe = _recipes.get
