"""The front end alone as a file; made in a process of its own, for TensorFlow prints and stays."""

from __future__ import annotations

import sys
from pathlib import Path


def main(folder: Path) -> None:
    import keras

    from edgewright.convert import convert
    from edgewright.train.sounds.front_end import front_end

    samples = keras.Input((8_000,), name="samples")
    model = keras.Model(samples, front_end(samples))
    convert(model).save(folder / "front_end.tflite")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
