"""MiniLM, a small BERT that compares sentences: its published tensors into a model file, without a framework."""
