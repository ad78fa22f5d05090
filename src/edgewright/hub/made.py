"""Which file of a model this installation made: its digest, kept beside the model's folder as `NAME.made`.

What a file says of its own origin proves nothing, and whoever can put a file in the folder can seal it as well. So the
digest of what was made of a verified download is written down when it gets its place, and compared at every load. It is
the file's `identity`, a SHA-256 that reading has computed already, so that no start of a program takes longer.
"""

from __future__ import annotations

import re

from edgewright.errors import HubError
from edgewright.files import write_atomic
from edgewright.hub import cache
from edgewright.model import ModelFile

_LINE = re.compile(r"(seal-[0-9a-f]+-[0-9a-f]{64}) {2}(\S+)")
# The one before is believed too: a power cut may come between the record and the folder, which has its place by then
# or has not.
_KEPT = 2


def record(name: str, model: ModelFile) -> None:
    """Write down, before it gets its place, what file this installation made; raises OutputError."""
    identities = [model.identity, *(known for known in _recorded(name) if known != model.identity)]
    text = "".join(f"{identity}  {name}.tflite\n" for identity in identities[:_KEPT])
    write_atomic(cache.made_path(name), text.encode(), overwrite=True)


def is_made_here(name: str, model: ModelFile) -> bool:
    """Whether a file in the cache is the one that this installation made."""
    return model.identity in _recorded(name)


def verify(name: str, model: ModelFile) -> None:
    """Raise HubError unless the file in the cache is the one that this installation made."""
    recorded = _recorded(name)
    if model.identity not in recorded:
        why = _ANOTHER if recorded else _UNKNOWN
        raise HubError(f"{model.name}: {why}. To replace it, run: `edgewright models get {name}`")


_ANOTHER = "this is not the file that was made here when the model was fetched; somebody put it there or changed it"
_UNKNOWN = "nothing here says that it was fetched: somebody put it there, or an earlier version fetched it"


def _recorded(name: str) -> list[str]:
    """The digests of what was made here, the newest first; none where the record is missing or cannot be read."""
    try:
        text = cache.made_path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    found = [_LINE.fullmatch(line) for line in text.splitlines()[:_KEPT]]
    return [line[1] for line in found if line is not None and line[2] == f"{name}.tflite"]
