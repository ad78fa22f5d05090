"""Work on the graphs of ONNX: walking, ordering, editing them; sizes, layouts, simplification."""
