"""Pictures: read from whatever they come in, fitted, turned into a tensor, drawn upon. Pillow is imported here only."""
