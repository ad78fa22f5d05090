"""`watch --draw-zones`: the zones and lines of a described agent on a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgewright.cli.verb import print_json

if TYPE_CHECKING:
    from edgewright.agent import Settings


def draw_zones(settings: Settings, picture: Path, out: Path | None, *, force: bool, as_json: bool) -> None:
    """Write a picture with all of them, and say where it is. Raises `UsageError`, `DataError` and `OutputError`."""
    from edgewright.agent import draw_places
    from edgewright.files import check_free, write_atomic
    from edgewright.task import encoded

    if not settings.places:
        raise click.UsageError("--draw-zones: the file has no [[zones]] and no [[lines]]")
    target = out or picture.with_name(f"{picture.stem}-zones.png")
    form = _form(target)
    check_free(target, overwrite=force)
    drawn = draw_places(picture, settings.places, with_sources=len(settings.sources) > 1)
    write_atomic(target, encoded(drawn, form), overwrite=force)
    if as_json:
        print_json({"output": str(target), "zones": len(settings.zones), "lines": len(settings.lines)})
    else:
        click.echo(str(target))


def _form(target: Path) -> str:
    forms = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
    if target.suffix.lower() not in forms:
        raise click.UsageError(f"--output {target}: the name of a picture ends in .png or .jpg")
    return forms[target.suffix.lower()]
