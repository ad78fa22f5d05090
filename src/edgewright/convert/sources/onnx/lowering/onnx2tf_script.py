"""Runs onnx2tf in the environment that has it: python onnx2tf_script.py MODEL FOLDER. Imports nothing of ours.

Writes FOLDER/model_float32.tflite, or the reason why not into FOLDER/reason.
"""

import sys
from pathlib import Path


def main(path: str, folder: str) -> None:
    """Convert `path`, which is a copy: onnx2tf writes to what it is given."""
    import onnx
    import onnx2tf

    names = [value.name for value in onnx.load(path).graph.input]
    try:
        onnx2tf.convert(
            input_onnx_file_path=path,
            output_folder_path=folder,
            copy_onnx_input_output_names_to_tflite=True,
            output_signaturedefs=True,
            not_use_opname_auto_generate=True,
            keep_shape_absolutely_input_names=names,
            not_use_onnxsim=True,
            non_verbose=True,
            verbosity="error",
        )
    except Exception as error:  # noqa: BLE001 - it raises whatever comes along; the reason is for people
        (Path(folder) / "reason").write_text(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
