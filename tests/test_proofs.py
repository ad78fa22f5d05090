"""`make proofs`: each proof is a test that is there and takes its count, and what people wrote on the page stays."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def proofs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, with a page and a folder of its own."""
    spec = importlib.util.spec_from_file_location("proofs", PROJECT / "benchmarks" / "proofs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "proofs", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PAGE", tmp_path / "figures.md")
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
    proofs.PAGE.write_text(f"{before}<!-- proof: kills -->\nold\n<!-- end of proof: kills -->\n{after}")
    proofs.write("kills", "new")
    assert proofs.PAGE.read_text() == f"{before}<!-- proof: kills -->\nnew\n<!-- end of proof: kills -->\n{after}"
    proofs.write("other", "more")
    assert proofs.PAGE.read_text().endswith(
        "\n\n### Other\n\n<!-- proof: other -->\nmore\n<!-- end of proof: other -->\n"
    )


@pytest.mark.parametrize(("body", "verdict"), [("assert count == 3", "Held"), ("assert count < 3", "**Failed**")])
def test_what_does_not_hold_is_written_as_failed_and_ends_with_1(
    proofs: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str, verdict: str
) -> None:
    test = tmp_path / "test_small.py"
    test.write_text(f"import os\n\ndef test_small():\n    count = int(os.environ['EDGEWRIGHT_SMALL'])\n    {body}\n")
    proof = proofs.Proof("small", "EDGEWRIGHT_SMALL", 3, (str(test),))
    proofs.PAGE.write_text("# Figures\n")
    monkeypatch.setattr(proofs, "PROOFS", {"small": proof})
    monkeypatch.setattr(sys, "argv", ["proofs.py", "--only", "small"])
    monkeypatch.setattr(proofs, "PROJECT", tmp_path)
    monkeypatch.setattr(proofs, "commit", lambda: "abc")
    assert proofs.main() == (verdict != "Held")
    assert f"\n{verdict} with 3 on 20" in proofs.PAGE.read_text()
