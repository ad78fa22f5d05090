"""How the other side of an encrypted connection is checked."""

from __future__ import annotations

import ssl

from edgewright.agent.credentials import Credentials
from edgewright.errors import UsageError


def verdict(error: BaseException | None) -> str | None:
    """Why there is no encrypted connection, where that is what an error, or one that led to it, says."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the certificate was not accepted: {error.verify_message or error.reason or error}"
        if isinstance(error, ssl.SSLError):
            return f"no encrypted connection: {error.reason or error}"
        error = error.__cause__ or error.__context__
    return None


def client_context(credentials: Credentials) -> ssl.SSLContext:
    """A context that checks certificate and host name, by the system's authorities or those of `credentials.ca`.

    Raises `UsageError` where a file that is named cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=credentials.ca)
        if credentials.certificate:
            context.load_cert_chain(credentials.certificate, credentials.key)
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(filter(None, (credentials.ca, credentials.certificate, credentials.key)))
        raise UsageError(f"{files}: the certificates cannot be used: {error}") from None
    return context
