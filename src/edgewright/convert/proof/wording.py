"""The words for what a proof was, where it was not the outputs on the inputs at hand."""

from __future__ import annotations

from collections.abc import Sequence

from edgewright.evaluate import OutputAgreement


def proof_notices(layers: Sequence[OutputAgreement], samples: int) -> tuple[str, ...]:
    """Say what stands for outputs that never changed; nothing where these were compared."""
    if not layers:
        return ()
    return (
        f"No output changed over {samples} different inputs, so {len(layers)} layers that did were compared instead, "
        f"the last of them {layers[-1].name!r}. Real inputs (representative data) would be a proof "
        "of the outputs.",
    )
