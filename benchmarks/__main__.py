"""Runs the benchmarks one after the other, and writes what came out into docs/figures.md.

    python benchmarks [--only folder,modernize] [--shared ../shared] [--again] [--words]

All of it takes some hours. Results are kept in build/benchmarks/ by commit, so a run that was stopped goes on where it
was. What is not there (files, packages, tools) is named, and what needs it is skipped. What was not run keeps its place
on the page, with its date and machine. Ends with 1 where a benchmark broke; a goal that was missed is a result.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import page
from page import PROJECT, chosen
from sections import goals, kept, result, updated
from table import BENCHMARKS, SHARED, Benchmark

WORK = PROJECT / "build" / "benchmarks"


def main() -> int:
    """Run what is asked for; 0 where all of it came to its end."""
    options = parse()
    broken, skipped = [], []
    if options.words:
        write({})
        return 0
    for place, benchmark in enumerate(options.only, 1):
        say(f"{place} of {len(options.only)}: {benchmark.name}, about {benchmark.minutes:g} minutes")
        if missing := benchmark.missing(options.shared):
            skipped.append(f"{benchmark.name} needs {', '.join(missing)}")
            continue
        if not options.again and (lost := would_lose(benchmark)):
            skipped.append(
                f"{benchmark.name}: the page has it beside {', '.join(lost)}; --again measures the rest alone"
            )
            continue
        document = measured(benchmark, options)
        if document is None:
            broken.append(benchmark.name)
            continue
        told = {benchmark.name: result(benchmark, document)}
        write(told)
        for name, value, goal, met in goals(told[benchmark.name]):
            if not met:
                say(f"MISSED: {name}: {value}, wanted {goal}")
    for words in skipped:
        say(f"skipped: {words}")
    if broken:
        say(f"broke: {', '.join(broken)}")
    return 1 if broken else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python benchmarks", description=(__doc__ or "").partition("\n")[0])
    every = list(BENCHMARKS.values())
    parser.add_argument("--only", type=partial(chosen, among=BENCHMARKS), default=every, help=", ".join(BENCHMARKS))
    parser.add_argument("--shared", type=Path, default=PROJECT / SHARED, help="the folder of published files")
    parser.add_argument("--words", action="store_true", help="run nothing: write the words of table.toml into the page")
    parser.add_argument("--again", action="store_true", help="also what was measured at this commit")
    return parser.parse_args()


def write(results: dict[str, str]) -> None:
    """Put results into the page, and the words of the table."""
    text = page.PAGE.read_text(encoding="utf-8")
    page.save(updated(text, BENCHMARKS, results))


def would_lose(benchmark: Benchmark) -> list[str]:
    """The peers that are not here, and with which the page has the benchmark."""
    found = kept(page.PAGE.read_text(encoding="utf-8"), [benchmark.name]).get(benchmark.name, "")
    return [str(peer) for peer in benchmark.peers if peer.option in found and not peer.value]


def measured(benchmark: Benchmark, options: argparse.Namespace) -> dict[str, Any] | None:
    """What was measured, or is kept of this commit; None where the script failed."""
    at = commit()
    path = WORK / f"{benchmark.name}-{at}.json"
    # Files that differ from their commit may differ otherwise the next time.
    if path.exists() and not options.again and not at.endswith("+"):
        say(f"measured at this commit already: {path.relative_to(PROJECT)}")
    elif not run(benchmark, benchmark.command(options.shared, path.with_suffix(".new")), path, at):
        return None
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def run(benchmark: Benchmark, command: Sequence[str], path: Path, at: str) -> bool:
    """Run the script; what it measured is there whole or not at all."""
    WORK.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".new")
    written.unlink(missing_ok=True)
    load, started = os.getloadavg()[0], time.monotonic()
    done = subprocess.run(command, cwd=PROJECT, check=False)
    if done.returncode or not written.exists():
        say(f"{benchmark.name} ended with {done.returncode}")
        return False
    if commit() != at:
        raise SystemExit(f"{benchmark.name}: src or benchmarks were changed meanwhile, so its result says nothing")
    document = json.loads(written.read_text())
    document["run"] = {
        "date": page.today(),
        "commit": at,
        "seconds": time.monotonic() - started,
        "load_before": load,
        "with": [peer.name for peer in benchmark.peers if peer.value],
        "without": [str(peer) for peer in benchmark.peers if not peer.value],
    }
    written.write_text(json.dumps(document, indent=2) + "\n")
    written.replace(path)
    return True


def commit() -> str:
    """The commit that is measured, with a + where files differ from it."""
    return page.commit("src", "benchmarks")


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
