"""Latency and memory of candidates from another place, which answers with what it measured and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from edgewright.errors import ChildCrashError
from edgewright.machine import silent
from edgewright.optimize import CANDIDATES, optimize

from ..here import Here

ONE = tuple(recipe for recipe in CANDIDATES if recipe.name == "dynamic int8")


@dataclass
class Noted:
    """This machine, asked as another one; what it was asked and what it answered is kept, its name is changed."""

    name: str = "door"
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def call(
        self, function: str, arguments: Mapping[str, Any], files: Mapping[str, Any], progress: Any = silent
    ) -> Any:
        answer = Here().call(function, arguments, files, progress)
        if function.endswith(":this_machine"):
            answer["device"] = self.name
        self.calls.append((function.partition(":")[2], answer))
        return answer


@dataclass
class Refusing(Noted):
    """A place on which no candidate runs."""

    def call(
        self, function: str, arguments: Mapping[str, Any], files: Mapping[str, Any], progress: Any = silent
    ) -> Any:
        if function.endswith(":measure"):
            raise ChildCrashError("door: it died of this model")
        return super().call(function, arguments, files, progress)


@pytest.mark.extras
def test_figures_are_those_of_the_place_and_so_is_the_machine(shallow, fashion, tmp_path):
    place = Noted()
    found = optimize(shallow, fashion, max_drop=0.1, candidates=ONE, work=tmp_path, on=place)
    (measured,) = [answer for function, answer in place.calls if function == "measure"]
    assert found.chosen.timing.to_dict() == measured["timings"]["candidate"]
    assert found.chosen.float_timing.to_dict() == measured["timings"]["float"]
    assert found.chosen.peak_memory == measured["peak_memory"]
    assert found.machine.device == "door"
    assert "door" in found.model.metadata.provenance.measured["optimize"]["machine"]
    again, other = Noted(), Noted("yard")  # what was measured is kept for that machine
    for one in (again, other):
        optimize(shallow, fashion, max_drop=0.1, candidates=ONE, work=tmp_path, on=one)
    assert [function for function, _ in again.calls] == ["this_machine"]
    assert "measure" in [function for function, _ in other.calls]


def test_a_candidate_that_does_not_run_there_is_none(shallow, fashion, tmp_path):
    found = optimize(shallow, fashion, max_drop=0.1, candidates=ONE, work=tmp_path, on=Refusing())
    assert found.model is None
    assert [(one.status, one.reason) for one in found.candidates] == [("failed", "door: it died of this model")]
