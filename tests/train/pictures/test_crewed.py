"""A training whose pictures workers of Ray look at: the same features to the bit, so the same file."""

from __future__ import annotations

import pytest

from edgewright.scale import RayCrew
from edgewright.train import train

# One Ray at a time: each starts half a dozen programs.
pytestmark = pytest.mark.xdist_group("ray")


@pytest.mark.extras
@pytest.mark.thorough
def test_workers_see_what_is_seen_here(pictures, tiny_backbone, tmp_path):
    pytest.importorskip("ray")
    pytest.importorskip("tensorflow")
    told = []
    options = {"backbone": str(tiny_backbone), "epochs": 1, "augment": False, "resize": "stretch"}
    here = train(pictures, **options, work=tmp_path / "here")
    with RayCrew.open(workers=1) as crew:
        asked = crew.call_each
        crew.call_each = lambda name, *more: told.append(name) or asked(name, *more)
        there = train(pictures, **options, work=tmp_path / "there", crew=crew)
    assert set(told) == {"edgewright.train.pictures.crewed:look"}
    assert there.model.sha256 == here.model.sha256
    assert there.evaluation.records == here.evaluation.records
