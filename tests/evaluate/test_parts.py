"""Parts of an output, compared by themselves: what is lost in them, and what only looks lost."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgewright.evaluate import Part, compare

WHOLE = (Part(looks_along=-1),)
JOINED = (Part(axis=1, first=0, stop=2, looks_along=-1), Part(axis=1, first=2, stop=4, bounded=True, looks_along=-1))


def columns(*sizes: float, count: int = 40, offset: float = 0.0) -> list[list[np.ndarray]]:
    """Outputs whose entries go from about 0 to these sizes."""
    rows = np.random.default_rng(0).random((count, 1, len(sizes))) * np.array(sizes) + offset
    return [[row.astype(np.float32)] for row in rows]


def stored(outputs: list[list[np.ndarray]], parts: int = 256) -> list[list[np.ndarray]]:
    """What a file of so many steps makes of them: one scale for all, as int8 has it."""
    step = max(float(np.abs(array).max()) for (array,) in outputs) / (parts - 1)
    return [[np.round(array / step) * np.float32(step)] for (array,) in outputs]


@pytest.mark.parametrize(
    ("sizes", "lost"),
    [
        ((1.0, 0.9), []),
        ((1.0, 0.05), []),
        ((1.0, 1e-3), ["entry 1 of the last axis"]),
        ((640.0, 640.0, 1.0, 1.0, 1.0), ["entries 2 to 4 of the last axis"]),
        ((1.0, 640.0, 1.0), ["entry 0 of the last axis", "entry 2 of the last axis"]),
        ((0.0, 640.0), []),
        ((3e4, 0.2, 5e4, 2.0), ["entry 1 of the last axis", "entry 3 of the last axis"]),
        ((1e-12, 1.0), []),
        ((5.0,), []),
    ],
)
def test_entries_of_a_few_are_looked_at_one_by_one(sizes: tuple[float, ...], lost: list[str]) -> None:
    outputs = columns(*sizes)
    (output,) = compare(outputs, stored(outputs), parts=[WHOLE]).outputs
    assert [part.where for part in output.lost] == lost
    assert output.snr_db > 30, "the whole hides it"


def test_entries_of_an_embedding_are_not() -> None:
    outputs = columns(*[1.0] * 40, 1e-3)
    assert compare(outputs, stored(outputs), parts=[WHOLE]).outputs[0].lost == ()


def test_entries_that_are_alike_by_chance_are_not_lost() -> None:
    few = [[np.float32([[5.0, 3.0 + 0.001 * place]])] for place in range(4)]
    assert compare(few, stored(few), parts=[WHOLE]).outputs[0].lost == ()


def test_little_around_much_is_lost_where_there_are_enough_inputs() -> None:
    outputs = columns(2.0, offset=5000.0)
    (part,) = compare(outputs, stored(outputs), parts=[WHOLE]).outputs[0].lost
    assert (part.low_b, part.high_b) == (pytest.approx(5000, abs=20), part.low_b)
    assert 5000 <= part.low < part.high <= 5002


def test_rows_that_add_up_to_one_are_one_meaning() -> None:
    rows = np.random.default_rng(1).dirichlet([9.0, 5.0, 1e-3], (40, 1)).astype(np.float32)
    outputs = [[row] for row in rows]
    assert compare(outputs, stored(outputs), parts=[WHOLE]).outputs[0].lost == ()


def test_each_part_has_its_own_figures() -> None:
    outputs = columns(640.0, 640.0, 1.0, 0.5)
    (output,) = compare(outputs, stored(outputs), parts=[JOINED]).outputs
    boxes, scores = output.parts
    assert (boxes.where, scores.where) == ("entries 0 to 1 of the last axis", "entries 2 to 3 of the last axis")
    assert boxes.snr_db > 40
    assert scores.snr_db < 3
    assert [part.where for part in output.lost] == ["entries 2 to 3 of the last axis"]
    json.dumps(output.to_dict(), allow_nan=False)


def test_scores_that_hardly_move_round_to_nothing_in_any_file() -> None:
    outputs = columns(1.0, 1.0, 0.003, 0.002)
    (output,) = compare(outputs, stored(outputs), parts=[JOINED]).outputs
    assert output.lost == ()
    assert not output.parts[1].judged


def test_scattered_entries_and_a_larger_batch() -> None:
    mask = np.zeros((1, 2, 2), bool)
    mask[0, [0, 1], [1, 0]] = True
    parts = (Part(mask=mask, bounded=True), Part(mask=~mask))
    outputs = [[np.where(mask, 0.5 + 0.1 * place, 300.0 + place).repeat(3, 0)] for place in range(5)]
    (output,) = compare(outputs, stored(outputs), parts=[parts]).outputs
    assert [part.where for part in output.lost] == ["2 of 4 entries"]


def test_without_parts_an_output_is_a_whole() -> None:
    outputs = columns(640.0, 1.0)
    (output,) = compare(outputs, stored(outputs)).outputs
    assert (output.parts, output.lost) == ((), ())
    assert "parts" not in output.to_dict()
