"""Bundles from a real HTTPS server: in pieces, from elsewhere, not the ones that were named."""

from __future__ import annotations

import hashlib
import random
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgewright.agent.credentials import Credentials
from edgewright.agent.fleet.fetching import FetchError, Fetching
from edgewright.bundle import Offer

from .serving import FileServer, serving

DATA = random.Random(7).randbytes(1_000_000)
GOES_ON = threading.Event()


@pytest.fixture
def offer(server: FileServer) -> Offer:
    server.files["/door.bundle"] = DATA
    return Offer(server.url("/door.bundle"), hashlib.sha256(DATA).hexdigest(), len(DATA))


@pytest.fixture
def fetching(tmp_path: Path, updates) -> Iterator[Fetching]:
    one = Fetching(tmp_path / "incoming", updates)
    yield one
    one.close()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_comes_whole_and_is_asked_for_once(server, fetching, offer):
    path = fetching.fetch(offer, GOES_ON)
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o777 == 0o600
    assert fetching.fetch(offer, GOES_ON) == path
    assert server.asked == [("/door.bundle", "", 200)]
    assert server.headers[0]["Authorization"] == "Bearer secret"


def test_it_goes_on_where_the_line_broke(server, fetching, offer):
    server.cuts = [300_000, 200_000]
    for end in (300_000, 500_000):
        with pytest.raises(FetchError) as raised:
            fetching.fetch(offer, GOES_ON)
        assert raised.value.passes
        assert (fetching._folder / f"{offer.sha256}.part").stat().st_size == end
    assert fetching.fetch(offer, GOES_ON).read_bytes() == DATA
    assert [asked[1] for asked in server.asked] == ["", "bytes=300000-", "bytes=500000-"]


def test_a_server_that_knows_no_parts(server, fetching, offer):
    server.cuts, server.ranges = [300_000], False
    with pytest.raises(FetchError):
        fetching.fetch(offer, GOES_ON)
    assert fetching.fetch(offer, GOES_ON).read_bytes() == DATA


def test_a_part_of_another_file_is_found_out_and_not_kept(server, fetching, offer):
    fetching.tidy()
    (fetching._folder / f"{offer.sha256}.part").write_bytes(b"x" * 300_000)
    with pytest.raises(FetchError, match="is not the bundle that was named: it has another SHA-256") as raised:
        fetching.fetch(offer, GOES_ON)
    assert raised.value.passes
    assert names(fetching._folder) == []
    assert fetching.fetch(offer, GOES_ON).read_bytes() == DATA


def test_one_that_was_spoiled_on_this_disk_is_fetched_anew(server, fetching, offer):
    path = fetching.fetch(offer, GOES_ON)
    path.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(FetchError, match="it has another SHA-256") as raised:
        fetching.fetch(offer, GOES_ON)
    assert raised.value.passes
    assert fetching.fetch(offer, GOES_ON).read_bytes() == DATA


def test_another_file_is_not_the_one_that_was_named(server, fetching, offer):
    server.files["/door.bundle"] = DATA[:-1] + b"x"
    with pytest.raises(FetchError, match="it has another SHA-256") as raised:
        fetching.fetch(offer, GOES_ON)
    assert not raised.value.passes


def test_a_server_that_does_not_end_is_cut_off(server, fetching, offer):
    server.files["/door.bundle"] = DATA * 4
    with pytest.raises(FetchError, match=r"is not the bundle that was named: it has \d,\d+,\d+ bytes") as raised:
        fetching.fetch(offer, GOES_ON)
    assert not raised.value.passes


def test_what_is_too_large_is_not_asked_for(server, fetching, offer):
    with pytest.raises(FetchError, match=r"it has 5,000,001 bytes; \[updates\] takes at most 5,000,000") as raised:
        fetching.fetch(replace(offer, size=5_000_001), GOES_ON)
    assert not raised.value.passes
    assert server.asked == []


def test_where_there_is_no_room_it_waits(server, fetching, offer, updates, tmp_path):
    free = shutil.disk_usage(tmp_path).free
    large = Fetching(tmp_path / "incoming", replace(updates, most_bytes=2 * free))
    with pytest.raises(FetchError, match="no room: it needs") as raised:
        large.fetch(replace(offer, size=free), GOES_ON)
    assert raised.value.passes
    assert server.asked == []


def test_one_that_is_not_there_yet_may_come(server, fetching, offer):
    with pytest.raises(FetchError, match="the server answered 404 Not Found") as raised:
        fetching.fetch(replace(offer, url=server.url("/later.bundle")), GOES_ON)
    assert raised.value.passes


def test_another_address_is_followed_without_the_token(server, fetching, offer, tmp_path, updates, foreign):
    with serving(*foreign) as other:
        other.files["/blob"] = DATA
        server.moved["/door.bundle"] = other.url("/blob")
        with pytest.raises(FetchError, match="the certificate was not accepted"):
            fetching.fetch(offer, GOES_ON)
        both = tmp_path / "both.pem"
        both.write_bytes(server.certificate.read_bytes() + other.certificate.read_bytes())
        trusting = replace(updates, credentials=Credentials(ca=str(both), token="secret"))
        assert Fetching(tmp_path / "incoming", trusting).fetch(offer, GOES_ON).read_bytes() == DATA
        assert "Authorization" not in other.headers[0]


@pytest.mark.parametrize("where", ["http://localhost/blob", "/door.bundle", "file:///etc/passwd"])
def test_addresses_that_lead_nowhere(server, fetching, offer, where):
    server.moved["/door.bundle"] = where
    with pytest.raises(FetchError) as raised:
        fetching.fetch(offer, GOES_ON)
    assert raised.value.passes


def test_a_stranger_s_certificate_is_refused(server, offer, updates, tmp_path):
    strict = Fetching(tmp_path / "incoming", replace(updates, credentials=Credentials()))
    with pytest.raises(FetchError, match="the certificate was not accepted: self-signed certificate"):
        strict.fetch(offer, GOES_ON)


def test_files_of_others_stay(fetching, offer):
    fetching.tidy()
    for name in ("upload-1.bundle", "b" * 64 + ".part", "c" * 64 + ".bundle"):
        (fetching._folder / name).write_bytes(b"x")
    fetching.fetch(offer, GOES_ON)
    assert names(fetching._folder) == sorted([f"{offer.sha256}.bundle", "upload-1.bundle"])


def test_it_ends_at_once_and_keeps_what_came(server, fetching, offer):
    stopping = threading.Event()
    stopping.set()
    assert fetching.fetch(offer, stopping) is None
    assert fetching.fetch(offer, GOES_ON).read_bytes() == DATA
