"""A grid of pictures with what was predicted for them and whether it was right."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from edgewright.errors import UsageError
from edgewright.report.figure import figure
from edgewright.report.markup import Html, element

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_COARSE = 96  # pixels: a PNG smaller than this is shown enlarged, pixel by pixel
_MARKS = {"right": "M1.5 6.5 4.5 9.5 10.5 2.5", "wrong": "M2 2 10 10M10 2 2 10"}
Verdict = Literal["right", "wrong"]


class Pixels(Protocol):
    """An array of pixels, as NumPy has them."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and, where there is more than one, channels."""

    @property
    def dtype(self) -> Any:
        """Type of the elements."""

    def tobytes(self) -> bytes:
        """Elements in C order."""


@dataclass(frozen=True)
class Picture:
    """A PNG or JPEG file, what it was taken for, a detail below ("true 4, score 0.61"), and the verdict, if any.

    `description` is for those who do not see the picture; without it the label and the detail are read out.
    """

    image: bytes = field(repr=False)
    label: str
    detail: str = ""
    verdict: Verdict | None = None
    description: str = ""

    def __post_init__(self) -> None:
        """Refuse bytes that a browser would not show, and verdicts that do not exist."""
        if not self.image.startswith((_PNG, _JPEG)):
            raise UsageError(
                f"picture {self.label!r}: expected the bytes of a PNG or JPEG file. Use encode_png(pixels)"
            )
        if self.verdict not in (None, "right", "wrong"):
            raise UsageError(f"picture {self.label!r}: unknown verdict {self.verdict!r}. Choose one of: right, wrong")


@dataclass(frozen=True)
class Pictures:
    """A grid of pictures; `large` for photographs, else small tiles.

    The page holds each picture as it is given: make photographs small first, 600 pixels are enough.
    """

    title: str
    pictures: Sequence[Picture]
    lead: str = ""
    note: str = ""
    large: bool = False

    def __post_init__(self) -> None:
        """Freeze the pictures."""
        object.__setattr__(self, "pictures", tuple(self.pictures))

    def to_html(self) -> Html:
        """Build the grid; pictures are part of the page as data URIs."""
        tiles = element("ul", *map(_tile, self.pictures), class_="pictures large" if self.large else "pictures")
        return figure(self.title, tiles, lead=self.lead, note=self.note)


def encode_png(pixels: Pixels) -> bytes:
    """Encode an array as PNG without loss.

    pixels: (height, width) gray, or (height, width, 1 | 3 | 4) gray, RGB or RGBA; uint8. Raises UsageError otherwise.
    """
    from PIL import Image

    shape = tuple(pixels.shape)
    channels = 1 if len(shape) == 2 else shape[2] if len(shape) == 3 else 0
    if channels not in _MODES or 0 in shape or str(pixels.dtype) != "uint8":
        raise UsageError(
            f"cannot make a picture of an array of shape {shape} and type {pixels.dtype}: "
            "expected uint8, (height, width) or (height, width, 1, 3 or 4)"
        )
    file = io.BytesIO()
    Image.frombytes(_MODES[channels], (shape[1], shape[0]), pixels.tobytes()).save(file, "PNG", optimize=True)
    return file.getvalue()


def _tile(picture: Picture) -> Html:
    kind = "png" if picture.image.startswith(_PNG) else "jpeg"
    # Html: a picture is longer than any text of a page may be, and base64 has nothing to escape.
    source = Html(f"data:image/{kind};base64,{base64.b64encode(picture.image).decode('ascii')}")
    shown = picture.description or ", ".join(filter(None, ("Picture", picture.label, picture.detail)))
    image = element("img", src=source, alt=shown, class_="pixels" if _is_coarse(picture.image) else None)
    return element(
        "li",
        element("span", image, class_="frame"),
        element("span", _mark(picture.verdict), picture.label, class_="label"),
        element("span", picture.detail, class_="detail") if picture.detail else Html(""),
        class_=f"is-{picture.verdict}" if picture.verdict else None,
    )


def _mark(verdict: Verdict | None) -> Html:
    """Draw a tick or a cross; the word is there for screen readers."""
    if verdict is None:
        return Html("")
    sign = element("svg", element("path", d=_MARKS[verdict]), class_="verdict", viewBox="0 0 12 12", aria_hidden="true")
    return Html(sign + element("span", f"{verdict}:", Html(" "), class_="hidden"))


def _is_coarse(image: bytes) -> bool:
    """Tell whether this is a PNG of a few pixels; width and height are in its first chunk (PNG 1.2, section 4.1.1)."""
    return image.startswith(_PNG) and max(image[16:20], image[20:24]) < _COARSE.to_bytes(4, "big")
