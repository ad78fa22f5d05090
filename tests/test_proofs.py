"""`make proofs`: each proof is a test that is there and takes its count, and what people wrote on the page stays."""

from __future__ import annotations

import errno
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from edgewright.errors import OutputError

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, with a page and a folder of its own."""
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    spec = importlib.util.spec_from_file_location("proofs", PROJECT / "benchmarks" / "proofs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "proofs", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.page, "PAGE", tmp_path / "figures.md")
    monkeypatch.setattr(module, "WORK", tmp_path / "work")
    return module


def test_each_proof_is_a_test_that_takes_its_count_and_has_its_section(proofs: ModuleType) -> None:
    page = (PROJECT / "docs" / "figures.md").read_text()
    for proof in proofs.PROOFS.values():
        file, _, name = proof.tests[0].partition("::")
        text = (PROJECT / (file if name else "tests/exploring.py")).read_text()
        assert f"def {name.partition('[')[0]}" in text, proof.name
        assert proof.variable in text or f'count_of("{proof.variable.removeprefix("EDGEWRIGHT_")}"' in text, proof.name
        assert f"<!-- proof: {proof.name} -->\n" in page


def test_a_result_replaces_the_one_before_and_nothing_else(proofs: ModuleType) -> None:
    before, after = "# Figures\n\nBy hand.\n\n", "\nAlso by hand.\n"
    page = proofs.page
    page.PAGE.write_text(f"{before}<!-- proof: kills -->\nold\n<!-- end of proof: kills -->\n{after}")
    page.write("proof", "kills", "new\n")
    assert page.PAGE.read_text() == f"{before}<!-- proof: kills -->\nnew\n<!-- end of proof: kills -->\n{after}"
    page.write("proof", "other", "more\n")
    assert page.PAGE.read_text().endswith(
        "\n\n### Other\n\n<!-- proof: other -->\nmore\n<!-- end of proof: other -->\n"
    )


@pytest.mark.parametrize(("body", "verdict"), [("assert count == 3", "Held"), ("assert count < 3", "**Failed**")])
def test_what_does_not_hold_is_written_as_failed_and_ends_with_1(
    proofs: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, verdict: str
) -> None:
    test = tmp_path / "test_small.py"
    test.write_text(f"import os\n\ndef test_small():\n    count = int(os.environ['EDGEWRIGHT_SMALL'])\n    {body}\n")
    proof = proofs.Proof("small", "EDGEWRIGHT_SMALL", 3, (str(test),))
    proofs.page.PAGE.write_text("# Figures\n")
    monkeypatch.setattr(proofs, "PROOFS", {"small": proof})
    monkeypatch.setattr(sys, "argv", ["proofs.py", "--only", "small"])
    monkeypatch.setattr(proofs, "PROJECT", tmp_path)
    monkeypatch.setattr(proofs, "commit", lambda: "abc")
    assert proofs.main() == (verdict != "Held")
    assert f"\n{verdict} with 3 on 20" in proofs.page.PAGE.read_text()


@pytest.mark.parametrize(("commit", "runs"), [("abc", 1), ("abc+", 2)])
def test_what_was_proven_of_changed_files_is_proven_anew(
    proofs: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, commit: str, runs: int
) -> None:
    done: list[int] = []
    proofs.page.PAGE.write_text("# Figures\n")
    proofs.WORK.mkdir()
    monkeypatch.setattr(proofs, "PROOFS", {"small": proofs.Proof("small", "EDGEWRIGHT_SMALL", 3, ())})
    monkeypatch.setattr(proofs, "run", lambda _, count: (done.append(count) or True, "Held"))
    monkeypatch.setattr(proofs, "PROJECT", tmp_path)
    monkeypatch.setattr(proofs, "commit", lambda: commit)
    monkeypatch.setattr(sys, "argv", ["proofs.py", "--only", "small"])
    assert (proofs.main(), proofs.main(), len(done)) == (0, 0, runs)


def test_a_page_that_cannot_be_written_stays_as_it_was(proofs: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no space is left")

    proofs.page.PAGE.write_text("# Figures\n")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError):
        proofs.page.write("proof", "kills", "new\n")
    assert proofs.page.PAGE.read_text() == "# Figures\n"
