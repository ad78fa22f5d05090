"""What the address of a stream answers where no pictures come of it, said so that somebody can do something."""

from __future__ import annotations

import base64
import http.client
from urllib.parse import SplitResult, unquote, urlsplit

from edgewright.agent.credentials import without_password
from edgewright.report import printable

# The numbers of the standard in FFmpeg's words ("Server returned 404 Not Found"), which hold for RTSP as well.
_ADVICE = {
    "401": "it wants user and password, in EDGEWRIGHT_STREAM_USER and EDGEWRIGHT_STREAM_PASSWORD",
    "403": "this user may not see it",
    "404": "what stands behind the host is the maker's; look for it in the camera's manual",
    "429": "it is asked too often, or by too many",
    "5XX": "the camera itself has failed",
}
_LOGIN_GIVEN = "user or password are not accepted"
_SAID = "Server returned "

_PATIENCE_S = 5.0
_LONGEST_SHOWN = 80

_PAGES = ("text/html", "application/xhtml+xml")


# FFmpeg's words where it knows no more, in ours.
_PLAIN = {
    "End of file": "it hung up without an answer",
    "Input/output error": "it broke off",
    "Invalid data found when processing input": "it answers with what is no video that can be read",
}


def explained(reason: str, parts: SplitResult, *, ask: bool) -> str:
    """A reason of FFmpeg's in words that say what to do; with `ask`, what a web address gives in place of pictures.

    `parts` are of the address, which may hold a password; it is in no answer.
    """
    if reason.startswith(_SAID):
        return _of_status(reason.removeprefix(_SAID), parts)
    return (_instead(parts) if ask else None) or _PLAIN.get(reason, reason)


def _of_status(said: str, parts: SplitResult) -> str:
    said = said.partition(" (")[0].removesuffix(" reply")
    number = said.partition(" ")[0]
    advice = _LOGIN_GIVEN if number == "401" and parts.username else _ADVICE.get(number)
    return f"{said}: {advice}" if advice else said


def _instead(parts: SplitResult) -> str | None:
    """What a web address answers, asked once more; None where it does not."""
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(str(parts.hostname), parts.port, timeout=_PATIENCE_S)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request("GET", path, headers=_login(parts))
        response = connection.getresponse()
        return _in_words(response, response.read1(1))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _in_words(response: http.client.HTTPResponse, begin: bytes) -> str | None:
    kind = printable(response.headers.get_content_type())[:_LONGEST_SHOWN]
    if response.status in range(300, 400):
        return f"it sends on to {_shown(response.headers.get('Location', ''))}, where no pictures come from"
    if response.status != http.client.OK:
        return None
    if not begin:
        return "it answers with nothing"
    if kind in _PAGES:
        return f"it answers with a web page ({kind}); the address of the stream itself is in the camera's manual"
    if kind.startswith("image/"):
        return f"it answers with {kind} that cannot be read"
    return f"it answers with {kind} in which no picture is found"


def _shown(address: str) -> str:
    """An address without its query, and without user and password."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "what is no address"
    path = without_password(parts.path)
    shown = f"{parts.scheme}://{host}{path}" if parts.scheme else path
    return printable(shown)[:_LONGEST_SHOWN] or "nowhere"


def _login(parts: SplitResult) -> dict[str, str]:
    """The header with user and password, which nobody has asked for yet: not where others could read it."""
    if parts.username is None or parts.scheme != "https":
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
