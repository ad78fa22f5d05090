"""Edgewright: take a trained model to a small computer and keep it working there."""

from __future__ import annotations

from edgewright.errors import EdgewrightError

__version__ = "0.1.0"
__all__ = ["EdgewrightError", "__version__"]
