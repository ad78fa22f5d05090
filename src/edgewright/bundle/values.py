"""What names, versions and digests are: of devices, in a manifest, and in what is laid down."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from edgewright.errors import UsageError

# A part of a topic, and of a file's name.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,98}")
_LARGEST_VERSION = 2**53
_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_name(value: Any) -> bool:
    """Whether it can be what a device, a group or a bundle is called."""
    return isinstance(value, str) and bool(_NAME.fullmatch(value))


def is_whole(value: Any) -> bool:
    """Whether it is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_version(value: Any) -> bool:
    """Whether it can be the version of a bundle: from 1 to what JSON holds exactly everywhere."""
    return is_whole(value) and 0 < value < _LARGEST_VERSION


def is_digest(value: Any) -> bool:
    """Whether it is a SHA-256 in hexadecimal."""
    return isinstance(value, str) and bool(_DIGEST.fullmatch(value))


def check_names(names: Iterable[str], of: str = "device") -> None:
    """Raise `UsageError` for what is no name of a device (or its group), or of what else is named."""
    for name in names:
        if not is_name(name):
            raise UsageError(
                f"{name!r:.120} is no name of a {of}",
                remedy="Use up to 99 letters, digits and . _ @ -, a letter or a digit first",
            )


def check_version(version: int | None) -> None:
    """Raise `UsageError` for what is no version; None stands for one that is chosen later."""
    if version is not None and not is_version(version):
        raise UsageError(f"{version!r:.40} is no version", remedy="Use a whole number from 1 to 9007199254740991")
