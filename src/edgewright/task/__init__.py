"""From a running model to results that mean something."""

from __future__ import annotations

from edgewright.task.quantization import dequantize

__all__ = ["dequantize"]
