"""Numbers that follow from a file's constants: what the runtime computes of them before or during the first run."""

from __future__ import annotations

from edgewright.model.checking.folding.constants import Folding as Folding
