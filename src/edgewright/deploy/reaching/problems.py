"""What OpenSSH says when a connection fails, as one line that says what to do."""

from __future__ import annotations

import re
from collections.abc import Callable

from edgewright.deploy.reaching.destination import Destination
from edgewright.errors import DeployError

# Sign in its messages -> what happened, what to do; {host}, {user@host} and {port} are filled in. The first one counts.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is another one than before: the device was set up anew, or another one answers in its place",
        "If you know why: ssh-keygen -R '{known}', then connect once with ssh and compare the fingerprint",
    ),
    (
        r"Host key verification failed|host key is known for|authenticity of host .* can't be established",
        "its host key is not known here yet",
        "Connect once with: ssh {ssh}, and compare the fingerprint",
    ),
    (
        r"Could not resolve hostname",
        "no such host is known",
        "Check the spelling, or give its address (on the device: hostname -I)",
    ),
    (
        r"Connection refused",
        "nothing answers to SSH there",
        "Switch SSH on (on a Raspberry Pi: sudo raspi-config, Interface Options), or name its port: user@host:port",
    ),
    (
        r"(Connection|Operation) timed out|No route to host|(Network|Host) is (unreachable|down)|during banner",
        "does not answer",
        "Is it switched on, and in this network?",
    ),
    (
        r"UNPROTECTED PRIVATE KEY FILE",
        "ssh does not use a key that others can read",
        "Run: chmod 600 on the key that 'ssh -v {ssh}' names",
    ),
    (
        r"Too many authentication failures",
        "it refused after too many keys of your agent",
        "Name the right one in ~/.ssh/config: IdentityFile and IdentitiesOnly yes",
    ),
    (
        r"Permission denied|No more authentication methods",
        "it takes none of your keys",
        "Put one there with: ssh-copy-id {copy}",
    ),
)
_AWAY = frozenset({"no such host is known", "nothing answers to SSH there", "does not answer"})
_CUT = re.compile(
    r"Connection (closed|reset)|closed by remote host|Broken pipe|not responding|read header failed|"
    r"Connection to .* (closed|timed out)|kex_exchange_identification|disconnect",
    re.IGNORECASE,
)
_LESS = re.compile(r"^(Warning: Permanently added|debug|@|\*\*)")


class NotReachedError(DeployError):
    """Nobody answers there: the device is switched off, or not in this network, or called otherwise."""


def failed(to: Destination, said: str) -> DeployError:
    """No connection came about; `said` is all that ssh wrote."""
    for sign, happened, remedy in _KNOWN:
        if re.search(sign, said):
            kind = NotReachedError if happened in _AWAY else DeployError
            return kind(happened, where=str(to), remedy=_filled(remedy, to))
    if _CUT.search(said):
        return DeployError("it closed the connection at once", where=str(to), remedy="Try: ssh " + _ssh(to))
    return DeployError(f"ssh: {last_line(said) or 'it gave no reason'}", where=str(to), remedy="Try: ssh " + _ssh(to))


def cut(to: Destination) -> DeployError:
    """It was there, and is no longer."""
    return DeployError(
        "the connection was cut in the middle",
        where=str(to),
        remedy="The device has the old or the new version, whole: run the same again",
    )


def killed(to: Destination, what: str) -> DeployError:
    """The connection stands, and a program on the device ended by a signal."""
    return DeployError(
        f"{what} was killed on the device", where=str(to), remedy="Is its memory enough? Look there with: dmesg | tail"
    )


def refused(to: Destination, what: str, code: int, said: str) -> DeployError:
    """A program on the device ended with `code`."""
    if "No space left on device" in said or "Errno 28" in said or "Disk quota exceeded" in said:
        return DeployError("its disk is full", where=str(to), remedy="Free some space there and run the same again")
    if code in _SHELL:
        return DeployError(_SHELL[code](what), where=str(to))
    return DeployError(f"{what} ended with {code}: {last_line(said) or 'it gave no reason'}", where=str(to))


# Exit codes of a POSIX shell.
_SHELL: dict[int, Callable[[str], str]] = {
    126: lambda what: f"{what} is there and cannot be run",
    127: lambda what: f"there is no {what}",
}


def last_line(said: str) -> str:
    """The last line that says anything."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _LESS.match(line)]
    return lines[-1][:300] if lines else ""


def _filled(remedy: str, to: Destination) -> str:
    known = f"[{to.host}]:{to.port}" if to.port and to.port != 22 else to.host  # as known_hosts writes it, sshd(8)
    return remedy.replace("{known}", known).replace("{ssh}", _ssh(to)).replace("{copy}", _ssh(to))


def _ssh(to: Destination) -> str:
    return f"{f'-p {to.port} ' if to.port else ''}{f'{to.user}@' if to.user else ''}{to.host}"
