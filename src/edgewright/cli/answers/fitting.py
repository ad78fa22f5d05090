"""`edgewright run --fit-threshold`: the inputs are normal data, and a file with the threshold is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from edgewright.cli.verb import print_json
from edgewright.model import ModelFile
from edgewright.report import printable
from edgewright.task import QUANTILE, fit_threshold


def write_fitted(
    model: ModelFile,
    normal: Iterable[Any],
    out: Path,
    quantile: float | None,
    options: Mapping[str, Any],
    *,
    force: bool,
    as_json: bool,
) -> None:
    """Fit the threshold on series in which all is normal, write the file, and say what came out."""
    from edgewright.files import check_free

    check_free(out, overwrite=force)
    fitted = fit_threshold(model, list(normal), quantile=QUANTILE if quantile is None else quantile, **options)
    fitted.model.save(out, overwrite=force)
    if as_json:
        figures = {name: value for name, value in vars(fitted).items() if name != "model"}
        print_json({"file": str(out), **figures})
        return
    click.echo(printable(f"{out}: {fitted}"))
