"""Who may look: the token of a dashboard that others can reach, and the names by which it may be called."""

from __future__ import annotations

import os
import re
import secrets
import socket
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgewright.agent.config.address import Address
from edgewright.errors import OutputError, UsageError
from edgewright.files import NO_LINK

VARIABLE = "EDGEWRIGHT_DASHBOARD_TOKEN"

_BYTES = 24
_FORM = re.compile(r"[A-Za-z0-9._~-]{16,200}")


@dataclass(frozen=True, slots=True)
class Token:
    """A secret that opens the page; `is_fresh` where it was made just now, so that nobody knows it yet."""

    text: str
    is_fresh: bool = False

    def __repr__(self) -> str:
        return "Token(…)"


def token_of(address: Address, path: Path, environment: Mapping[str, str] = os.environ) -> Token | None:
    """The token from the environment, else, for what others can reach, the one kept at `path`, made if need be.

    Raises `UsageError` for one that is too short or that a link cannot hold, or whose file others can read, and
    `OutputError` where it cannot be kept.
    """
    given = environment.get(VARIABLE)
    if given is not None:
        if not _FORM.fullmatch(given):
            raise UsageError(f"{VARIABLE}: expected 16 to 200 letters, digits, dots, dashes, underscores or tildes")
        return Token(given)
    if address.is_loopback:
        return None
    return _kept(path) or _made(path)


def link(address: Address, token: Token | None) -> str:
    """Where to look, with the token where there is one."""
    host = socket.gethostname() if address.is_every else address.in_url
    return f"http://{host}:{address.port}/" + (f"?token={token.text}" if token else "")


def names_of(address: Address) -> list[str]:
    """The names by which it may be called: a web page that had its own name point here gets nothing.

    At 0.0.0.0 those are this machine's own names, and each IP address, which no name server can point elsewhere: "*".
    """
    loopback = ["localhost", "127.0.0.1", "[::1]"]
    if not address.is_every:
        return [*loopback, address.in_url]
    own = socket.gethostname().lower()
    return [*loopback, own, f"{own.partition('.')[0]}.local", "*"]


def _kept(path: Path) -> Token | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | NO_LINK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(f"{path}: the token of the dashboard cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        if os.name == "posix" and stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise UsageError(f"{path}: other users can read this token. Run: chmod 600 {path}")
        text = file.read(1000).decode("ascii", "replace").strip()
    return Token(text) if _FORM.fullmatch(text) else None


def _made(path: Path) -> Token:
    text = secrets.token_urlsafe(_BYTES)
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise OutputError(f"{path}: the token of the dashboard cannot be kept: {error.strerror}") from None
    return Token(text, is_fresh=True)
