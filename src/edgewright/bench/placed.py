"""`bench` where it was asked for from elsewhere: plain values and files in, plain values out."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgewright.bench.asking import picture_files
from edgewright.bench.benchmark import bench
from edgewright.machine import Progress
from edgewright.model import ModelFile


def measure(arguments: Mapping[str, Any], files: Mapping[str, Path], progress: Progress) -> dict[str, Any]:
    """What `bench` measures here of the models among `files`; `arguments` as `bench_there` gives them."""
    options = dict(arguments)
    names: Mapping[str, str] = options.pop("names")
    models = {role: ModelFile(files[role].read_bytes(), name) for role, name in names.items()}
    with _folder(picture_files(files)) as folder:
        options["images"] = folder if options["images"] else None
        return bench(models["model"], baseline=models.get("baseline"), progress=progress, **options).to_dict()


@contextmanager
def _folder(pictures: Mapping[str, Path]) -> Iterator[str]:
    """A folder with files under these names."""
    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        for name, path in pictures.items():
            Path(folder, name).symlink_to(path.absolute())
        yield folder
