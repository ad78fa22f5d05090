"""Write into a .tflite file from elsewhere what it does not say of itself, so that it runs without being told.

    python describe_a_model.py model.tflite labels.txt described.tflite

The model takes pixels from -1 to 1; for other ranges change MEAN and STD.
"""

from __future__ import annotations

import sys
from pathlib import Path

import edgewright as ew

MEAN, STD = (127.5,), (127.5,)


def main(source: str, labels: str, target: str) -> None:
    if Path(target).exists():
        print(f"{target} is there already, and is kept")
        return
    model = ew.ModelFile.read(source)
    metadata = ew.Metadata(
        name=Path(source).stem,
        task="classification",
        inputs=(ew.InputMetadata(kind="image", color_space="RGB", mean=MEAN, std=STD, resize="stretch"),),
        outputs=(ew.OutputMetadata(meaning="probabilities", labels=tuple(Path(labels).read_text().splitlines())),),
    )
    print(model.with_metadata(metadata).save(target))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (ew.EdgewrightError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
