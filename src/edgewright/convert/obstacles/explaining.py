"""What is known of obstacles, as text: the page about them for those who have no pages."""

from __future__ import annotations

import difflib
import textwrap

from edgewright.convert.obstacles.advice import Advice, advice
from edgewright.errors import UsageError

_INDENT, _WIDTH = "  ", 80


def explain(asked: str) -> str:
    """What there is to say of topics, operators of TensorFlow or layers of Keras, with commas between; "all" of each.

    Raises `UsageError` for what nothing is known of.
    """
    found = [entry for word in asked.split(",") for entry in _entries(word.strip())]
    return "\n\n".join(map(_text, dict.fromkeys(found)))


def _entries(word: str) -> list[Advice]:
    wanted = word.lower()
    if wanted == "all":
        return list(advice())
    named = [entry for entry in advice() if wanted in map(str.lower, _names(entry))]
    if found := named or [entry for entry in advice() if entry.covers(word)]:
        return found
    names = {name.lower(): name for entry in advice() for name in _names(entry)}
    near = [names[name] for name in difflib.get_close_matches(wanted, names, 3)]
    topics = f"The topics are: {', '.join(entry.topic for entry in advice())}; or all"
    meant = f"Did you mean {', '.join(near)}?" if near else topics
    raise UsageError(f"nothing is known of {word!r} that stands in the way of a conversion. {meant}")


def _names(entry: Advice) -> tuple[str, ...]:
    return (entry.topic, *entry.operators, *entry.layers)


def _text(entry: Advice) -> str:
    why = f"{entry.why[0].upper()}{entry.why[1:]}. Instead: {entry.instead}."
    lists = (("Layers of Keras", entry.layers), ("Operators", entry.operators))
    paragraphs = [why, *(f"{title}: {', '.join(names)}" for title, names in lists if names)]
    return "\n".join([f"{entry.title} ({entry.topic})", *map(_wrapped, paragraphs)])


def _wrapped(paragraph: str) -> str:
    return textwrap.fill(paragraph, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
