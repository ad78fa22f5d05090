"""Writes docs/unsupported-ops.md from the table of advice: `python docs/generate_unsupported_ops.py`.

tests/check/test_source.py fails while the committed page differs from what this makes.
"""

from __future__ import annotations

from pathlib import Path

from edgewright.convert import Advice, advice

PAGE = Path(__file__).resolve().parent / "unsupported-ops.md"


def page() -> str:
    """The page as Markdown."""
    parts = [
        "<!-- Written by docs/generate_unsupported_ops.py from src/edgewright/convert/obstacles/tables/. -->",
        "# What cannot be converted, and what to do",
        "LiteRT runs its own operators. What the converter has no builtin operator for, it could only leave to "
        "TensorFlow's (Select TF), which no current LiteRT brings along, or to a custom operator that somebody would "
        "have to write. `edgewright check SOURCE` names each such operator with its layer; "
        "`edgewright check --explain OPERATOR` prints its section of this page; "
        "`edgewright check SOURCE --fix` tries what can be done without changing the model. "
        "[what-converts.md](what-converts.md) has the layers of Keras one by one.",
    ]
    return "\n\n".join([*parts, *map(_section, advice())]) + "\n"


def _section(entry: Advice) -> str:
    operators = f"\n\nOperators: {', '.join(f'`{name}`' for name in entry.operators)}." if entry.operators else ""
    layers = f"\n\nLayers of Keras: {', '.join(f'`{name}`' for name in entry.layers)}." if entry.layers else ""
    heading = f'<a id="{entry.page.partition("#")[2]}"></a>\n\n## {entry.title}'
    why = f"{entry.why[0].upper()}{entry.why[1:]}"
    return f"{heading}\n\n{why}. Instead: {entry.instead}.{layers}{operators}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
