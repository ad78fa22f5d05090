"""The data and the network that the tests of optimizing have."""

from __future__ import annotations

from ..optimize.conftest import fashion, shallow

__all__ = ["fashion", "shallow"]
