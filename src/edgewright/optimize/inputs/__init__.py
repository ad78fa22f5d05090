"""Data as the inputs of a model take them: prepared once, kept on the disk, shared by all processes."""
