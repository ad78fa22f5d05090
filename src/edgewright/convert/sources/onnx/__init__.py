"""Models in ONNX: read and judged, run by onnxruntime, lowered by onnx2tf in an environment of its own."""
