"""Files of PyTorch are zip archives of strangers: what is in them, and copies with only what may be loaded."""
