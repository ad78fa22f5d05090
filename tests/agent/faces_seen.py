"""What can be seen in bytes that left a process: pictures in any wrapping, faces in those, and pixels themselves."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

import edgewright as ew

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{400,}={0,2}")
_JPEG = b"\xff\xd8\xff"
# Those that the face has in the pictures of the test.
_SCALES = (0.5, 0.7, 1.0)


def pictures_in(data: bytes) -> Iterator[Image.Image]:
    """Every JPEG that lies in the bytes as it is, or in base64."""
    texts = [text for found in _BASE64.findall(data) if (text := _decoded(found))]
    for content in (data, *texts):
        start = content.find(_JPEG)
        while start >= 0:
            try:
                with Image.open(io.BytesIO(content[start:])) as image:
                    yield image.convert("RGB")
            except (OSError, SyntaxError):
                pass
            start = content.find(_JPEG, start + 1)


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except binascii.Error:
        return b""


def rows_in(data: bytes, rows: np.ndarray) -> bool:
    """Whether some of a picture's rows, (n, width, 3) uint8, lie in the bytes: as they are, in base64, as numbers."""
    for row in rows:
        plain = row.tobytes()[:96]
        shifted = (base64.b64encode(plain[shift : shift + 60])[:-4] for shift in range(3))
        numbers = ", ".join(map(str, row.reshape(-1)[:24].tolist())).encode()
        if (
            plain in data
            or numbers in data
            or numbers.replace(b" ", b"") in data
            or any(one in data for one in shifted)
        ):
            return True
    return False


class Detectors:
    """Two ways to find a face: BlazeFace, also mirrored and closer; and one known face by what it looks like."""

    def __init__(self, model: Path, face: Image.Image) -> None:
        self._task = ew.load(model)
        self._face = np.asarray(face.convert("L"), np.float64)

    def close(self) -> None:
        self._task.close()

    def finds(self, picture: Image.Image) -> bool:
        """Whether BlazeFace is sure that there is one, in the picture as it is, mirrored, or in one of its quarters."""
        width, height = picture.size
        closer = [
            picture.crop((x, y, x + width * 2 // 3, y + height * 2 // 3))
            for x in (0, width // 3)
            for y in (0, height // 3)
        ]
        views = [picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), *closer]
        return any(len(self._task(np.asarray(view))) for view in views)

    def likeness(self, picture: Image.Image) -> float:
        """The best correlation of the known face with any place of the picture, in its sizes; 1 is the same."""
        gray = np.asarray(picture.convert("L"), np.float64)
        faces = (self._smaller(scale) for scale in _SCALES)
        return max((_correlation(gray, face) for face in faces if all(np.less(face.shape, gray.shape))), default=0.0)

    def _smaller(self, scale: float) -> np.ndarray:
        height, width = (round(side * scale) for side in self._face.shape)
        return np.asarray(Image.fromarray(self._face).resize((width, height), Image.Resampling.BOX))


def _correlation(gray: np.ndarray, face: np.ndarray) -> float:
    """The best normalized cross-correlation, by Fourier transforms; places without any pattern are left out."""
    shape = [gray.shape[axis] + face.shape[axis] - 1 for axis in (0, 1)]
    centered = face - face.mean()

    def at_all_places(kernel: np.ndarray, of: np.ndarray) -> np.ndarray:
        found = np.fft.irfft2(np.fft.rfft2(of, shape) * np.fft.rfft2(kernel[::-1, ::-1], shape), shape)
        return found[face.shape[0] - 1 : gray.shape[0], face.shape[1] - 1 : gray.shape[1]]

    ones = np.ones_like(face)
    sums, squares = at_all_places(ones, gray), at_all_places(ones, gray**2)
    deviation = np.sqrt(np.maximum(squares - sums**2 / face.size, 0.0))
    is_plain = deviation < 2.0 * np.sqrt(face.size)
    likeness = at_all_places(centered, gray) / np.where(is_plain, np.inf, deviation * np.linalg.norm(centered))
    return float(likeness.max())
