"""The page about watching has a table of all that an agent's file may say at its top level, and of nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edgewright.agent import read_settings
from edgewright.errors import UsageError

from .blocks import DOCS


def known(tmp_path: Path) -> list[str]:
    """The settings that are listed where one is not known."""
    file = tmp_path / "agent.toml"
    file.write_text("strange = 1\n")
    with pytest.raises(UsageError) as refused:
        read_settings(file)
    return str(refused.value).partition("There are: ")[2].split(", ")


def test_the_table_of_settings_is_that_of_the_parser(tmp_path: Path):
    page = (DOCS / "how-to/watching.md").read_text(encoding="utf-8")
    section = page.partition("\n### All settings\n")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    named = [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == known(tmp_path)
