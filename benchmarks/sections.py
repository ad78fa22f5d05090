"""The generated part of docs/figures.md: a section for each benchmark, and above them what missed its goal.

The page itself keeps the results: a section that was not measured anew stays as it is, with its own date and machine.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import page
from edgewright.machine import Machine
from edgewright.report import numbers
from outcome import Figure
from table import Benchmark

KIND, REGION = "benchmark", "benchmarks"
_HEAD = "| | median | spread | of | goal | |\n| --- | ---: | --- | ---: | --- | --- |"
_ROW = re.compile(r"^\| (.+?) \| (.+?) \| .* \| (.+?) \| (met|\*\*MISSED\*\*) \|$", re.MULTILINE)


def result(benchmark: Benchmark, document: Mapping[str, Any]) -> str:
    """What one run measured, as Markdown; `document` is what `finish` wrote, with "run" of the runner."""
    run = document["run"]
    rows = "\n".join(row(Figure.read(stored)) for stored in document["figures"])
    took = f"{numbers.duration(run['seconds'])}, {numbers.duration(document['processor_s'])} of processor time"
    before = f"load {run['load_before']:.1f} at its beginning and {document['load'][0]:.1f} at its end"
    absent = [f"Not measured for it was not there: {name}." for name in run["without"]]
    lines = [
        f"{_HEAD}\n{rows}",
        *absent,
        f"`{benchmark.shown(run['with'])}`",
        f"{run['date']} at {run['commit']}: {took}; {before}.\n{Machine.of(document['machine']).summary()}",
    ]
    return "\n\n".join(lines)


def row(figure: Figure) -> str:
    verdict = "" if figure.goal is None else "**MISSED**" if figure.missed else "met"
    rounds = str(figure.rounds) if figure.rounds > 1 else ""
    cells = (figure.name, figure.measured(), figure.between(), rounds, figure.wanted(), verdict)
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


def region(table: Mapping[str, Benchmark], results: Mapping[str, str]) -> str:
    """All of the generated part."""
    sections = [summary(table, results)]
    for group, members in groupby(table.values(), key=lambda benchmark: benchmark.group):
        sections.append(f"### {group}")
        sections += [section(benchmark, results.get(benchmark.name, "")) for benchmark in members]
    return "\n" + "\n\n".join(sections) + "\n\n"


def section(benchmark: Benchmark, found: str) -> str:
    told = found or not_yet(benchmark)
    remarks = f"\n\n{wrapped(benchmark.remarks)}" if benchmark.remarks else ""
    first, last = page.begin(KIND, benchmark.name), page.end(KIND, benchmark.name)
    return f"#### {benchmark.title}\n\n{wrapped(benchmark.words)}\n\n{first}{told}\n{last.rstrip()}{remarks}"


def wrapped(words: str) -> str:
    return textwrap.fill(words, 120, break_long_words=False, break_on_hyphens=False)


def not_yet(benchmark: Benchmark) -> str:
    needs = f"; it needs {', '.join(need.what for need in benchmark.needs)}" if benchmark.needs else ""
    return f"Not measured yet: `make benchmarks ONLY={benchmark.name}` takes about {minutes(benchmark)}{needs}."


def minutes(benchmark: Benchmark) -> str:
    return "a minute" if benchmark.minutes <= 1 else f"{benchmark.minutes:g} minutes"


def summary(table: Mapping[str, Benchmark], results: Mapping[str, str]) -> str:
    """How many goals are met, and each that is not."""
    judged = [(benchmark, *found) for benchmark in table.values() for found in goals(results.get(benchmark.name, ""))]
    missed = [
        f"| {one.title} | {name} | {value} | {goal} | {load(results[one.name])} |".replace("|  |", "| |")
        for one, name, value, goal, met in judged
        if not met
    ]
    said = f"Of {len(judged)} goals {len(judged) - len(missed)} are met."
    if not missed:
        return said
    return "\n".join(
        [f"{said} Missed are:\n", "| | | measured | goal | load |", "| --- | --- | ---: | --- | ---: |", *missed]
    )


def load(found: str) -> str:
    """What else the machine did when a result was measured, where that is known."""
    told = re.search(r"load (\d+\.\d) at its beginning", found)
    return told[1] if told else ""


def goals(found: str) -> Iterator[tuple[str, str, str, bool]]:
    """Name, measured value, goal and whether it is met, of each row of a result that has a goal."""
    for name, value, goal, verdict in _ROW.findall(found):
        yield name, value, goal, verdict == "met"


def kept(text: str, names: Iterable[str]) -> dict[str, str]:
    """The results that the page has."""
    parts = {name: page.part(text, KIND, name) for name in names}
    return {name: part.rstrip("\n") for name, part in parts.items() if part and not part.startswith("Not measured yet")}


def updated(text: str, table: Mapping[str, Benchmark], new: Mapping[str, str]) -> str:
    """The page with these results in the place of those before, and all words of the table."""
    return page.put(text, REGION, "all", region(table, {**kept(text, table), **new}))
