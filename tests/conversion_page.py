"""The conversion table as tests need it: its generator, and what the committed page says of each case."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from edgewright.machine import run_in_child

DOCS = Path(__file__).parents[1] / "docs"


@contextmanager
def generator() -> Iterator[ModuleType]:
    """The module that writes the page; its own modules can be imported, in children too."""
    sys.path.insert(0, str(DOCS))
    try:
        import generate_conversion_table

        yield generate_conversion_table
    finally:
        sys.path.remove(str(DOCS))
        for name in ("generate_conversion_table", "conversion_trials"):
            sys.modules.pop(name, None)


def expected_of(table: ModuleType, framework: str) -> dict[str, str]:
    """What has to come of each case of a framework."""
    cases = run_in_child(table.list_cases, framework)
    assert len({name for _, name, _ in cases}) == len(cases)
    return {name: "refused" if refused else "converted" for _, name, refused in cases}


def outcomes_on_page(table: ModuleType, framework: str) -> dict[str, str]:
    """What the page says came of each model of a framework."""
    page = table.PAGE.read_text(encoding="utf-8")
    section = page.partition(f"\n## {table.TITLES[framework]}\n")[2].partition("\n## ")[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ") and "---" not in line]
    return {row[0].removeprefix("| "): row[1] for row in rows if row[0] != "| model"}
