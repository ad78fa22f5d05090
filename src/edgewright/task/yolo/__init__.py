"""YOLO, from version 5 to 26: how its outputs are laid out, and what they mean."""
