"""What people give by mistake: the file that was meant by a path, and what a file is instead."""

from __future__ import annotations

import os
from typing import NamedTuple

_MOST_NAMES = 2_000


class Instead(NamedTuple):
    """What a file is, by its first bytes, and what to do, "" where there is nothing in particular."""

    words: str
    remedy: str = ""

    @property
    def said(self) -> str:
        """Both, as one or two sentences without the last full stop."""
        return f"{self.words}. {self.remedy}" if self.remedy else self.words


_SAVE = "Save the model with model.save('model.keras')"
_PICKLE = Instead("a Python pickle, which runs code when loaded", _SAVE)

# The first bytes, in lower case, after a byte order mark and blanks.
_SIGNATURES = (
    (b"<!doctype html", Instead("a web page", "Download the file itself")),
    (b"<html", Instead("a web page", "Download the file itself")),
    (b"version https://git-lfs", Instead("a pointer of Git LFS", "Run: git lfs pull")),
    (b"\x80\x02", _PICKLE),
    (b"\x80\x04", _PICKLE),
    (b"\x1f\x8b", Instead("compressed with gzip", "Unpack it first")),
    (b"{", Instead("a description of a model without its weights", _SAVE)),
    (b"\xff\xd8\xff", Instead("a JPEG picture")),
    (b"\x89png", Instead("a PNG picture")),
    (b"gif8", Instead("a GIF picture")),
    (b"riff", Instead("a sound or a picture")),
)


def what_it_is(start: bytes) -> Instead | None:
    """What a file is that starts with these bytes and is no model; None where nobody knows."""
    plain = start[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((instead for signature, instead in _SIGNATURES if plain.startswith(signature)), None)


def meant(path: str | os.PathLike[str]) -> str:
    """The file that was meant by a path that is not there, to be put behind what is said of that; "" for none near."""
    import difflib
    from pathlib import Path

    where = Path(path)
    if where.name in ("", ".."):
        return ""
    try:
        names = sorted(file.name for _, file in zip(range(_MOST_NAMES), where.parent.iterdir(), strict=False))
        names = [name for name in names if name != where.name]
    except (OSError, ValueError):
        return ""
    same = [name for name in names if Path(name).stem == where.name]
    # Of two files a common suffix says nothing of what was meant.
    stems = {Path(name).stem: name for name in names}
    near = same or [stems[stem] for stem in difflib.get_close_matches(where.stem, stems, n=1, cutoff=0.7)]
    return f". Did you mean {str(where.with_name(near[0]))!r}?" if near else ""
