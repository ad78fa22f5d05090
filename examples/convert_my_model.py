"""A Keras model becomes two files: one that computes the same, and one in 8 bits of a quarter of the size.

    python convert_my_model.py model.keras labels.txt photos/

The 8-bit version is calibrated on the photographs, and compared with the other on them.
The model takes pixels from 0 to 1; for other ranges change NORMALIZATION.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import edgewright as ew
from edgewright.media import find_pictures

NORMALIZATION = "zero_to_one"


def made(source: Path, suffix: str, labels: Path, **options: Any) -> ew.ModelFile:
    target = source.with_suffix(suffix)
    if target.exists():
        print(f"{target} is there already, and is kept")
        return ew.ModelFile.read(target)
    model = ew.convert(source, labels=labels, normalization=NORMALIZATION, **options)
    print(f"{model.save(target)}: {model.size:,} bytes")
    return model


def main(source: Path, labels: Path, photos: Path) -> None:
    model = made(source, ".tflite", labels)
    small = made(source, ".int8.tflite", labels, quantize="int8", representative_data=photos)
    pictures = list(find_pictures([str(photos)]))
    with ew.load(model) as large_one, ew.load(small) as small_one:
        same = sum(large_one(picture)[0].label == small_one(picture)[0].label for picture in pictures)
    print(f"the same best label for {same} of {len(pictures)} photographs")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        main(*map(Path, sys.argv[1:]))
    except (ew.EdgewrightError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
