"""Addresses (`s3://…`) among words, and what of them may be kept and said."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from edgewright.errors import UsageError
from edgewright.media import shown_address
from edgewright.report import printable

WEB = ("http", "https")

# A single letter before a colon is a drive.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_NESTED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+::")
_SECRETS = (re.compile(r"(?<=://)[^\s/@]*@"), re.compile(r"(?<=\?)[^\s'\"]+"))


def scheme_of(word: str) -> str | None:
    """The scheme of an address, "s3"; None for what is none."""
    found = _SCHEME.match(word)
    return found[1].lower() if found else None


def is_web(address: str) -> bool:
    """Whether it is an address of http or https."""
    return scheme_of(address) in WEB


def check_address(word: str) -> None:
    """Refuse what must not be kept in a folder of results, or cannot be read. Raises `UsageError`."""
    if _NESTED.match(word):
        raise UsageError(f"{shown(word)}: one address within another. Give one of a file, a folder or a pattern")
    try:
        user, at, _ = urlsplit(word).netloc.rpartition("@")
    except ValueError as problem:  # brackets that are not closed
        raise UsageError(f"one of the addresses is none: {problem}") from None
    # Azure has a container before its account: abfs://photos@account.dfs.core.windows.net
    if at and (":" in user or is_web(word)):
        raise UsageError(
            f"{shown(word)}: its user and password would stand in the results and in what says which inputs there are. "
            "Leave them out of the address; stores have their settings in the environment"
        )


def shown(address: str) -> str:
    """An address as messages have it: on one line, without user, password and what may be a key."""
    if "://" not in address:
        return printable(address)
    try:
        return printable(shown_address(address) if is_web(address) else without_secrets(address))
    except ValueError:
        return "an address"


def without_secrets(text: str) -> str:
    """What somebody else says, without what may be secret in the addresses in it."""
    for secret in _SECRETS:
        text = secret.sub("…" if secret is _SECRETS[1] else "", text)
    return text


def suffix_of(address: str) -> str:
    """The suffix of what an address names, in lower case, with the dot."""
    path = urlsplit(address).path if is_web(address) else address
    return PurePosixPath(path).suffix.lower()
