"""Who is let in: the name by which the page was called, the token, the method; and the headers of every answer."""

from __future__ import annotations

import hashlib
import hmac
import html
import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgewright.agent.dashboard.serving.connection import MOST_HEADERS

# No script, style or picture but our own, as files; nothing from or to any other host; in nobody's frame.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}

_VERSIONS, _METHODS = ("1.0", "1.1"), ("GET", "HEAD")
_YEAR_S = 365 * 86_400


class Guard:
    """Stands before the application; what it refuses reaches nothing behind it, and ends the connection.

    `names` are those by which it may be called, "*" any IP address; `entrance` is the page of whoever brought the
    token, which leads on to the page itself.
    """

    def __init__(
        self, app: ASGIApp, *, names: Sequence[str], port: int, token: str | None, entrance: bytes = b""
    ) -> None:
        self._app = app
        self._names = frozenset(names)
        self._cookie = f"edgewright-{port}"  # a host's cookies are those of all its ports
        self._token = token
        self._entrance = entrance
        self._key = _sealed(token, "cookie") if token else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            return
        answer = self._answer(scope)
        await (answer or self._app)(scope, receive, _with_headers(send, closing=answer is not None))

    def _answer(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if scope["http_version"] not in _VERSIONS:
            return _refusal(505, "HTTP/1.1 is spoken here")
        if _size(scope) > MOST_HEADERS:  # of those that came in one piece, where nobody has counted yet
            return _refusal(431, "too long")
        if not self._is_ours(headers):
            return _refusal(421, "this is no name of this machine")
        if scope["method"] not in _METHODS:
            return PlainTextResponse("only GET and HEAD\n", 405, {"Allow": ", ".join(_METHODS)})
        if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
            return _refusal(413, "a request has no body here")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and scope["path"] != "/":
            return _refusal(403, "another site asks")
        return self._ask_token(scope, headers)

    def _is_ours(self, headers: Headers) -> bool:
        """Whether the request names us: a page elsewhere whose name was made to point here does not."""
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            return False
        name, _, port = hosts[0].lower().rpartition(":") if not hosts[0].endswith("]") else (hosts[0].lower(), "", "")
        if not name or not (port.isdigit() or not port):
            name = hosts[0].lower()
        return name in self._names or ("*" in self._names and _is_address(name))

    def _ask_token(self, scope: Scope, headers: Headers) -> Response | None:
        if self._token is None:
            return None
        bearer = headers.get("authorization", "")
        # As browsers do: of those that other programs of the host have left, some are none by the standard.
        cookies = cookie_parser(headers.get("cookie", ""))
        if _is_same(cookies.get(self._cookie, ""), self._key) or _is_same(bearer, f"Bearer {self._token}"):
            return None
        given = QueryParams(scope["query_string"]).get("token", "") if scope["path"] == "/" else ""
        if not _is_same(given, self._token):
            return _refusal(401, "open the link with the token, as the agent has it")
        # A page, and no redirection: a browser that comes from elsewhere would follow that without the cookie.
        entered = HTMLResponse(self._entrance)
        entered.set_cookie(self._cookie, self._key, max_age=_YEAR_S, path="/", httponly=True, samesite="strict")
        return entered


def _with_headers(send: Send, *, closing: bool) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            if closing:
                headers["Connection"] = "close"
        await send(message)

    return sending


def _refusal(code: int, reason: str) -> Response:
    return PlainTextResponse(f"{html.escape(reason)}\n", code)


def _size(scope: Scope) -> int:
    """Bytes of a request, near enough."""
    headers = sum(len(name) + len(value) for name, value in scope["headers"])
    return headers + len(scope["raw_path"]) + len(scope["query_string"])


def _sealed(token: str, what: str) -> str:
    """What stands for the token, without being it."""
    return hmac.new(token.encode(), what.encode(), hashlib.sha256).hexdigest()


def _is_same(given: str, expected: str) -> bool:
    """Whether two texts are the same, in a time that tells nothing of them."""
    digests = (hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (given, expected))
    return hmac.compare_digest(*digests)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
