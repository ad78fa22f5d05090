"""The photographs of the second act, for the report and for the terminal."""

from __future__ import annotations

import io

from edgewright.media import load_image
from edgewright.quickstart.artefacts import Quickstart
from edgewright.quickstart.photos import Photo, Photos, ranking
from edgewright.report import Column, Paragraph, Picture, Pictures, Section, SideBySide, Table, numbers

# Pixels of the longer side of a photograph on the page.
_LARGEST = 600


def labels_table(photo: Photo) -> Table:
    """The ten best labels of a photograph with the scores of both versions."""
    columns = (Column("label"), Column("float", "right"), Column("full integer", "right"))
    rows = [(label, f"{real:.3f}", f"{integer:.3f}") for label, real, integer in ranking(photo)]
    return Table(photo.path.name, columns, rows)


def photo_sections(result: Quickstart) -> tuple[Section, ...]:
    """The section with the photographs; none where the second act was left out, its reason where it failed."""
    if result.photos is None:
        said = result.no_photos
        return (Section("Photographs", (Paragraph(said, "warning"),)),) if said else ()
    photos = result.photos
    blocks = [SideBySide((_picture(photo), labels_table(photo))) for photo in photos.photos]
    return (Section("A photograph and its ten labels", (_introduction(photos), *blocks)),)


def _introduction(photos: Photos) -> Paragraph:
    real, integer = photos.timings["float"], photos.timings["int8"]
    faster = numbers.change(real.median_s, integer.median_s, "time")
    difference = f"it is {faster}" if real.differs_from(integer) else "no difference in speed is certain"
    return Paragraph(
        f"{photos.title}, fetched by name. In float it has {numbers.size(photos.real.size)} and takes "
        f"{numbers.duration(real.median_s)} for a photograph in memory; its full-integer version, measured on crops of "
        f"these photographs, has {numbers.size(photos.integer.size)} and takes {numbers.duration(integer.median_s)}: "
        f"{difference}."
    )


def _picture(photo: Photo) -> Pictures:
    image = load_image(photo.path)
    image.thumbnail((_LARGEST, _LARGEST))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    best = photo.real[0]
    tile = Picture(stream.getvalue(), best.label, f"score {numbers.score(best.score)}", description=photo.path.name)
    return Pictures(photo.path.name, (tile,), large=True)
