"""Texts in, tokens out: what a file says of its tokenizer decides which."""
