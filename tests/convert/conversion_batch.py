"""Runs many conversions in one child process, so that TensorFlow starts once for all of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from edgewright.convert import ModelSource
from edgewright.convert.options import ConversionOptions
from edgewright.convert.proof.children import convert_path
from edgewright.errors import EdgewrightError

Job = tuple[ModelSource, Path, ConversionOptions]


def convert_all(jobs: dict[str, Job]) -> dict[str, Any]:
    """The product or the error of each job."""
    return {name: _outcome(job) for name, job in jobs.items()}


def _outcome(job: Job) -> Any:
    source, path, options = job
    with tempfile.TemporaryDirectory() as workshop:
        try:
            return convert_path(source, path, options, Path(workshop))
        except EdgewrightError as error:
            return error
        except Exception as error:  # noqa: BLE001 - the test shows what it was
            return repr(error)
