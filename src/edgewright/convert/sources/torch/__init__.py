"""Formats of PyTorch: modules in memory, and exported programs (`.pt2`)."""
