"""Do two classifiers say the same of your photographs? Say, a float model and its smaller version.

python compare_two_models.py large.tflite small.tflite photos/
"""

from __future__ import annotations

import sys

import edgewright as ew
from edgewright.media import find_pictures


def main(first: str, second: str, folder: str) -> None:
    photos = list(find_pictures([folder]))
    same = 0
    with ew.load(first) as one, ew.load(second) as other:
        for photo in photos:
            a, b = one(photo)[0], other(photo)[0]
            same += a.label == b.label
            if a.label != b.label:
                print(f"{photo.name}: {a.label} {a.score:.2f} or {b.label} {b.score:.2f}")
        sizes = [task.model.size for task in (one, other)]
    print(f"the same best label for {same} of {len(photos)} photographs")
    print(f"{sizes[0]:,} and {sizes[1]:,} bytes ({sizes[1] / sizes[0]:.0%})")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (ew.EdgewrightError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
