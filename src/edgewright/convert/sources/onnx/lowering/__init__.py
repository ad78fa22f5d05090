"""ONNX models to model files: simplified, repaired, turned to the file's layout, converted by onnx2tf."""
