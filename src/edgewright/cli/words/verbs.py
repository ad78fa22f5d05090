"""What was meant by a first word that is no verb."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edgewright.cli.words.order import is_model

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
        return f"{said}; it is a file. To run it: `{join(('edgewright', 'run', *_in_order(words)))}`"
    return said


def _in_order(words: Sequence[str]) -> Sequence[str]:
    """What `run` takes: the model before its inputs, and a word in capitals for what was not typed."""
    models = [word for word in words if is_model(word)]
    others = [word for word in words if word not in models]
    if not models:
        return "MODEL", *others
    return words if models[0] == words[0] and others else (*models, *(others or ("INPUT",)))


def _meant(word: str, verbs: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), [*verbs], n=1)
    return _ELSEWHERE.get(word.lower()) or next(iter(near), None)
