"""Integer inputs and outputs, but for an output that integers are too coarse for."""

from __future__ import annotations

import dataclasses

from edgewright.optimize.results import Candidate
from edgewright.optimize.workbench import Workbench
from edgewright.quantization import Recipe
from edgewright.rewrite import short_name

Found = list[tuple[Recipe, Candidate]]

# With more outputs than this they are not tried one by one.
_MOST_OUTPUTS = 4
_LONGEST_NAME = 8


def some_edges_in_float(bench: Workbench, found: Found) -> Found:
    """Where integers are too coarse for an output, and the same in float is accepted: that one alone in float.

    Each output is tried by itself, until one is enough; in the end all of them, with integers going in.
    """
    accepted = {recipe.kind for recipe, candidate in found if candidate.accepted and recipe.io_dtype == "float32"}
    tried: Found = []
    for recipe, candidate in found:
        outputs = bench.base(recipe).model.outputs
        refused = candidate.drop is not None and not candidate.accepted and recipe.io_dtype != "float32"
        if not refused or recipe.kind not in accepted or not 2 <= len(outputs) <= _MOST_OUTPUTS:
            continue
        places = [frozenset({place}) for place in range(len(outputs))]
        for chosen in (*places, frozenset(range(len(outputs)))):
            which = _called(outputs[min(chosen)].name, min(chosen)) if len(chosen) == 1 else "outputs"
            given = dataclasses.replace(recipe, name=f"{recipe.name} but {which}", float_outputs=chosen)
            tried.append((given, bench.candidate(given)))
            if tried[-1][1].accepted:
                break
    return tried


def _called(name: str, place: int) -> str:
    short = short_name(name)
    return short if len(short) <= _LONGEST_NAME else f"output {place}"
