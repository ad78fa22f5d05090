"""A video in which a detector finds things that move: a published photograph that is pushed along."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

RATE, FRAMES, WIDTH, HEIGHT = 10, 20, 800, 480


def make_video(photo: Path, path: Path, frames: int = FRAMES) -> None:
    """Two seconds, ten frames each; the animals move to the right by 80 pixels a second."""
    import av

    with Image.open(photo) as opened:
        animals = opened.convert("RGB").resize((1000, 500))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = 8_000_000
        for number in range(frames):
            ground = Image.new("RGB", (WIDTH, HEIGHT), (120, 130, 120))
            ground.paste(animals, (-300 + 8 * number, -10))
            container.mux(stream.encode(av.VideoFrame.from_image(ground)))
        container.mux(stream.encode())


def frames_of(path: Path) -> list[tuple[float, npt.NDArray[np.uint8]]]:
    """The seconds and pixels of each frame of a video."""
    import av

    with av.open(str(path)) as container:
        return [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
