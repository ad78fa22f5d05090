"""A photograph and its ten best labels: the classic script, on Edgewright's interpreter.

    python tutorial_mobilenet.py mobilenet_v1_0.75_192_quant.tflite photo.jpg

For quantized models, whose inputs are pixels as they are. `edgewright run` does the same for every model.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageOps

import edgewright as ew


def main(model_path: str, photo_path: str) -> None:
    interpreter = ew.Interpreter(model_path=model_path)
    interpreter.allocate_tensors()
    (input_details,), (output_details,) = interpreter.get_input_details(), interpreter.get_output_details()
    if input_details["dtype"] != np.uint8:
        sys.exit(f"{model_path} takes {input_details['dtype'].__name__}, so its pixels have to be normalized first")

    _, height, width, _ = input_details["shape"]
    photo = Image.open(photo_path)
    photo.draft("RGB", (2 * width, 2 * height))  # decodes a large JPEG at a smaller size
    photo = ImageOps.exif_transpose(photo).convert("RGB").resize((width, height), Image.Resampling.BILINEAR)

    interpreter.set_tensor(input_details["index"], np.expand_dims(photo, 0))
    interpreter.invoke()
    stored = interpreter.get_tensor(output_details["index"])[0]

    scale, zero_point = output_details["quantization"]
    scores = scale * (stored.astype(np.float32) - zero_point)
    labels = ew.ModelFile.read(model_path).metadata.outputs[0].labels
    for index in np.argsort(-scores)[:10]:
        print(f"{scores[index]:.3f}  {labels[index]}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (ew.EdgewrightError, OSError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
