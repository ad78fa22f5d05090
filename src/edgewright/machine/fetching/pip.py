"""pip in a process of its own: the settings it needs, and its log in one line.

pip is the one client that honors the machine's proxies, index and certificates.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

UNATTENDED = ("--progress-bar", "off", "--no-input", "-vv")
"""Options with which it asks nothing, draws nothing, and says what went wrong on the way."""

VERIFIED = ("--no-deps", "--only-binary", ":all:", "--require-hashes")
"""Options with which it takes the very wheels that are named with their digests, and runs nothing of them."""

_FULL = re.compile(r"No space left on device|Disk quota exceeded|\[Errno 27\]")

# What pip's log says -> what that means, for each failure with a remedy of its own. The first that fits counts.
_MEANINGS = (
    (r"No module named pip\b", "pip is missing in this Python. Run: {python} -m ensurepip"),
    (r"DO NOT MATCH THE HASHES|incomplete-download|IncompleteRead|Connection broken: IncompleteRead",
     "what the package index sent is not the published file. Nothing was kept. Try again; if it stays so, look at the "
     "index that pip is set to (pip config list)"),
    (r"SSLError|CERTIFICATE_VERIFY_FAILED",
     "the certificate of the package index is not accepted. Set pip's cert (pip config list)"),
    (r"Could not fetch URL \S+ (?:connection error|timed out|5\d\d )|Retrying \(|Max retries|NewConnectionError|"
     r"ConnectTimeout|ReadTimeout|ProxyError|Temporary failure in name",
     "the package index cannot be reached. Check the network, and pip's proxy and index (pip config list)"),
    (r"No matching distribution|Could not find a version",
     "the package index that pip is set to does not have it (pip config list)"),
)  # fmt: skip


def pip_environment(folder: Path) -> Mapping[str, str]:
    """The user's settings, with what must not stand in the way; temporary files end up in `folder`."""
    return {"PIP_RETRIES": "2", **os.environ} | {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_USER": "0",
        "PIP_NO_COLOR": "1",
        "TMPDIR": str(folder),
    }


def pip_disk_full(log: str) -> bool:
    """Whether pip stopped for want of room."""
    return _FULL.search(log) is not None


def pip_problem(log: str, python: str) -> str:
    """What its log says went wrong, in one line; `python` is the one that ran it."""
    for pattern, meaning in _MEANINGS:
        if re.search(pattern, log):
            return meaning.format(python=python)
    errors = re.findall(r"^ERROR: (.+)$", log, re.MULTILINE) or log.strip().splitlines()[-1:] or ["it said nothing"]
    return f"pip failed: {errors[0].strip()}"
