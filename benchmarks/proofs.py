"""Runs the tests that sample in CI with their full counts, and writes date and result into docs/figures.md.

    python benchmarks/proofs.py [--only kills,frames] [--count N] [--again]

All of it takes a day or so. What was proven at this commit with that count is not run again, so a run that was stopped
goes on where it was. A proof that fails is written down as failed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from xml.etree import ElementTree

import page
from edgewright.machine import describe
from page import PROJECT, chosen

WORK = PROJECT / "build" / "proofs"


@dataclass(frozen=True)
class Proof:
    """Tests, and the variable that says how many of what they take."""

    name: str
    variable: str
    count: int
    tests: tuple[str, ...]

    def command(self, count: int) -> str:
        """What repeats it, to be copied into a shell."""
        return f"{self.variable}={count} python -m pytest {' '.join(_quoted(word) for word in self.tests)}"


def _proof(name: str, variable: str, count: int, *tests: str) -> Proof:
    return Proof(name, f"EDGEWRIGHT_{variable}", count, tests)


_KILL, _DAMAGED = "tests/agent/test_kill.py::test_", "tests/attacks/test_damaged_models.py::test_damaged_files_"
_VISITS = "tests/agent/visits/test_visits_killed.py::test_"
_GROW = "tests/agent/test_benchmarks.py::test_threads_and_descriptors_do_not_grow"

_MUTANT = "tests/attacks/test_runtime.py::test_one_more_operator_of_any_kind_never_ends_the_command"
_ALL = (
    _proof("kills", "KILLS", 1000, f"{_KILL}kill_at_random_moments"),
    _proof("power", "KILLS", 1000, f"{_KILL}power_cuts_that_take_all_writes_after_the_last_fsync"),
    _proof("visits", "VISITS", 1000, f"{_VISITS}kill_at_random_moments"),
    _proof("visits-power", "VISITS", 1000, f"{_VISITS}power_cuts_that_take_all_writes_after_the_last_fsync"),
    _proof("visits-writes", "VISIT_WRITES", 660, f"{_VISITS}killed_at_any_write"),
    _proof("frames", "FRAMES", 1_000_000, f"{_GROW}[no events]"),
    _proof("soak", "FRAMES", 500_000, f"{_GROW}[each an event]"),
    _proof(
        "conversions", "CONVERSIONS", 400, "tests/convert/test_memory.py::test_memory_does_not_grow_with_conversions"
    ),
    _proof("tampering", "TAMPERED", 30_000, f"{_DAMAGED}with_our_digest_are_always_refused"),
    _proof("damage", "DAMAGED", 30_000, f"{_DAMAGED}of_others_are_refused_or_run"),
    _proof("mutants", "MUTANTS", 2000, _MUTANT),
    _proof("fuzz", "EXPLORE", 50, "tests", "-m", "hypothesis", "--hypothesis-show-statistics"),
)
PROOFS = {proof.name: proof for proof in _ALL}


def main() -> int:
    """Run what is asked for; 0 where all of it holds."""
    options = parse()
    failed = []
    for place, proof in enumerate(options.only, 1):
        count = options.count or proof.count
        print(f"{place} of {len(options.only)}: {proof.name}, {count:,}", file=sys.stderr, flush=True)
        kept = WORK / f"{proof.name}-{count}-{commit()}.txt"
        # Files that differ from their commit may differ otherwise the next time.
        if kept.exists() and not options.again and not commit().endswith("+"):
            print(f"proven at this commit already: {kept.relative_to(PROJECT)}", file=sys.stderr)
            continue
        at = commit()
        held, result = run(proof, count)
        if commit() != at:
            raise SystemExit(f"{proof.name}: src or tests were changed meanwhile, so its result says nothing")
        page.write("proof", proof.name, f"{result}\n")
        if held:
            kept.write_text(result)
        else:
            failed.append(proof.name)
    print(f"did not hold: {', '.join(failed)}" if failed else "all of it holds", file=sys.stderr)
    return 1 if failed else 0


def parse() -> argparse.Namespace:
    """The options, with the chosen proofs as `only`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--only", type=partial(chosen, among=PROOFS), default=list(PROOFS.values()), help=f"some of {','.join(PROOFS)}"
    )
    parser.add_argument("--count", type=int, help="so many instead of the full count of each")
    parser.add_argument("--again", action="store_true", help="also what was proven at this commit")
    return parser.parse_args()


def commit() -> str:
    """The commit that is proven, with a + where files differ from it."""
    return page.commit("src", "tests")


def run(proof: Proof, count: int) -> tuple[bool, str]:
    """Whether the tests passed, and what there is to say, as Markdown."""
    WORK.mkdir(parents=True, exist_ok=True)
    report = WORK / f"{proof.name}.xml"
    report.unlink(missing_ok=True)
    at, started = commit(), time.monotonic()
    words = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", f"--junitxml={report}", *proof.tests]
    environment = os.environ | {proof.variable: str(count)}
    done = subprocess.run(words, cwd=PROJECT, env=environment, check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout[-3000:], file=sys.stderr)
    told = outcome(report) + examples(done.stdout)
    took = time.monotonic() - started
    verdict = "Held" if done.returncode == 0 else "**Failed**"
    lines = [
        f"{verdict} with {count:,} on {page.today()} at {at}, in {took / 60:,.1f} minutes: {told}.",
        f"`{proof.command(count)}`",
        describe().summary(),
    ]
    return done.returncode == 0, "\n\n".join(lines)


def outcome(report: Path) -> str:
    """How many tests passed, failed or were skipped, and the figures that they recorded."""
    if not report.exists():
        return "no test came to its end"
    root = ElementTree.parse(report).getroot()
    suite = root if root.tag == "testsuite" else root[0]
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    broken = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    parts = [f"{total - broken - skipped} of {total} tests passed"]
    parts += [f"{skipped} skipped"] if skipped else []
    parts += [f"{found.get('name')} {found.get('value')}" for found in root.iter("property")]
    return "; ".join(parts)


def examples(printed: str) -> str:
    """How many examples random tests ran, from hypothesis's statistics."""
    found = [int(number) for number in re.findall(r"(\d+) passing examples", printed)]
    return f"; {sum(found):,} random examples in {len(found)} rounds" if found else ""


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word or "[" in word else word


if __name__ == "__main__":
    sys.exit(main())
