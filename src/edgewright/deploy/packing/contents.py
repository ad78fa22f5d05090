"""What goes into a bundle beside wheels: models under names that every system has, and what else there is of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from edgewright.model import ModelFile

_STRANGE = re.compile(r"[^A-Za-z0-9._+-]+")
_SUFFIX = ".tflite"


def plain_name(text: str, otherwise: str) -> str:
    """A name with nothing in it but letters, digits, dots and dashes, as bundles and devices have."""
    return _STRANGE.sub("-", text).strip("-._+")[:80] or otherwise


def model_paths(models: Iterable[ModelFile]) -> dict[str, str]:
    """Where each model lies in a bundle, by its SHA-256: `model/` and its own name; the same model lies there once."""
    paths: dict[str, str] = {}
    for model in models:
        if model.sha256 not in paths:
            name = plain_name(model.name.replace("\\", "/").rpartition("/")[2].removesuffix(_SUFFIX), "model")
            taken = {path.lower() for path in paths.values()}
            numbered = (f"model/{name}{number}{_SUFFIX}" for number in ("", *(f"-{n}" for n in range(2, 100))))
            paths[model.sha256] = next(path for path in numbered if path.lower() not in taken)
    return paths
