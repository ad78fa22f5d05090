"""Runs a model once with the classic interpreter calls: probe.py KERNELS MODEL INPUT.npy OUTPUTS.npz"""

from __future__ import annotations

import sys

import numpy as np

import edgewright as tflite


def main() -> None:
    """Write the outputs in the file's order. KERNELS is a name of OpResolverType."""
    kernels, model, given, outputs = sys.argv[1:]
    interpreter = tflite.Interpreter(
        model_path=model, experimental_op_resolver_type=tflite.OpResolverType[kernels], num_threads=1
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.load(given))
    interpreter.invoke()
    np.savez(outputs, *(interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()))


if __name__ == "__main__":
    main()
