"""docs/figures.md, which programs write between marks, and which commit they speak of: for proofs and benchmarks.

A mark is a comment in Markdown, such as `<!-- proof: kills -->`, and ends with `<!-- end of proof: kills -->`. What
people wrote around them stays.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from edgewright.files import write_atomic

PROJECT = Path(__file__).resolve().parents[1]
PAGE = PROJECT / "docs" / "figures.md"

Thing = TypeVar("Thing")


def begin(kind: str, name: str) -> str:
    return f"<!-- {kind}: {name} -->\n"


def end(kind: str, name: str) -> str:
    return f"<!-- end of {kind}: {name} -->\n"


def part(text: str, kind: str, name: str) -> str | None:
    """What stands between the marks, None without them."""
    _, found, rest = text.partition(begin(kind, name))
    inside, closed, _ = rest.partition(end(kind, name))
    return inside if found and closed else None


def put(text: str, kind: str, name: str, inside: str) -> str:
    """The text with this between the marks; without them, with a section of that name at its end."""
    first, last = begin(kind, name), end(kind, name)
    if first not in text:
        text = f"{text.rstrip()}\n\n### {name.capitalize()}\n\n{first}{last}"
    before, _, rest = text.partition(first)
    _, _, after = rest.partition(last)
    return f"{before}{first}{inside}{last}{after}"


def write(kind: str, name: str, inside: str) -> None:
    """Put this into the page."""
    save(put(PAGE.read_text(encoding="utf-8"), kind, name, inside))


def save(text: str) -> None:
    """Replace the page, whole or not at all."""
    write_atomic(PAGE, text.encode(), overwrite=True)


def commit(*folders: str) -> str:
    """The commit that is measured, with a + where these folders differ from it."""
    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", *folders) else "")


def git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=PROJECT, check=True, capture_output=True, text=True).stdout.strip()


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def chosen(names: str, among: Mapping[str, Thing]) -> list[Thing]:
    """The things of a list with commas, for argparse."""
    unknown = [name for name in names.split(",") if name not in among]
    if unknown:
        raise argparse.ArgumentTypeError(f"nothing is called {unknown[0]!r}; there are {', '.join(among)}")
    return [among[name] for name in names.split(",")]
