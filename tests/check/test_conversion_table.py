"""The conversion table: a sample of its cases goes through, and the committed page has all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edgewright.machine import run_in_child

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def table(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import generate_conversion_table

    yield generate_conversion_table
    for name in ("generate_conversion_table", "conversion_building"):
        sys.modules.pop(name, None)


def test_sample_of_the_cases(table, tmp_path):
    outcomes = {one.name: one for one in table.run(tmp_path, names=["Dense", "matrix inverse"])}
    assert outcomes["Dense"].verdict == "converted"
    assert outcomes["matrix inverse"].verdict == "refused"
    assert "1 converted (100.0 in 100)" in table.page(list(outcomes.values()))


def test_page_has_every_case_and_none_went_wrong(table):
    page = table.PAGE.read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ") and "---" not in line]
    outcomes = {row[0].removeprefix("| "): row[1] for row in rows}
    cases = run_in_child(table.list_cases)
    assert {name for _, name, _ in cases} <= outcomes.keys()
    expected = {name: "refused" if refused else "converted" for _, name, refused in cases}
    assert {name: outcomes[name] for name in expected} == expected
