"""Pictures that a crew looks at: the same features to the bit, and the same file."""

from __future__ import annotations

import edgewright as ew
from crews import Alone


def test_a_crew_sees_what_is_seen_here(few, published, tmp_path):
    backbone = published("mobilenet_v2_0.35_96_embedder")
    here = ew.teach(backbone, few, normalization="imagenet")
    crew = Alone(tmp_path)
    there = ew.teach(backbone, few, normalization="imagenet", crew=crew)
    assert crew.asked == ["edgewright.task.elsewhere.crewed:answer"]
    assert there.to_dict() == here.to_dict()
    assert there.model.sha256 == here.model.sha256
