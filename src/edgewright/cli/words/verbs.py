"""What was meant by a first word that is no verb."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

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
    "train": "teach",
    "version": "--version",
}


def unknown_verb(words: Sequence[str], verbs: Iterable[str]) -> str:
    """Say that the first word is no command, and which one may have been meant."""
    word = words[0]
    said = f"No such command {word!r}"
    if meant := _meant(word, verbs):
        return f"{said}. Did you mean {meant!r}?"
    if Path(word).is_file():
        return f"{said}; it is a file. To run it: `{shlex.join(('edgewright', 'run', *words))}`"
    return said


def _meant(word: str, verbs: Iterable[str]) -> str | None:
    near = difflib.get_close_matches(word.lower(), [*verbs], n=1)
    return _ELSEWHERE.get(word.lower()) or next(iter(near), None)
