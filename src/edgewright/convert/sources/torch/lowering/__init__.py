"""Exported programs of PyTorch to model files."""
