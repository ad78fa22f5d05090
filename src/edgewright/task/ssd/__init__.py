"""Detectors whose outputs are boxes: finished ones, or raw ones that say how far they are from anchors."""
