"""What every test has: real fixtures from `../shared`, and a home and cache of its own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("EDGEWRIGHT_SHARED", Path(__file__).parents[2] / "shared"))

_HOW_TO_GET = "get it with: make fixtures"


@pytest.fixture
def shared_file() -> Callable[[str], Path]:
    """Path of a published file beside the project; without it the test is skipped, in CI it fails."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            hint = f"fixture {name} is missing (looked in {SHARED}); {_HOW_TO_GET}"
            if os.environ.get("CI"):
                pytest.fail(hint)
            pytest.skip(hint)
        return path

    return find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests were skipped for want of a published file."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if _HOW_TO_GET in str(report.longrepr)]
    if skipped:
        terminalreporter.section("missing fixtures")
        terminalreporter.line(f"{len(skipped)} tests were skipped because a published file is missing: make fixtures")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
