"""A benchmark on another machine: models and pictures go there, all is measured there, and figures come back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgewright.bench.results import Benchmark
from edgewright.machine import Place, Progress
from edgewright.model import ModelFile, ModelLike, read_model

_THERE = "edgewright.bench.placed:measure"
_PICTURE = "picture"


def bench_there(
    place: Place,
    model: ModelLike,
    baseline: ModelLike | None,
    images: str | os.PathLike[str] | None,
    options: Mapping[str, Any],
    progress: Progress,
) -> Benchmark:
    """Measure at a place; `options` are all others of `bench`, as plain values."""
    models = {
        name: read_model(given) for name, given in (("model", model), ("baseline", baseline)) if given is not None
    }
    pictures = _pictures(images)
    told = {**options, "names": {name: _name(file) for name, file in models.items()}, "images": images is not None}
    files = {**{name: file.data for name, file in models.items()}, **pictures}
    return Benchmark.of(place.call(_THERE, told, files, progress))


def picture_files(files: Mapping[str, Path]) -> dict[str, Path]:
    """Those of the files that are pictures, by names that keep their order and their suffix."""
    return {name.partition("/")[2]: path for name, path in files.items() if name.startswith(f"{_PICTURE}/")}


def _pictures(images: str | os.PathLike[str] | None) -> dict[str, Path | bytes]:
    if images is None:
        return {}
    from edgewright.bench.pictures import pictures_in

    found = pictures_in(os.fspath(images))
    return {f"{_PICTURE}/{number:04d}{path.suffix.lower()}": path for number, path in enumerate(found)}


def _name(file: ModelFile) -> str:
    """What its file is called; folders of the desk say nothing there."""
    return Path(file.name).name
