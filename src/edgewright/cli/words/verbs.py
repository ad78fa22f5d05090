"""What was meant by a first word that is no verb."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# What other tools call it.
_ELSEWHERE = {
    "benchmark": "bench",
    "classify": "run",
    "detect": "run",
    "download": "models get",
    "eval": "evaluate",
    "get": "models get",
    "help": "--help",
    "info": "inspect",
    "list": "models",
    "predict": "run",
    "quantize": "optimize",
    "show": "inspect",
    "test": "evaluate",
    "fit": "train",
    "version": "--version",
}


def unknown_verb(words: Sequence[str], verbs: Iterable[str]) -> str:
    """Say that the first word is no command, and which one may have been meant."""
    from pathlib import Path
    from shlex import join

    word = words[0]
    said = f"No such command {word!r}"
    if meant := _meant(word, verbs):
        return f"{said}. Did you mean {meant!r}?"
    if Path(word).is_file():
        return f"{said}; it is a file. To run it: `{join(('edgewright', 'run', *words))}`"
    return said


def _meant(word: str, verbs: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), [*verbs], n=1)
    return _ELSEWHERE.get(word.lower()) or next(iter(near), None)
