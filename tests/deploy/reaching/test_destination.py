"""How people write where a device is."""

from __future__ import annotations

import pytest

from edgewright.deploy.reaching import Destination
from edgewright.errors import UsageError


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("door", ["--", "door"]),
        ("pi@door.local", ["-l", "pi", "--", "door.local"]),
        ("pi@10.0.0.7:2222", ["-l", "pi", "-p", "2222", "--", "10.0.0.7"]),
        ("[fe80::1%eth0]:22", ["-p", "22", "--", "fe80::1%eth0"]),
        ("ssh://pi@door:22/", ["-l", "pi", "-p", "22", "--", "door"]),
    ],
)
def test_a_destination_is_said_to_ssh(written, words):
    assert Destination.parse(written).words == words
    assert Destination.parse(str(Destination.parse(written))) == Destination.parse(written)


@pytest.mark.parametrize(
    "written", ["", "-oProxyCommand=x", "pi@-oProxyCommand=x", "-l@door", "a b", "door:0", "door:70000", "pi@", "a:b:c"]
)
def test_what_is_no_device_or_would_be_an_option_is_refused(written):
    with pytest.raises(UsageError):
        Destination.parse(written)
