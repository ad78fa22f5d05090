"""Gives every hostile Keras source to Edgewright, or to a bare Keras for comparison; prints what came of it as JSON."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path

from edgewright.convert import ConversionOptions
from edgewright.convert.sources.registry import find_source

from ..bait import Bait
from .configurations import configurations
from .containers import ambiguous, elsewhere
from .corpus import Hostile
from .operators import operators


def sources() -> list[Hostile]:
    """The whole corpus; the kinds are unique."""
    return [*configurations(), *operators(), *elsewhere(), *ambiguous()]


def guarded(path: Path) -> None:
    """What `convert` does in its child: look, refuse, load."""
    find_source(path).open(path, ConversionOptions())


def bare(package: str) -> Callable[[Path], None]:
    """What a user's own program would do, with the guards of the package switched off where it has some."""
    keras = importlib.import_module(package)

    def load(path: Path) -> None:
        keras.models.load_model(str(path), compile=False, safe_mode=False)

    return load


def attempt(folder: Path, how: str) -> dict[str, tuple[bool, str]]:
    """By kind: whether the bait was taken, and the name of the error."""
    load = guarded if how == "guarded" else bare(how)
    outcomes: dict[str, tuple[bool, str]] = {}
    for number, hostile in enumerate(sources()):
        place = folder / str(number)
        place.mkdir()
        bait = Bait(place / "bait", place / "modules")
        path = hostile.write(place, bait)
        sys.path.insert(0, str(bait.modules))
        bait.taken()
        outcomes[hostile.kind] = (False, "")
        try:
            load(path)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a library may raise anything: it is the bait that counts
            outcomes[hostile.kind] = (False, type(error).__name__)
        outcomes[hostile.kind] = (bait.taken(), outcomes[hostile.kind][1])
        sys.path.remove(str(bait.modules))
        sys.modules.pop("edgewright_bait", None)
        bait.close()
    return outcomes


def main() -> None:
    """Arguments: a folder to work in, and "guarded", "keras" or "tf_keras"."""
    outcomes = attempt(Path(sys.argv[1]), sys.argv[2])
    version = getattr(sys.modules.get("keras"), "__version__", "")
    Path(sys.argv[1], "outcomes.json").write_text(json.dumps({"keras": version, "outcomes": outcomes}))


if __name__ == "__main__":
    main()
