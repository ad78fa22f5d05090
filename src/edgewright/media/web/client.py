"""One request to a web server: proxies and certificates of the machine, redirects that stay safe, errors in words."""

from __future__ import annotations

import http.client
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from typing import IO, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from edgewright.errors import HubError
from edgewright.media.web.patience import Patience, watched_handlers
from edgewright.report import printable
from edgewright.spelling import argument

# As long as a server may say nothing at all: a slow line sends something within that time.
STALL_S = 30.0
# As long as the head of an answer may take, and so many bytes of its body: the slowest modems take a tenth of it.
PROGRESS_S, _PROGRESS = 60.0, 4096
_CHUNK = 1 << 16
_CLIENT = {"User-Agent": "edgewright", "Accept-Encoding": "identity"}
# What a server says when it may well say something else a moment later.
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class BrokenOff(Exception):  # noqa: N818 - not an error for anybody but the one who tries again
    """The request failed in a way that the next one need not: its text says how. `answered`: a server was there."""

    def __init__(self, reason: str, *, answered: bool = True) -> None:
        """Keep the reason, and whether anybody answered at all."""
        super().__init__(reason)
        self.answered = answered


class RangeRefusedError(Exception):
    """The server does not have the rest of the file that was asked for."""


Chunks = Callable[[], Iterator[bytes]]


def moved(elsewhere: str = "") -> str:
    """What to do where a server does not have a file; `elsewhere`: how another host is named."""
    return f"If the file moved, a newer Edgewright may know where to; {elsewhere or by_mirror()}"


def by_mirror() -> str:
    """How another host is named that has the same files."""
    return f"{argument('mirror')} and EDGEWRIGHT_MIRROR name another host"


@contextmanager
def web_answer(
    url: str, headers: dict[str, str], title: str, *, secret: Mapping[str, str] | None = None, refused: str = ""
) -> Iterator[tuple[http.client.HTTPResponse, Chunks]]:
    """Send a request and give the answer, and what iterates over its body as it arrives.

    `secret`: headers that go to this server alone, wherever it redirects to. `refused`: what to do where it refuses,
    by default what `moved` says.
    Raises BrokenOff, RangeRefusedError, or HubError for what will not change; iterating raises BrokenOff where the
    server stalls, gets nowhere, or the connection breaks.
    """
    patience = Patience(PROGRESS_S)
    try:
        request = _Request(url, headers, secret or {}, title, refused or moved())
        with _head(request, patience) as response:
            patience.moved()
            yield response, lambda: _chunks(response, patience)
    finally:
        patience.close()


class _Request(NamedTuple):
    """What is asked for, as `web_answer` is told."""

    url: str
    headers: dict[str, str]
    secret: Mapping[str, str]
    title: str
    refused: str


def _head(asked: _Request, patience: Patience) -> http.client.HTTPResponse:
    """The answer once its head is there. A head that was cut off can look like a whole one that says something else."""
    try:
        response = _answer(asked, patience)
    except (HubError, BrokenOff, RangeRefusedError) as problem:
        raise (_stalled(patience) or problem) from None
    if stalled := _stalled(patience):
        response.close()
        raise stalled
    return response


def _answer(asked: _Request, patience: Patience) -> http.client.HTTPResponse:
    title = asked.title
    redirects = _Redirects(title)
    try:
        request = urllib.request.Request(asked.url, headers=_CLIENT | asked.headers)  # noqa: S310 - the opener knows no other schemes
        for name, value in asked.secret.items():
            request.add_unredirected_header(name, value)
        response: http.client.HTTPResponse = _opener(redirects, patience).open(request, timeout=STALL_S)
    except urllib.error.HTTPError as answer:
        answer.close()
        raise _refused(answer, title, asked.refused) from None
    except urllib.error.URLError as problem:
        raise _unreachable(problem.reason, title) from None
    except http.client.InvalidURL as problem:
        raise _no_address(redirects, problem, title) from None
    except (OSError, http.client.HTTPException) as problem:
        raise BrokenOff(_words(problem)) from None
    except ValueError as problem:  # hosts that cannot be written in the DNS, brackets that are not closed
        raise _no_address(redirects, problem, title) from None
    return response


def _chunks(response: http.client.HTTPResponse, patience: Patience) -> Iterator[bytes]:
    progress = 0
    while True:
        try:
            data = response.read1(_CHUNK)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise _stalled(patience) or BrokenOff(_words(problem)) from None
        if not data:
            if stalled := _stalled(patience):  # a connection that was cut looks like the end
                raise stalled
            return
        progress += len(data)
        if progress >= _PROGRESS:
            progress = 0
            patience.moved()
        with patience.resting():
            yield data


def _stalled(patience: Patience) -> BrokenOff | None:
    if not patience.is_over:
        return None
    return BrokenOff(f"the server sends next to nothing for {patience.seconds:g} seconds")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects over http and https only, and never from https to what anybody on the way can change."""

    max_redirections = 5

    def __init__(self, title: str) -> None:
        self._title = title
        self.target = ""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message[str, str]
    ) -> Any:
        said = headers.get("location")
        if not said:  # urllib would look for another header then, past what is checked here
            raise HubError(f"{self._title}: the server redirects, and does not say where to")
        self.target = said
        target = urljoin(req.full_url, said)
        old, new = urlsplit(req.full_url).scheme, urlsplit(target).scheme
        if new not in ("http", "https") or (old, new) == ("https", "http"):
            shown = _shown(target)
            raise HubError(f"{self._title}: the server redirects to {shown}, which is not safe to follow")
        return super().http_error_302(req, fp, code, msg, headers)  # type: ignore[arg-type]

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _opener(redirects: _Redirects, patience: Patience) -> urllib.request.OpenerDirector:
    """A client for http and https, without urllib's own for ftp:, file: and data:."""
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        *watched_handlers(patience),
        redirects,
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        director.add_handler(handler)
    return director


def _refused(answer: urllib.error.HTTPError, title: str, remedy: str) -> Exception:
    said = f"{answer.code} {http.client.responses.get(answer.code, '')}".strip()
    if answer.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
        return RangeRefusedError(said)
    if answer.code in _PASSING:
        return BrokenOff(f"the server says {said}")
    if 300 <= answer.code < 400:
        return HubError(f"{title}: the server redirects in a circle, or too often")
    return HubError(f"{title}: the server says {said}. {remedy}")


def _no_address(redirects: _Redirects, problem: Exception, title: str) -> HubError:
    if not redirects.target:
        return HubError(f"{title}: its address cannot be used: {_words(problem)}")
    target = _shown(redirects.target)
    return HubError(f"{title}: the server redirects to {target}, which is no address")


def _shown(target: str) -> str:
    """An address without what may be secret in it: a user's name and password, a key behind a question mark."""
    start, slashes, rest = target[:200].partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return printable(f"{start}{slashes}{host.rpartition('@')[2]}{slash}{path}")


def _unreachable(reason: object, title: str) -> Exception:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return HubError(
            f"{title}: the certificate of the server is not accepted ({reason.verify_message}). Behind a proxy with "
            "a certificate of its own, name that in SSL_CERT_FILE"
        )
    return BrokenOff(_words(reason), answered=False)


def _words(problem: object) -> str:
    if isinstance(problem, TimeoutError):
        return f"not one byte in {STALL_S:g} seconds"
    if isinstance(problem, socket.gaierror):
        return "its name is not known to the network"
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror.lower()
    return printable(str(problem)[:200]) or type(problem).__name__
