"""A video of a camera that pans over a photograph: what stands still in it moves through the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def pan(photograph: Path, video: Path, *, frames: int = 40, rate: int = 5) -> None:
    """Write a video of the photograph, 640 x 480, from its left side to its right; what is in it goes left."""
    import av

    image = Image.open(photograph).convert("RGB")
    image = image.resize((round(image.width * 480 / image.height), 480))
    with av.open(str(video), "w") as file:
        stream = file.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.bit_rate = 640, 480, 8_000_000
        for number in range(frames):
            left = round((image.width - 640) * number / (frames - 1))
            picture = np.asarray(image.crop((left, 0, left + 640, 480)))
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
