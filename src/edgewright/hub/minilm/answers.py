"""What MiniLM is known to say: a platform or a download that computes something else is noticed here."""

from __future__ import annotations

from edgewright.errors import HubError
from edgewright.model import ModelFile
from edgewright.task import open_task

ASKED, SAME, OTHER = "Are you coming to dinner tonight?", "Will you join us for supper?", "The printer is out of paper."

# The cosines of the first text to the others, worked out once in NumPy with the published tensors in float64.
KNOWN_SAME, KNOWN_OTHER = 0.671, 0.075

# 8 bits move them by no more than a hundredth.
_WITHIN = 0.02


def check(model: ModelFile, name: str) -> None:
    """Raise HubError unless texts are as much alike as they are known to be; `name` is that of the origin."""
    with open_task(model, task="text-embedding") as embed:
        asked, same, other = embed([ASKED, SAME, OTHER])
    found = (asked.similarity(same), asked.similarity(other))
    if any(abs(said - known) > _WITHIN for said, known in zip(found, (KNOWN_SAME, KNOWN_OTHER), strict=True)):
        raise HubError(
            f"{name}: the network finds two texts {found[0]:.3f} and {found[1]:.3f} alike that are known to be "
            f"{KNOWN_SAME:.3f} and {KNOWN_OTHER:.3f}. Please report it with: edgewright --version"
        )
