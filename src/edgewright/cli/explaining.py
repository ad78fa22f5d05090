"""`edgewright check --explain`: what the page about obstacles to conversions says, for those who have no pages."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from edgewright.convert import Advice

_INDENT, _WIDTH = "  ", 80


def explain(ctx: click.Context, option: click.Parameter, asked: str | None) -> None:
    """Print what is known of topics, operators or layers (with commas between), and end."""
    if asked is None:
        return
    from edgewright.convert import advice

    found = [entry for word in asked.split(",") for entry in _entries(word.strip(), advice())]
    click.echo("\n\n".join(map(_text, dict.fromkeys(found))))
    ctx.exit()


def _entries(word: str, known: tuple[Advice, ...]) -> list[Advice]:
    """Those with this topic, or that speak of this operator or layer of Keras, in any case; "all" is all of them."""
    wanted = word.lower()
    if wanted == "all":
        return list(known)
    named = [entry for entry in known if wanted in (entry.topic, *map(str.lower, (*entry.operators, *entry.layers)))]
    if found := named or [entry for entry in known if entry.covers(word)]:
        return found
    topics = [entry.topic for entry in known]
    words = {name.lower(): name for entry in known for name in (entry.topic, *entry.operators, *entry.layers)}
    near = [words[name] for name in difflib.get_close_matches(wanted, words, 3)]
    meant = f"Did you mean {', '.join(near)}?" if near else f"The topics are: {', '.join(topics)}; or all"
    raise click.BadParameter(f"nothing is known of {word!r} that stands in the way of a conversion. {meant}")


def _text(entry: Advice) -> str:
    why = f"{entry.why[0].upper()}{entry.why[1:]}. Instead: {entry.instead}."
    lists = (("Layers of Keras", entry.layers), ("Operators", entry.operators))
    paragraphs = [why, *(f"{title}: {', '.join(names)}" for title, names in lists if names)]
    wrapped = [click.wrap_text(paragraph, _WIDTH, _INDENT, _INDENT) for paragraph in paragraphs]
    return "\n".join([f"{entry.title} ({entry.topic})", *wrapped])
