"""A search whose models a crew has answer: what is said of each sample is the same, and so are the candidates."""

from __future__ import annotations

import pytest

from crews import Alone
from edgewright.optimize import CANDIDATES, optimize
from edgewright.optimize.elsewhere.scored import said_on
from edgewright.optimize.measuring import said_here

ONE = tuple(recipe for recipe in CANDIDATES if recipe.name == "dynamic int8")


def test_a_crew_says_of_each_sample_what_is_said_here(shallow, prepared, tmp_path):
    model, crew = shallow.save(tmp_path / "model.tflite"), Alone(tmp_path)
    for reference in (None, model):
        here = list(said_here(model, reference, prepared, prepared.proof))
        assert list(said_on(crew, model, reference, prepared, prepared.proof)) == here
    assert len(crew.asked) > 2  # in several pieces


@pytest.mark.extras
def test_a_search_with_a_crew_finds_the_same(shallow, fashion, tmp_path):
    crew = Alone(tmp_path)
    here = optimize(shallow, fashion, max_drop=0.1, candidates=ONE, work=tmp_path / "here")
    there = optimize(shallow, fashion, max_drop=0.1, candidates=ONE, work=tmp_path / "there", crew=crew)
    assert set(crew.asked) == {"edgewright.optimize.elsewhere.scored:answer"}
    assert (there.before, there.after, there.proof) == (here.before, here.after, here.proof)
    facts = [[(one.status, one.reason, one.drop) for one in found.candidates] for found in (here, there)]
    assert facts[0] == facts[1]
    assert there.changed == here.changed
    assert there.chosen.timing is not None  # measured here
