"""The numbers of inputs on the page are those that the program asks for."""

from __future__ import annotations

import re

import pytest

from edgewright.optimize.decision import samples_for

from .blocks import DOCS

PAGE = (DOCS / "how-to/smaller-with-proof.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([\d.]+)% \| ([\d,]+) \| ([\d,]+) \|$", PAGE, re.MULTILINE)


def selection(total: int) -> int:
    """How many of so many inputs are there to choose by: at most 200, and a fifth, calibrate; half of the others."""
    return (total - min(200, total // 5)) // 2


@pytest.mark.parametrize(("budget", "to_choose_by", "in_all"), ROWS)
def test_so_many_inputs_prove_a_budget(budget: str, to_choose_by: str, in_all: str) -> None:
    needed, total = (int(number.replace(",", "")) for number in (to_choose_by, in_all))
    assert samples_for(float(budget) / 100) == needed
    assert needed <= selection(total) < 1.1 * needed


def test_the_table_is_there() -> None:
    assert len(ROWS) == 5
