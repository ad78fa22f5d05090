"""Who is not there is told from who is there and refuses, or is another one."""

from __future__ import annotations

import pytest

from edgewright.deploy.reaching import Destination, NotReachedError
from edgewright.deploy.reaching.problems import failed


@pytest.mark.parametrize(
    ("said", "is_away"),
    [
        ("ssh: connect to host door port 22: No route to host", True),
        ("ssh: connect to host door port 22: Connection timed out", True),
        ("ssh: connect to host door port 22: Connection refused", True),
        ("ssh: Could not resolve hostname door: Name or service not known", True),
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", False),
        ("Host key verification failed.", False),
        ("pi@door: Permission denied (publickey).", False),
        ("kex_exchange_identification: Connection closed by remote host", False),
        ("Bad configuration option: nonsense", False),
    ],
)
def test_only_who_does_not_answer_is_away(said: str, is_away: bool):
    error = failed(Destination.parse("pi@door"), said)
    assert isinstance(error, NotReachedError) is is_away
    assert "door" in str(error)
