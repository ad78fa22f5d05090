"""What a training gave, and keeping it: with that on the disk, features and epochs are needed no more."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.files import write_atomic
from edgewright.model import InputMetadata
from edgewright.train.epochs import Epoch
from edgewright.train.pictures.choosing import Mirroring, Tried
from edgewright.train.pictures.deeper import Deeper
from edgewright.train.trainer import CurvePoint

_FILE = "outcome.json"

# Of a preparation, what is chosen or known here; the rest says the file.
_PREPARATION = ("mean", "std", "resize", "crop_fraction", "interpolation", "color_space")


@dataclass(frozen=True)
class Outcome:
    """What came of a training on pictures.

    `described`: how pictures are prepared; `tried`: what that was chosen from. `accuracy`: the share of pictures of
    other folds that a head on frozen features told right, None where there are too few for folds; `regularization` is
    the head's. `cut`: the layer behind which was trained, "" for all layers. `mirroring` and `deeper` are None where
    the head alone was fitted. `views`: of each picture. `curve`: what more of them would bring.
    """

    described: InputMetadata
    tried: tuple[Tried, ...]
    regularization: float
    accuracy: float | None
    cut: str
    mirroring: Mirroring | None
    deeper: Deeper | None
    views: int
    curve: tuple[CurvePoint, ...]


def network_path(folder: Path) -> Path:
    """Where the trained network lies."""
    return folder / "network.keras"


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Keep it. Raises `OutputError` where that is impossible."""
    write_atomic(folder / _FILE, json.dumps(_plain(outcome)).encode(), overwrite=True)


def read_outcome(folder: Path) -> Outcome | None:
    """What is kept; None where there is nothing, or no network beside it."""
    try:
        outcome = _outcome(json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return outcome if network_path(folder).is_file() else None


def _plain(value: Any) -> Any:
    if isinstance(value, InputMetadata):
        return {name: getattr(value, name) for name in _PREPARATION}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def _outcome(plain: Mapping[str, Any]) -> Outcome:
    mirroring, deeper = plain["mirroring"], plain["deeper"]
    made = {
        "described": _described(plain["described"]),
        "tried": tuple(Tried(**{**one, "described": _described(one["described"])}) for one in plain["tried"]),
        "mirroring": mirroring and Mirroring(**mirroring),
        "deeper": deeper and _deeper(deeper),
        "curve": tuple(CurvePoint(**point) for point in plain["curve"]),
    }
    return Outcome(**{**plain, **made})


def _deeper(plain: Mapping[str, Any]) -> Deeper:
    return Deeper(**{**plain, "epochs": tuple(Epoch(**epoch) for epoch in plain["epochs"])})


def _described(plain: Mapping[str, Any]) -> InputMetadata:
    return InputMetadata(**{**plain, "mean": tuple(plain["mean"]), "std": tuple(plain["std"])})
