"""Labels matched to the width of an output: never shifted in silence, never too few."""

from __future__ import annotations

import os
from collections.abc import Sequence

from edgewright.errors import UsageError
from edgewright.model import LONGEST_LABEL, MOST_LABELS, OutputMetadata

Labels = Sequence[str] | str | os.PathLike[str]

BACKGROUND = "background"
_MOST_TEXT = 64 << 20


def read_labels(labels: Labels) -> tuple[str, ...]:
    """Labels as they are given, or from a text file with one a line; empty lines at its end do not count.

    Raises `UsageError` where the file cannot be read or has none.
    """
    if not isinstance(labels, str | os.PathLike):
        return _of_sane_length(tuple(labels), "labels")
    try:
        with open(labels, encoding="utf-8-sig") as file:
            text = file.read(_MOST_TEXT + 1)
    except FileNotFoundError:
        raise UsageError(f"{labels}: there is no such file of labels. It holds one label a line") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{labels}: the labels cannot be read: {error}") from None
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
    """What to say of a label that is not among the labels, with the nearest that are."""
    import difflib

    near = difflib.get_close_matches(label, labels, n=3)
    meant = f" Did you mean {', '.join(repr(name) for name in near)}?" if near else ""
    return f"there is no label {label!r} among its {len(labels):,}.{meant}"
