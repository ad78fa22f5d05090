"""Boxes that detectors find: which of them are shown, and where they are in the original picture."""
