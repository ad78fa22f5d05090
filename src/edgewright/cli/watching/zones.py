"""`watch --draw-zones`: the zones and lines of a described agent on a picture."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgewright.cli.verb import Renamed, print_json
from edgewright.cli.words.completion import files

if TYPE_CHECKING:
    from edgewright.agent import Settings

_OPTIONS = (
    click.option("--draw-zones", "picture", metavar="PICTURE", type=click.Path(path_type=Path), shell_complete=files,
                 help="Draw the zones and lines of the .toml file on a picture, and end."),
    click.option("-o", "--out", cls=Renamed, before=("--output",), metavar="FILE",
                 type=click.Path(path_type=Path), shell_complete=files,
                 help="With --draw-zones: where to. [default: beside the picture, NAME-zones.png]"),
    click.option("--force", is_flag=True, help="With --draw-zones: replace that file."),
)  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """What to draw on, None for nothing; where to, and whether that may be replaced."""

    picture: Path | None
    out: Path | None
    force: bool

    @property
    def target(self) -> Path:
        """Where to, if that is not said: beside the picture."""
        picture = self.picture or Path()
        return self.out or picture.with_name(f"{picture.stem}-zones.png")


def drawing_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add them, in this order; the command gets them as one, `drawing`."""

    @functools.wraps(function)
    def wrapped(*args: Any, picture: Path | None, out: Path | None, force: bool, **others: Any) -> None:
        if picture is None and (out is not None or force):
            raise click.UsageError(f"{'--force' if out is None else '--out'} goes with --draw-zones")
        function(*args, drawing=Drawing(picture, out, force), **others)

    command: Callable[..., None] = wrapped
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def draw_zones(settings: Settings, drawing: Drawing, *, as_json: bool) -> None:
    """Write a picture with all of them, and say where it is. Raises `UsageError`, `DataError` and `OutputError`."""
    from edgewright.agent import draw_places
    from edgewright.files import check_free, write_atomic
    from edgewright.task import encoded

    if not settings.places:
        raise click.UsageError("--draw-zones: the file has no [[zones]] and no [[lines]]")
    target, form = drawing.target, _form(drawing.target)
    check_free(target, overwrite=drawing.force)
    drawn = draw_places(drawing.picture or "", settings.places, with_sources=len(settings.sources) > 1)
    write_atomic(target, encoded(drawn, form), overwrite=drawing.force)
    if as_json:
        print_json({"output": str(target), "zones": len(settings.zones), "lines": len(settings.lines)})
    else:
        click.echo(str(target))


def _form(target: Path) -> str:
    forms = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
    if target.suffix.lower() not in forms:
        raise click.UsageError(f"--out {target}: the name of a picture ends in .png or .jpg")
    return forms[target.suffix.lower()]
