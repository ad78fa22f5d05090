"""What a .tflite file says of itself, and its labels as a text file for programs that want one.

python read_metadata.py model.tflite [labels.txt]
"""

from __future__ import annotations

import sys
from pathlib import Path

import edgewright as ew


def main(model_path: str, labels_path: str | None = None) -> None:
    model = ew.ModelFile.read(model_path)
    said = model.metadata
    print(f"{said.name or 'no name'}: {said.description or 'no description'}")
    for tensor, about in zip(model.inputs, said.inputs, strict=False):
        print(f"takes {about.color_space or about.kind or 'numbers'}, {tensor.dtype} {tensor.shape}")
        print(f"  (value - {about.mean}) / {about.std}" if about.mean else "  nothing is said of normalization")
    for tensor, about in zip(model.outputs, said.outputs, strict=False):
        print(f"gives {about.meaning or about.name or 'numbers'}, {tensor.dtype} {tensor.shape}")
        print(f"  {len(about.labels):,} labels, {about.labels[0]!r} to {about.labels[-1]!r}" if about.labels else "")
    labels = next((about.labels for about in said.outputs if about.labels), ())
    if labels_path is not None and Path(labels_path).exists():
        print(f"{labels_path} is there already, and is kept")
    elif labels_path is not None and labels:
        Path(labels_path).write_text("\n".join(labels) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (ew.EdgewrightError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
