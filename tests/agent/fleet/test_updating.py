"""Following what is wanted, from a real HTTPS server: what is taken, what is not, and what is not tried again.

In the installer's place is a program that does as it is told; `test_pulling.py` has the real one.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgewright.agent.fleet.device import Device
from edgewright.agent.fleet.settings import UpdateSettings
from edgewright.agent.fleet.updating import Updating
from edgewright.agent.fleet.wishes import Inbox, PolledFile, Wanted
from waiting import wait_for

from .serving import FileServer

pytestmark = pytest.mark.extras

INSTALLER = """\
import sys, time, json
from pathlib import Path
root = Path(__file__).parent
with (root / "installed").open("a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
exec((root / "behavior").read_text())
"""
DATA = b"a bundle" * 1000


class Following:
    """Updates of a device, looked at while they go on."""

    def __init__(self, settings: UpdateSettings, device: Device, inbox: Inbox | None = None) -> None:
        self.device = device
        self.updating = Updating(
            settings, device, inbox or PolledFile(settings, device), pause_s=0.05, longest_pause_s=0.2
        )
        self.updating.start()

    def wait_for(self, state: str) -> str:
        wait_for(lambda: self.updating.told().state == state, told=self.updating.told)
        return self.updating.told().why

    @property
    def installed(self) -> list[list[str]]:
        path = self.device.root / "installed"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def follow(updates: UpdateSettings, device: Device) -> Iterator[Callable[..., Following]]:
    opened: list[Following] = []
    (device.root / "device.pyz").write_text(INSTALLER)
    (device.root / "behavior").write_text("")

    def start(version: int = 6, inbox: Inbox | None = None, **changes: object) -> Following:
        opened.append(Following(replace(updates, **changes), replace(device, label=f"{version}-00"), inbox))
        return opened[-1]

    yield start
    for one in opened:
        one.updating.stop()


@pytest.fixture
def want(server: FileServer) -> Callable[..., None]:
    server.files["/door.bundle"] = DATA

    def lay_down(version: int = 7, **others: object) -> None:
        given = {"url": server.url("/door.bundle"), "sha256": hashlib.sha256(DATA).hexdigest(), "size": len(DATA)}
        server.files["/desired.json"] = json.dumps({"version": version, **given, **others}).encode()

    return lay_down


def behaves(device: Device, program: str) -> None:
    (device.root / "behavior").write_text(program)


def test_a_newer_version_is_fetched_and_handed_to_the_installer(want, follow, device):
    want()
    behaves(device, "(root / 'got').write_bytes(Path(sys.argv[-1]).read_bytes())")
    following = follow()
    assert following.wait_for("installed") == "it is at work once the agent is started again"
    assert (device.root / "got").read_bytes() == DATA
    (words,) = following.installed
    assert words[:3] == ["--root", str(device.root), "install"]
    assert words[3] == str(device.root / "incoming" / f"{hashlib.sha256(DATA).hexdigest()}.bundle")


def test_what_runs_already_and_what_is_older(want, follow, server):
    want(6)
    following = follow()
    following.wait_for("current")
    want(5)
    assert following.wait_for("older") == "6 runs here; only the desk takes a device back"
    assert following.installed == []
    assert "/door.bundle" not in [asked[0] for asked in server.asked]


def test_a_file_is_asked_for_again_only_where_it_changed(want, follow, server):
    want(6)
    follow().wait_for("current")
    while len(server.asked) < 3:
        time.sleep(0.05)
    assert [asked[2] for asked in server.asked[:3]] == [200, 304, 304]
    assert server.headers[0]["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("others", "state", "why"),
    [
        ({"machine": "pdp11"}, "refused", "there is no bundle for "),
        ({"python": "2.7"}, "refused", "there is no bundle for "),
        ({"devices": ["gate"]}, "none", ""),
        ({"sha256": "b" * 64}, "failed", "is not the bundle that was named: it has another SHA-256"),
        ({"size": 1}, "failed", "is not the bundle that was named: it has 8,000 bytes"),
        ({"size": 10_000_000}, "failed", "takes at most 5,000,000 (largest)"),
        ({"url": "http://localhost/door.bundle"}, "unreadable", "begins with https://"),
        ({"version": "7"}, "unreadable", "no good version"),
        ({"more": "x" * 70_000}, "unreadable", "at most 65,536 are read"),
    ],
)
def test_what_is_not_taken(want, follow, others, state, why):
    want(**others)
    following = follow()
    if state == "none":
        while not following.updating._wishes._tag:
            time.sleep(0.01)
    assert why in following.wait_for(state)
    assert following.installed == []


def test_what_failed_is_told_and_not_tried_again_until_the_wish_changes(want, follow, device, server):
    want()
    line = {"error": "no trusted key signed it"}
    behaves(device, f"print('{{\"stage\": \"verify\"}}'); print('''{json.dumps(line)}'''); sys.exit(1)")
    following = follow()
    assert following.wait_for("failed") == "no trusted key signed it"
    following.updating.stop()
    again = follow()
    assert again.wait_for("failed") == "no trusted key signed it"
    asked = len(server.asked)
    while len(server.asked) < asked + 2:
        time.sleep(0.05)
    assert len(again.installed) == 1
    server.files["/other.bundle"] = b"other" * 100
    digest = hashlib.sha256(b"other" * 100).hexdigest()
    behaves(device, "")
    want(8, url=server.url("/other.bundle"), sha256=digest, size=500)
    again.wait_for("installed")
    assert len(again.installed) == 2


@pytest.mark.parametrize(("kind", "tries"), [("OutputError", 5), ("DeployError", 2)])
def test_what_says_nothing_against_the_bundle_is_tried_again(want, follow, device, kind, tries):
    """For want of room for ever; for other reasons a few times."""
    want()
    line = json.dumps({"error": "not now", "kind": kind})
    behaves(device, f"print('{line}'); sys.exit(not (root / 'free').exists())")
    following = follow()
    assert following.wait_for("waiting") == "not now"
    while len(following.installed) < tries:
        time.sleep(0.02)
    (device.root / "free").touch()
    following.wait_for("installed")


def test_a_reason_that_never_passes_is_one_against_it(want, follow, device):
    want()
    line = json.dumps({"error": "no venv", "kind": "DeployError"})
    behaves(device, f"print('{line}'); sys.exit(1)")
    following = follow()
    assert following.wait_for("failed") == "no venv"
    assert len(following.installed) == 3


def test_one_that_the_launcher_took_back(want, follow, device):
    """The installer is at work while the agent is replaced; the new version does not come up, the old one is back."""
    want()
    behaves(device, "time.sleep(1)")
    first = follow()
    first.wait_for("installing")
    while not first.installed:
        time.sleep(0.01)
    first.updating.stop()
    second = follow()
    second.wait_for("installing")
    (device.root / "status.json").write_text(
        json.dumps({"version": "7-0123456789ab", "state": "rolled back", "why": "it did not report within 30 s"})
    )
    assert second.wait_for("failed") == "rolled back: it did not report within 30 s"
    assert len(second.installed) == 1


def test_one_that_somebody_took_back(want, follow, device):
    want()
    follow().wait_for("installed")
    follow(version=7).wait_for("current")
    back = follow()
    assert back.wait_for("failed") == "it was here, and the device was taken back from it"
    assert len(back.installed) == 1


def test_an_installation_that_a_power_cut_ended_is_tried_again_but_not_for_ever(want, follow, device):
    want()
    behaves(device, "import os, signal; time.sleep(60)")
    for number in range(1, 4):
        following = follow()
        following.wait_for("installing")
        while len(following.installed) < number:
            time.sleep(0.01)
        following.updating.stop()
        following.updating._installer._process.kill()
        following.updating._installer._process.wait()
    last = follow()
    assert last.wait_for("failed") == "its installation was cut short 3 times"
    assert len(last.installed) == 3


def test_a_server_that_is_away_and_a_bundle_that_is_not_there_yet(want, follow, server):
    following = follow()
    assert "404 Not Found" in following.wait_for("waiting")
    want()
    del server.files["/door.bundle"]
    while "door.bundle" not in following.wait_for("waiting"):
        time.sleep(0.02)
    server.files["/door.bundle"] = DATA
    following.wait_for("installed")
    server.close()
    assert following.installed


@pytest.mark.parametrize(
    ("others", "wanted"),
    [
        ({"devices": ["gate"]}, Wanted()),
        (
            {"url": "http://x"},
            Wanted(problem="what is laid down cannot be read: it has no good url, which begins with"),
        ),
    ],
)
def test_a_server_that_was_away_is_no_trouble_once_it_says_that_nothing_changed(
    want, updates, device, server, others, wanted
):
    want(**others)
    file = PolledFile(updates, device)

    def told() -> Wanted:
        file._due_s = 0.0
        return file.look(0.0, threading.Event())

    first, laid_down = told(), server.files.pop("/desired.json")
    assert first.problem.startswith(wanted.problem)
    assert (told().passes, told().problem.endswith("the server answered 404 Not Found")) == (True, True)
    server.files["/desired.json"] = laid_down
    assert told() == first
    assert [code for _, _, code in server.asked] == [200, 404, 404, 304]
    file.close()


def test_no_installer_there(want, follow, device):
    want()
    (device.root / "device.pyz").unlink()
    assert "can't open file" in follow().wait_for("failed")


def test_wishes_of_a_broker(follow, device, server, want):
    """The highest version counts, and what is no wish hides none."""
    topics = ("s/devices/door/desired", "s/groups/yard/desired")
    inbox = Inbox(topics, device)
    following = follow(inbox=inbox)
    want(6)
    current = server.files["/desired.json"]
    inbox.put("s/elsewhere", b"garbage")
    inbox.put(topics[0], b"garbage")
    assert "Expecting value" in following.wait_for("unreadable")
    inbox.put(topics[1], current)
    following.wait_for("current")
    want(5)
    inbox.put(topics[0], server.files["/desired.json"])
    time.sleep(0.1)
    assert following.updating.told().state == "current"
    inbox.put(topics[1], b"")
    following.wait_for("older")
    inbox.put(topics[0], b"")
    following.wait_for("none")


class Hooked(dict):
    """Files of a server; `then` is called before one is given."""

    def __getitem__(self, path: str) -> bytes:
        if path == "/door.bundle":
            self.then()
        return super().__getitem__(path)


@pytest.mark.parametrize("other", [True, False], ids=["for another", "for none"])
def test_a_wish_that_changes_while_its_bundle_is_on_the_way_is_not_installed(follow, device, server, want, other):
    want(7)
    inbox = Inbox(("s/devices/door/desired",), device)
    seven = server.files["/desired.json"]
    want(6)
    changed = server.files["/desired.json"] if other else b""
    server.files = Hooked(server.files)
    server.files.then = lambda: inbox.put(inbox.topics[0], changed)
    following = follow(inbox=inbox)
    inbox.put(inbox.topics[0], seven)
    wait_for(lambda: any(path == "/door.bundle" for path, *_ in server.asked), told=following.updating.told)
    following.wait_for("current" if other else "none")
    assert following.installed == []


def test_wishes_of_a_connection_before_are_believed_until_the_broker_has_sent_what_it_holds(device, want, server):
    want(7)
    seven = server.files["/desired.json"]
    inbox = Inbox(("s/devices/door/desired", "s/groups/yard/desired"), device)

    def version() -> int | None:
        desired = inbox.look(0.0, threading.Event()).desired
        return desired.version if desired else None

    for topic in inbox.topics:
        inbox.put(topic, seven)
    inbox.begin()
    assert (version(), inbox.is_settled) == (7, False)
    inbox.put(inbox.topics[1], seven)
    inbox.settle()
    assert (version(), inbox.is_settled) == (7, True)
    inbox.begin()
    assert version() == 7
    inbox.settle()
    assert (version(), inbox.is_settled) == (None, True)


def test_a_memory_that_is_damaged(want, follow, device, tmp_path: Path):
    want()
    for text in ("{", "[]", '{"sha256": 7, "version": "x", "state": []}'):
        (device.root / "update.json").write_text(text)
        following = follow()
        following.wait_for("installed")
        following.updating.stop()
