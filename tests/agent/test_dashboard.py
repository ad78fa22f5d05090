"""The dashboard standing alone: who gets in, what the streams bring, and that nobody waits for anybody."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import stat
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgewright.agent.config.address import Address
from edgewright.agent.dashboard.access import VARIABLE, Token, link, names_of, token_of
from edgewright.agent.dashboard.feed import EVENTS, Feed
from edgewright.agent.dashboard.process import Dashboard, Shown
from edgewright.agent.dashboard.serving.streams import MOST
from edgewright.errors import OutputError, UsageError
from waiting import takes_connections, wait_for

from .made_feed import STATUS, Made, Reader, event, noise, picture, view

SECRET = "x" * 32


@pytest.fixture(scope="module")
def made() -> Iterator[Made]:
    with Made() as one:
        yield one


@pytest.fixture(scope="module")
def locked() -> Iterator[Made]:
    with Made(token=Token(SECRET)) as one:
        yield one


# Addresses


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("8080", "127.0.0.1:8080"),
        ("localhost:9000", "127.0.0.1:9000"),
        ("0.0.0.0:80", "0.0.0.0:80"),
        ("[::1]:8080", "[::1]:8080"),
        (":8080", "127.0.0.1:8080"),
    ],
)
def test_addresses_as_people_write_them(text, written):
    assert str(Address.parse(text)) == written


@pytest.mark.parametrize("text", ["", "host:80", "127.0.0.1", "127.0.0.1:", "1.2.3.4:70000", "::1:80", "a b:1", "-1"])
def test_what_is_no_address(text):
    with pytest.raises(ValueError, match="expected"):
        Address.parse(text)


def test_a_rebound_name_is_none_of_ours():
    assert "*" not in names_of(Address("192.168.1.5", 80))
    assert "192.168.1.5" in names_of(Address("192.168.1.5", 80))
    assert "*" in names_of(Address("0.0.0.0", 80))


# The token


def test_on_the_loopback_interface_no_token_is_needed(tmp_path):
    assert token_of(Address(), tmp_path / "token", {}) is None


def test_a_token_is_made_once_for_us_alone(tmp_path):
    path = tmp_path / "token"
    first = token_of(Address("0.0.0.0"), path, {})
    second = token_of(Address("0.0.0.0"), path, {})
    assert first is not None
    assert second is not None
    assert (first.text, first.is_fresh, second.is_fresh) == (second.text, True, False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.text not in repr(first)
    assert first.text in link(Address("0.0.0.0"), first)


def test_a_token_of_the_environment_also_holds_on_the_loopback_interface(tmp_path):
    assert token_of(Address(), tmp_path / "token", {VARIABLE: SECRET}) == Token(SECRET)
    assert not (tmp_path / "token").exists()


@pytest.mark.parametrize("text", ["", "short", "with space in it", "ümlaut-ümlaut-ümlaut", "x" * 300])
def test_a_token_that_is_none(tmp_path, text):
    with pytest.raises(UsageError, match=f"{VARIABLE}: expected 16"):
        token_of(Address(), tmp_path / "token", {VARIABLE: text})


def test_a_token_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "token"
    path.write_text(SECRET)
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        token_of(Address("0.0.0.0"), path, {})


def test_a_link_in_the_place_of_the_token_is_not_followed(tmp_path):
    (tmp_path / "token").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text(SECRET)
    with pytest.raises(OutputError, match="cannot be read"):
        token_of(Address("0.0.0.0"), tmp_path / "token", {})


def test_without_the_token_there_is_nothing(locked):
    for path in ("/", "/main.js", "/stream", "/live.mjpeg", "/api/status", "/nothing"):
        assert locked.ask(path)[0] == 401
        assert locked.ask(path, Cookie=f"edgewright-{locked.port}={SECRET}")[0] == 401  # it is not the token itself
    assert locked.ask("/?token=" + "y" * 32)[0] == 401
    assert locked.ask(f"/main.js?token={SECRET}")[0] == 401


def test_the_link_opens_the_page_and_leaves_a_cookie(locked):
    code, headers, body = locked.ask(f"/?token={SECRET}")
    cookie = headers["set-cookie"]
    assert (code, b'url=/"' in body, SECRET in cookie) == (200, True, False)
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    ours = cookie.partition(";")[0]
    for others in ("", 'prefs={"dark":1}; ', "a[b]=1; ", "; =; x; "):
        assert locked.ask("/", Cookie=others + ours)[0] == 200
    assert locked.ask("/api/setup", Authorization=f"Bearer {SECRET}")[0] == 200


# What is answered


def test_every_answer_forbids_what_is_not_ours(made):
    for path in ("/", "/main.js", "/palette.css", "/api/status", "/nothing"):
        headers = made.ask(path)[1]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "'unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "server" not in headers


def test_nothing_of_the_page_names_another_host():
    folder = Path(Dashboard.__init__.__code__.co_filename).parent / "page"
    for path in folder.iterdir():
        text = path.read_text("utf-8").replace("http://www.w3.org/", "")
        assert "//" not in text.replace("// ", "").replace("///", ""), path.name
        assert "innerHTML" not in text


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]", "LOCALHOST:8080"])
def test_names_of_ours(made, host):
    assert made.ask("/", Host=host)[0] == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_get_a_link_to_the_page_and_nothing_else(made, site):
    assert made.ask("/", Sec_Fetch_Site=site)[0] == 200
    assert made.ask("/live.mjpeg", Sec_Fetch_Site=site)[0] == 403


def test_the_status_is_asked_for_programs(made):
    made.status = lambda: {**STATUS, "captured": 11}
    code, headers, body = made.ask("/api/status")
    made.status = lambda: STATUS
    assert (code, headers["content-type"], json.loads(body)["captured"]) == (200, "application/json", 11)


@pytest.mark.parametrize(
    ("error", "part"), [(OutputError("the disk is gone"), "disk"), (UsageError("a figure is off"), "agent")]
)
def test_what_cannot_be_said_is_a_trouble_and_the_page_goes_on(made, error, part):
    def broken():
        raise error

    made.status = broken
    body = made.ask("/api/status")[2]
    made.status = lambda: STATUS
    assert json.loads(body)["troubles"] == {part: str(error)}
    assert json.loads(made.ask("/api/status")[2])["captured"] == STATUS["captured"]


# Events


def test_events_come_and_go_on_where_a_client_left_off(made):
    before = made.feed._count
    made.feed.tell([event(number, snapshot_jpeg="/9j/") for number in range(3)])
    with Reader(made, "/stream") as reader:
        told = reader.events(before + 3)[-3:]
    assert [data["time"][-6:] for _, data in told] == ["0.000Z", "1.000Z", "2.000Z"]
    assert not {"result", "snapshot_jpeg"} & told[0][1].keys()
    made.feed.tell([event(3)])
    with Reader(made, "/stream", Last_Event_ID=told[1][0]) as reader:
        again = reader.events(2)
    assert [name for name, _ in again] == [told[2][0], f"{made.feed.run}-{before + 4}"]
    with Reader(made, f"/stream?last={again[0][0]}") as reader:
        assert reader.events(1) == again[1:]


@pytest.mark.parametrize("last", ["other-2", "-", "x", "9" * 4000, "é"])
def test_a_last_event_of_another_run_brings_all_that_is_kept(made, last):
    made.feed.tell([event(9)])
    with Reader(made, "/stream", Last_Event_ID=last.encode().decode("latin1")) as reader:
        assert reader.code == 200
        assert reader.events(1)[0][0].startswith(made.feed.run)


def test_pictures_of_events_are_not_kept_for_those_who_may_come():
    feed = Feed()
    picture = "A" * 1000
    before = sys.getrefcount(picture)
    feed.tell(event(number, snapshot_jpeg=picture) for number in range(10))
    assert sys.getrefcount(picture) == before
    feed.ask({"watchers": 1})
    assert [told["time"] for _, told in feed.news().events] == [event(number).to_dict()["time"] for number in range(10)]


def test_of_many_events_the_last_are_kept():
    with Made() as made:
        made.feed.tell(event(number) for number in range(3 * EVENTS))
        with Reader(made, "/stream") as reader:
            told = reader.events(EVENTS)
        assert told[-1][0] == f"{made.feed.run}-{3 * EVENTS}"


# Pictures


def test_pictures_come_with_their_numbers_and_what_is_seen_with_the_same(made):
    with Reader(made, "/live.mjpeg?source=door") as looker, Reader(made, "/stream?source=door") as reader:
        stream = looker.pictures()
        numbers = [number for number, jpeg in (next(stream) for _ in range(4)) if jpeg == picture(number)]
        assert len(numbers) == 4
        assert numbers == sorted(set(numbers))
        told = next(data for kind, _, data in reader.messages() if kind == "view" and data["picture"])
    shown = made.shown[told["number"]]
    height, width = shown.size
    box = shown.observations[0].box
    assert told["observations"][0]["corners"][0] == [round(box.x0 / width, 5), round(box.y0 / height, 5)]
    assert told["observations"][0]["corners"][2] == [round(box.x1 / width, 5), round(box.y1 / height, 5)]
    assert told["observations"][0]["track"] == shown.observations[0].track


def test_where_nobody_looks_nothing_is_encoded():
    with Made() as made:
        for _ in range(3):
            made.ask("/")
            made.ask("/api/status")
        with Reader(made, "/stream") as reader:  # events only: what is seen comes along, without pictures
            assert next(data for kind, _, data in reader.messages() if kind == "view")["picture"] is False
        assert made.encoded == 0


def test_one_picture_is_encoded_for_all():
    with Made() as made:
        lookers = [Reader(made, "/live.mjpeg") for _ in range(5)]
        streams = [looker.pictures() for looker in lookers]
        seen = [[next(stream)[0] for _ in range(5)] for stream in streams]
        for looker in lookers:
            looker.close()
        assert made.encoded <= max(map(max, seen)) + 2


def test_a_slow_client_gets_fewer_pictures_and_no_queue():
    with Made(jpeg=noise()) as made:
        slow = Reader(made, "/live.mjpeg", receive_bytes=32_768)
        first = next(slow.pictures())[0]
        with Reader(made, "/live.mjpeg") as quick:
            stream = quick.pictures()
            got = [next(stream)[0] for _ in range(30)]
        late = slow.pictures()
        old = [number for number, _ in (next(late) for _ in range(8)) if number <= got[-1]]
        slow.close()
    assert got == sorted(set(got))
    assert len(old) < 8, (first, old, got)


def test_twenty_look_and_the_next_is_told_to_come_later(made):
    lookers = [Reader(made, "/live.mjpeg") for _ in range(MOST)]
    assert {looker.code for looker in lookers} == {200}
    code, headers, _ = made.ask("/live.mjpeg")
    assert (code, headers["retry-after"]) == (503, "10")
    lookers[0].close()
    wait_for(lambda: Reader(made, "/live.mjpeg").code == 200)
    for looker in lookers:
        looker.close()


def test_no_other_source(made):
    assert made.ask("/live.mjpeg?source=cellar")[0] == 404
    assert made.ask("/stream?source=")[0] == 404


def test_asking_for_the_head_of_a_stream_ends(made):
    assert made.ask("/live.mjpeg", "HEAD")[0] == 200
    assert made.ask("/stream", "HEAD")[0] == 200


# The process


def test_a_process_that_is_killed_is_replaced_at_the_same_place(caplog):
    with Made() as made, caplog.at_level(logging.WARNING):
        made.feed.tell([event(0)])
        before = made.dashboard.process_id
        with Reader(made, "/stream") as reader:
            told = reader.events(1)
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: made.dashboard.process_id not in (None, before))
        with Reader(made, "/stream") as reader, Reader(made, "/live.mjpeg") as looker:
            assert reader.events(1) == told
            assert next(looker.pictures())[1]
    assert "started again" in caplog.text


def test_one_that_says_nothing_any_more_and_goes_on_is_replaced(monkeypatch):
    """As one that is killed looks for a moment, on a machine with much to do."""
    silent = (
        "import os, sys, time; from edgewright.agent.dashboard.framing import write; "
        "sys.stdin.buffer.readline(); write(sys.stdout.buffer, {'port': 0}); os.close(1); time.sleep(600)"
    )
    monkeypatch.setattr("edgewright.agent.dashboard.process._BOOTSTRAP", silent)
    with Dashboard(Address(port=0), Shown("m", ("a",)), dict) as dashboard:
        monkeypatch.undo()  # those that follow serve
        wait_for(lambda: takes_connections(dashboard.address.host, dashboard.address.port))


def test_a_start_that_somebody_breaks_off_leaves_nothing_to_wait_for(monkeypatch):
    def interrupted(stream):
        raise KeyboardInterrupt

    monkeypatch.setattr("edgewright.agent.dashboard.process.read", interrupted)
    with pytest.raises(KeyboardInterrupt), Dashboard(Address(port=0), Shown("m", ("a",)), dict):
        pass
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            assert thread.finished.is_set()


def test_an_address_in_use_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(UsageError, match=r"in use\. Choose another"), Dashboard(address, Shown("m", ("a",)), dict):
            pass


def test_an_address_of_another_machine_is_one_line():
    with (
        pytest.raises(UsageError, match=r"192\.0\.2\.1:8080: cannot assign"),
        Dashboard(Address("192.0.2.1"), Shown("m", ("a",)), dict),
    ):
        pass


# The feed alone


def test_what_nobody_wants_is_not_shown():
    feed = Feed()
    assert not feed.wants("door")
    feed.ask({"want": "door", "picture": True})
    assert feed.wants("door")
    feed.show(view(1), lambda: b"jpeg")
    assert not feed.wants("door")
    assert feed.news().views[0][1] == b"jpeg"


def test_a_picture_that_was_not_fetched_is_replaced():
    feed = Feed()
    for number in (1, 2):
        feed.ask({"want": "door", "picture": True})
        feed.show(view(number), bytes)
    assert [shown.number for shown, _ in feed.news().views] == [2]


def test_the_longer_a_picture_takes_the_later_is_the_next():
    feed = Feed()
    feed.ask({"want": "door", "picture": True})
    feed.show(view(1), lambda: time.sleep(0.05) or b"jpeg")
    feed.ask({"want": "door", "picture": True})
    assert not feed.wants("door")
    assert feed._due_s["door"] - time.monotonic() > 1
