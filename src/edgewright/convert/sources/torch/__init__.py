"""Formats of PyTorch: modules in memory, exported programs (`.pt2`), TorchScript, and what `torch.save` wrote."""
