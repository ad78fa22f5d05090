"""Names of rules, lines and zones, as people write them, made into names for topics and ids."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_LONGEST = 40
_LONGEST_SHOWN = 100
_SAFE = re.compile(r"[a-z0-9_]+( [a-z0-9_]+)*")
_LIKE_MADE = re.compile(r".*_[0-9a-f]{8}")


def key(kind: str, name: str) -> str:
    """A name of the letters a to z, digits, "_" and "-" alone: the same for the same name, another for another.

    "in yard" of a rule is "rule_in-yard"; whatever is not like that gets a part of its SHA-256, so that "Hof/Süd" and
    "hof sud" do not become one.
    """
    if _SAFE.fullmatch(name) and len(name) <= _LONGEST and not _LIKE_MADE.fullmatch(name):
        return f"{kind}_{name.replace(' ', '-')}"
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain)[:_LONGEST].strip("_")
    return "_".join(filter(None, (kind, words, digest)))


def shown(name: str) -> str:
    """A name for people: on one line, of a readable length."""
    text = "".join(sign if sign.isprintable() else " " for sign in name)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
