"""Labels matched to the width of an output: never shifted in silence, never too few."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from edgewright.errors import MetadataError, UsageError
from edgewright.mistaken import meant
from edgewright.model import LONGEST_LABEL, MOST_LABELS, OutputMetadata, meant_labels
from edgewright.task.options import Options

Labels = Sequence[str] | str | os.PathLike[str]

BACKGROUND = "background"
_MOST_TEXT = 64 << 20

# Of labels that are offered in place of one that is not there. "crate" is like "cat" to 0.75.
_MOST_NEAR, _FEW, _SHORTEST_START, _MOST_LETTERS, _NEAR = 5, 10, 3, 3, 0.78


def known_labels(
    given: Options,
    output: OutputMetadata,
    count: int | None = None,
    *,
    fits: Callable[[int], bool] | None = None,
    gap: str | None = None,
) -> tuple[str, ...]:
    """The labels that the caller gives, else those that the file carries, in the locale that is asked for.

    `count`, `fits` and `gap` are those of `read_labels`. Raises `UsageError` as that does, and where the file has no
    labels in that locale.
    """
    if "labels" in given:
        return read_labels(given["labels"], count, fits=fits, gap=gap)
    return own_labels(output, given.get("locale"))


def read_labels(
    labels: Labels, count: int | None = None, *, fits: Callable[[int], bool] | None = None, gap: str | None = None
) -> tuple[str, ...]:
    """Labels as they are given, or from a text file: one a line, each behind its number, or all in one line.

    `count` is the number of outputs, where that is known; `fits` says whether so many labels fit; `gap` is what a
    number without a label is called. Empty lines at the end do not count. Raises `UsageError` where the file cannot be
    read or has none, and where its numbers leave an output without a label.
    """
    if not isinstance(labels, str | os.PathLike):
        return _of_sane_length(tuple(labels), "labels")
    lines = label_lines(labels)
    try:
        return meant_labels(lines, count=count, fits=fits, gap=gap)
    except MetadataError as error:
        raise UsageError(f"{labels}: {error}") from None


def label_lines(labels: str | os.PathLike[str]) -> tuple[str, ...]:
    """The lines of a file of labels, as they are. Raises `UsageError` where it cannot be read or has none."""
    try:
        with open(labels, encoding="utf-8-sig") as file:
            text = file.read(_MOST_TEXT + 1)
    except FileNotFoundError:
        raise UsageError(f"{labels}: there is no such file of labels{meant(labels)}") from None
    except OSError as error:
        raise UsageError(f"{labels}: the labels cannot be read: {error.strerror}. Give a text file of them") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{labels}: the labels are no UTF-8 text: {error.reason} at byte {error.start:,}") from None
    if len(text) > _MOST_TEXT or text.count("\n") > MOST_LABELS:
        raise UsageError(
            f"{labels}: more than {MOST_LABELS:,} lines or {_MOST_TEXT:,} characters are no list of labels"
        )
    found = tuple(line.strip() for line in text.rstrip().splitlines())
    if not found:
        raise UsageError(f"{labels}: there are no labels in it. It holds one label a line")
    return _of_sane_length(found, f"{labels}")


def _of_sane_length(labels: tuple[str, ...], name: str) -> tuple[str, ...]:
    longest = max((len(label) for label in labels if isinstance(label, str)), default=0)
    if longest > LONGEST_LABEL:
        raise UsageError(f"{name}: a label has {longest:,} characters; at most {LONGEST_LABEL:,} are possible")
    return labels


def own_labels(output: OutputMetadata, locale: str | None) -> tuple[str, ...]:
    """The labels that the file carries, in a locale such as "de" if one is asked for.

    Raises `UsageError` where the file has no labels in that locale.
    """
    if locale is None:
        return output.labels
    if locale not in output.labels_by_locale:
        there = ", ".join(output.labels_by_locale) or "none"
        raise UsageError(f"the file has no labels in the locale {locale!r}; it has {there}")
    return output.labels_by_locale[locale]


def match_labels(labels: tuple[str, ...], width: int) -> tuple[tuple[str, ...], str | None]:
    """Labels for an output of `width` entries, and a notice where they had to be understood.

    One output more than labels is the background class, which models trained with TensorFlow's slim library have in
    front. Without any labels each entry is called by its number. Raises `UsageError` for any other mismatch.
    """
    if not labels:
        return tuple(f"class {index}" for index in range(width)), "no labels: classes are called by their number"
    if len(labels) == width:
        return labels, None
    if len(labels) + 1 == width:
        notice = f"{len(labels):,} labels for {width:,} outputs: the first output is taken for the background class"
        return (BACKGROUND, *labels), notice
    raise UsageError(f"{len(labels):,} labels do not fit the model's {width:,} outputs. Give one label for each")


def unknown_label(label: str, labels: Sequence[str]) -> str:
    """What to say of a label that is not among the labels, with the nearest that are; with all, where they are few."""
    said = f"there is no label {label!r} among its {len(labels):,}"
    near = nearest_labels(label, labels)
    if near:
        return f"{said}. Did you mean {', '.join(map(repr, near))}?"
    return f"{said}: {', '.join(map(repr, labels))}" if len(labels) <= _FEW else f"{said}."


def nearest_labels(label: str, labels: Sequence[str]) -> list[str]:
    """At most five labels that somebody may mean by another one, the nearest first; none where nothing is near.

    The same but for case; else those with its words among theirs ("cat": "Egyptian cat", "tabby, tabby cat"); else
    those with words that begin so; else those with words that are nearly so, which are misspelled.
    """
    known = list(dict.fromkeys(filter(None, labels)))
    words = {name: _words(name) for name in known}
    asked = _words(label)
    if not asked:
        return []
    ways: Iterable[Callable[[str, str], bool]] = (_is_same, _begins, _is_near)
    equal = [name for name in known if words[name] == asked]
    found = (_having(asked, words, way) for way in ways)
    return (equal or next(filter(None, found), []))[:_MOST_NEAR]


def _having(asked: Sequence[str], words: Mapping[str, Sequence[str]], way: Callable[[str, str], bool]) -> list[str]:
    """The labels that have all words that are asked for, in one way or another; those with few others first."""
    vocabulary = {word for of_label in words.values() for word in of_label}
    fitting = [{word for word in vocabulary if way(word, wanted)} for wanted in asked]
    having = [name for name, own in words.items() if all(not fits.isdisjoint(own) for fits in fitting)]
    return sorted(having, key=lambda name: len(words[name]))


def _words(label: str) -> list[str]:
    return re.findall(r"[^\W_]+", label.casefold())


def _is_same(word: str, wanted: str) -> bool:
    """Whether they are equal but for the s of many."""
    return word == wanted or word == f"{wanted}s" or wanted == f"{word}s"


def _begins(word: str, wanted: str) -> bool:
    return len(wanted) >= _SHORTEST_START and word.startswith(wanted)


def _is_near(word: str, wanted: str) -> bool:
    """Whether one is the other misspelled: nearly all letters in their order, one other letter, or two exchanged."""
    if _is_same(word, wanted):
        return True
    if len(word) == len(wanted) and word[0] == wanted[0]:
        others = sum(letter != meant for letter, meant in zip(wanted, word, strict=True))
        if others == 1 or sorted(word) == sorted(wanted):
            return True
    if abs(len(word) - len(wanted)) > _MOST_LETTERS:
        return False
    from difflib import SequenceMatcher

    return SequenceMatcher(None, word, wanted).ratio() > _NEAR
