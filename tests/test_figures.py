"""`make benchmarks`: what it writes into docs/figures.md and what it skips; whether that page says what it wrote."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

PROJECT = Path(__file__).parents[1]
SCRIPTS = PROJECT / "benchmarks"
PAGE = PROJECT / "docs" / "figures.md"

# Two figures, of which the second misses its goal; counts how often it was run.
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {scripts!r})
from outcome import Figure, at_least, at_most, finish
runs = Path(__file__).with_suffix(".runs")
runs.write_text((runs.read_text() if runs.exists() else "") + "x")
beside = Figure.of("beside the other", [1.0, 1.25, 1.5], "times", at_most(1.3))
finish("small", [beside, Figure("files", 3, "of 4", at_least(4))], Path(sys.argv[sys.argv.index("--json") + 1]))
"""


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(SCRIPTS)

    def one(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", SCRIPTS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    return one


@pytest.fixture
def runner(load: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The runner with one benchmark, a page and folders of its own; called with the words of its command."""
    main = load("__main__")
    (tmp_path / "small.py").write_text(SCRIPT.format(scripts=str(SCRIPTS)))
    benchmark = main.Benchmark("small", "A small one", "Small", "This beside that.", 1, script=str(tmp_path / "small"))
    (tmp_path / "figures.md").write_text(
        "# Figures\n\n<!-- benchmarks: all -->\n<!-- end of benchmarks: all -->\n\nBy hand.\n"
    )
    monkeypatch.setattr(main.page, "PAGE", tmp_path / "figures.md")
    monkeypatch.setattr(main, "PROJECT", tmp_path)
    monkeypatch.setattr(main, "WORK", tmp_path / "work")
    monkeypatch.setattr(main, "commit", lambda: "abc")
    monkeypatch.setattr(main, "BENCHMARKS", {"small": benchmark})

    def call(*words: str, **changes: Any) -> int:
        changed = dataclasses.replace(benchmark, **changes) if changes else benchmark
        monkeypatch.setitem(main.BENCHMARKS, "small", changed)
        monkeypatch.setattr(sys, "argv", ["benchmarks", *words])
        return int(main.main())

    return call


def test_the_page_says_what_the_table_says(load: Any) -> None:
    """Its sections, their words, and the list of what missed: written anew from its own results it is the same."""
    page, table = PAGE.read_text(encoding="utf-8"), load("table").BENCHMARKS
    assert load("sections").updated(page, table, {}) == page, "after a change of table.toml: python benchmarks --words"


def test_each_benchmark_is_a_script_that_writes_figures_and_names_files_that_are_there(load: Any) -> None:
    fixtures = (PROJECT / "tests" / "fixtures.toml").read_text()
    for benchmark in load("table").BENCHMARKS.values():
        script = benchmark.path.read_text(encoding="utf-8")
        assert re.search(rf'finish\(\s*"{benchmark.path.stem}"', script), benchmark.name
        assert '"--json"' in script
        for word in benchmark.arguments.split():
            name = word.removeprefix("../shared/")
            assert name == word or "*" in name or name in fixtures or name == "images", word


def test_a_run_writes_figures_spreads_goals_machine_and_what_missed(runner: Any, tmp_path: Path) -> None:
    assert runner() == 0
    page = (tmp_path / "figures.md").read_text()
    assert "| beside the other | 1.25 times | all: 1.00 to 1.50 | 3 | at most 1.3 times | met |" in page
    assert "| files | 3 of 4 | | | at least 4 of 4 | **MISSED** |" in page
    assert "Of 2 goals 1 are met. Missed are:\n\n| | | measured | goal | load |" in page
    kept = json.loads((tmp_path / "work" / "small-abc.json").read_text())
    assert f"| A small one | files | 3 of 4 | at least 4 of 4 | {kept['run']['load_before']:.1f} |" in page
    assert f"{kept['run']['date']} at abc" in page
    assert "cores, " in page
    assert page.endswith("\n\nBy hand.\n")


def test_what_was_measured_at_this_commit_is_not_measured_again_unless_asked(runner: Any, tmp_path: Path) -> None:
    for words in ((), (), ("--again",)):
        assert runner(*words) == 0
    assert (tmp_path / "small.runs").read_text() == "xx"


def test_words_alone_are_written_without_a_run(runner: Any, tmp_path: Path) -> None:
    assert runner() == 0
    before = (tmp_path / "figures.md").read_text()
    assert runner("--words", words="These beside those.") == 0
    after = (tmp_path / "figures.md").read_text()
    assert after == before.replace("This beside that.", "These beside those.") != before
    assert (tmp_path / "small.runs").read_text() == "x"


def test_what_needs_something_that_is_not_there_is_skipped_by_name(
    runner: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (tmp_path / "figures.md").read_text()
    assert runner("--shared", str(tmp_path / "nowhere"), arguments="../shared/models/a.tflite") == 0
    assert "skipped: small needs ../shared/models/a.tflite (make fixtures)" in capsys.readouterr().err
    assert (tmp_path / "figures.md").read_text() == before


def test_one_that_breaks_ends_with_1_and_leaves_what_the_page_has(runner: Any, tmp_path: Path) -> None:
    assert runner() == 0
    before = (tmp_path / "figures.md").read_text()
    (tmp_path / "small.py").write_text("raise SystemExit(3)")
    assert runner("--again") == 1
    assert (tmp_path / "figures.md").read_text() == before


def test_what_the_page_has_beside_a_peer_is_not_replaced_without_it(
    load: Any, runner: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = load("table").Peer("another", "--another", "ANOTHER_PYTHON", "pip install another")
    monkeypatch.setenv("ANOTHER_PYTHON", "python")
    assert runner(peers=(peer,)) == 0
    page = (tmp_path / "figures.md").read_text()
    assert "small.py --another PYTHON`" in page
    monkeypatch.delenv("ANOTHER_PYTHON")
    (tmp_path / "work" / "small-abc.json").unlink()
    assert runner(peers=(peer,)) == 0
    assert "skipped: small: the page has it beside another (`ANOTHER_PYTHON=PYTHON`" in capsys.readouterr().err
    assert (tmp_path / "figures.md").read_text() == page
