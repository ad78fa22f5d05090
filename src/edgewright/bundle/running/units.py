"""Values and words in a unit of systemd, whatever is in them."""

from __future__ import annotations

import re


def unit_value(text: str) -> str:
    """As a value that systemd takes as it stands; a percent sign begins a name of its own, systemd.unit(5)."""
    return "".join(char if char.isprintable() else " " for char in text).replace("%", "%%")


def unit_word(word: str) -> str:
    """One argument of a command line, systemd.service(5): C escapes in quotation marks, dollar signs twice."""
    if re.fullmatch(r"[\w@+=:,./-]+", word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{"".join(char if char.isprintable() else _escape(char) for char in escaped)}"'


def _escape(char: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in char.encode())
