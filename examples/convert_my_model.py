"""A Keras model becomes two files: one that computes the same, and one in 8 bits of a quarter of the size.

    python convert_my_model.py model.keras labels.txt photos/

`photos/` has a folder for each class; it is what the 8-bit version is calibrated on, and compared on with the other.
The model takes pixels from 0 to 1; for other ranges change NORMALIZATION.
"""

from __future__ import annotations

import sys
from pathlib import Path

import edgewright as ew
from edgewright.data import load

NORMALIZATION = "zero_to_one"


def main(source: Path, labels: Path, photos: Path) -> None:
    model = ew.convert(source, labels=labels, normalization=NORMALIZATION)
    height, width = model.inputs[0].shape[1:3]
    samples = load(photos, size=(height, width), color_space="RGB").x
    small = ew.convert(source, labels=labels, normalization=NORMALIZATION, quantize="int8", representative_data=samples)
    for file, suffix in ((model, ".tflite"), (small, ".int8.tflite")):
        print(f"{file.save(source.with_suffix(suffix))}: {file.size:,} bytes")
    inputs = [sample[None].astype("float32") / 255 for sample in samples]
    agreement = ew.agreement(model, small, inputs).outputs[0]
    print(f"same best label for {agreement.top1:.0%} of {len(samples)} photographs, {agreement.snr_db:.0f} dB")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
