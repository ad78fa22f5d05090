"""How a published file becomes a model: one file for each way, which implements `Recipe` and registers itself."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol

from edgewright.errors import HubError, UsageError
from edgewright.hub.model_entry import Entry
from edgewright.machine import Progress
from edgewright.model import ModelFile


class Recipe(Protocol):
    """One way from the published bytes to a model file."""

    @property
    def name(self) -> str:
        """What entries call it."""

    def require(self, entry: Entry) -> None:
        """Raise MissingExtraError where a part is missing that is installed separately; nothing is fetched yet."""

    def make(self, published: bytes, entry: Entry, folder: Path, progress: Progress) -> ModelFile:
        """Make the model; its source, if it has one, goes to `folder` as `NAME.keras`.

        The hub writes into the model what the entry says of it. Raises HubError where the bytes are not what the recipe
        is for.
        """


_recipes: dict[str, Recipe] = {}


def register_recipe(recipe: Recipe) -> None:
    """Make a recipe known; raises UsageError if its name is taken."""
    if recipe.name in _recipes:
        raise UsageError(f"a recipe named {recipe.name!r} is registered already")
    _recipes[recipe.name] = recipe


def find_recipe(entry: Entry) -> Recipe:
    """The recipe of an entry; raises HubError where there is none of that name."""
    _load_all()
    if entry.recipe not in _recipes:
        raise HubError(f"{entry.name}: the recipe {entry.recipe!r} is unknown. Known are: {', '.join(_recipes)}")
    return _recipes[entry.recipe]


@cache
def _load_all() -> None:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if not path.name.startswith("_"):
            import_module(f"{__name__}.{path.stem}")
