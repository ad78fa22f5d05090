"""A photograph and its ten best labels: the classic script, on Edgewright's interpreter.

    python tutorial_mobilenet.py mobilenet_v1_0.75_192_quant.tflite photo.jpg

For quantized models, whose inputs are pixels as they are. `edgewright run` does the same for every model.
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageOps

from edgewright import Interpreter, ModelFile

if len(sys.argv) != 3:
    sys.exit(__doc__)
model_path, photo_path = sys.argv[1:]

interpreter = Interpreter(model_path=model_path)
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
labels = ModelFile.read(model_path).metadata.outputs[0].labels
for index in np.argsort(-scores)[:10]:
    print(f"{scores[index]:.3f}  {labels[index]}")
