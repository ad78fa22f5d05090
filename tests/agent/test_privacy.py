"""What other users of the machine, the log and the status can see: no password, no pixel, no event."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright.agent import Agent, Credentials, open_sink, read_settings, read_status, refuse_sharing
from edgewright.agent.capture.sources import NoMemory, open_source
from edgewright.agent.delivery.outbox import Outbox
from edgewright.agent.snapshots import SnapshotFolder
from edgewright.agent.state import locked
from edgewright.agent.state_names import OUTBOX
from edgewright.errors import OutputError, UsageError
from waiting import wait_for

SECRET = "s3cr3t-w0rd"


def pictures() -> list[np.ndarray]:
    return [np.zeros((8, 8, 3), np.uint8)]


@pytest.fixture
def run(small_model, tmp_path):
    """Run an agent to its end, in a state folder that is there already or not."""

    def run(state: Path = tmp_path / "state", **options: object) -> Path:
        Agent(small_model, pictures(), sinks=[f"file:{tmp_path / 'e.jsonl'}"], state=state, **options).run()
        return state

    return run


class TestState:
    def test_only_we_can_read_it_whatever_the_umask_is(self, run):
        before = os.umask(0)
        try:
            state = run(snapshots="local")
        finally:
            os.umask(before)
        assert stat.S_IMODE(state.stat().st_mode) == 0o700
        files = [path for path in state.rglob("*") if path.is_file()]
        assert {path.name for path in files} >= {"outbox.db", "status.json", "lock"}
        assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in files} == dict.fromkeys(
            [path.name for path in files], 0o600
        )

    def test_one_of_an_earlier_version_is_closed_to_others(self, run, tmp_path):
        state = run()
        (state / "outbox.db").chmod(0o644)
        run()
        assert stat.S_IMODE((state / "outbox.db").stat().st_mode) == 0o600

    def test_a_folder_that_everybody_can_write_to_is_refused(self, run, tmp_path):
        state = tmp_path / "open"
        state.mkdir()
        state.chmod(0o777)
        with pytest.raises(OutputError, match="every user can write there"):
            run(state)

    @pytest.mark.parametrize("name", ["lock", "outbox.db"])
    def test_a_link_is_not_followed(self, run, tmp_path, name):
        victim = tmp_path / "victim"
        victim.write_text("mine")
        victim.chmod(0o644)
        state = tmp_path / "state"
        state.mkdir()
        (state / name).symlink_to(victim)
        with pytest.raises(OutputError, match="state cannot be kept there"):
            run(state)
        assert (victim.read_text(), stat.S_IMODE(victim.stat().st_mode)) == ("mine", 0o644)

    @pytest.mark.parametrize("name", ["status.json", ".status.json"])
    def test_a_link_in_place_of_the_status_is_replaced(self, run, tmp_path, name):
        victim = tmp_path / "victim"
        victim.write_text("mine")
        state = tmp_path / "state"
        state.mkdir()
        (state / name).symlink_to(victim)
        run(state)
        assert victim.read_text() == "mine"
        assert json.loads((state / "status.json").read_text())["looked_at"] == 1

    def test_snapshots_do_not_go_through_a_link(self, run, tmp_path):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        state = tmp_path / "state"
        state.mkdir()
        (state / "snapshots").symlink_to(elsewhere)
        with pytest.raises(OutputError, match="link to somewhere else"):
            run(state, snapshots="local")
        assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no POSIX locks")
def test_a_second_agent_of_the_same_process_does_not_open_the_outbox_of_the_first_to_others(tmp_path):
    """A process that closes a file loses all of its locks on it; without them others take the log away."""
    other = (
        f"import sqlite3; sqlite3.connect({str(tmp_path / OUTBOX)!r}, timeout=0).execute('PRAGMA journal_mode=DELETE')"
    )
    with locked(tmp_path), contextlib.closing(Outbox(tmp_path / OUTBOX)):
        with pytest.raises(OutputError, match="another agent is at work"), locked(tmp_path):
            pass
        said = subprocess.run([sys.executable, "-c", other], capture_output=True, text=True, check=False)
    assert "database is locked" in said.stderr


class TestSnapshots:
    def test_the_oldest_go_when_there_are_too_many(self, tmp_path):
        folder = SnapshotFolder(tmp_path / "s", 100)
        for number in range(5):
            folder.save(f"{number}", bytes(40))
        assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["3.jpg", "4.jpg"]

    def test_those_of_an_earlier_run_count(self, tmp_path):
        SnapshotFolder(tmp_path / "s", 100).save("old", bytes(90))
        SnapshotFolder(tmp_path / "s", 100).save("new", bytes(90))
        assert [path.name for path in (tmp_path / "s").iterdir()] == ["new.jpg"]


class TestPasswords:
    def test_one_of_a_stream_is_in_no_name_log_event_or_status(self, small_model, tmp_path, caplog):
        pytest.importorskip("av")
        agent = Agent(small_model, f"http://user:{SECRET}@127.0.0.1:1/x?token={SECRET}", sinks=[print], state=tmp_path)
        with caplog.at_level(logging.DEBUG):
            stop_when_it_fails(agent, caplog)
        assert "Connection refused" in caplog.text
        assert SECRET not in caplog.text
        assert SECRET not in json.dumps(read_status(tmp_path))
        assert SECRET.encode() not in (tmp_path / "outbox.db").read_bytes()

    def test_a_stream_gets_its_own_from_the_environment(self, monkeypatch):
        pytest.importorskip("av")
        monkeypatch.setenv("EDGEWRIGHT_STREAM_USER", "the door")
        monkeypatch.setenv("EDGEWRIGHT_STREAM_PASSWORD", "a/b@c")
        monkeypatch.setenv("EDGEWRIGHT_PASSWORD", SECRET)
        source = open_source("stream", "rtsp://camera:554/1", every_frame=False, memory=NoMemory())
        assert source._url == "rtsp://the%20door:a%2Fb%40c@camera:554/1"
        assert source.name == "stream:rtsp://camera:554/1"

    @pytest.mark.parametrize(
        ("path", "shown"),
        [
            ("/user=admin_password=s3_cret_channel=1_stream=0.sdp", "/user=admin_password=…_channel=1_stream=0.sdp"),
            ("/user=admin&Passwd=s3cret&channel=1", "/user=admin&Passwd=…&channel=1"),
            ("/live/pwd=s3cret/1", "/live/pwd=…/1"),
            ("/password=s3cret", "/password=…"),
            ("/Streaming/Channels/101", "/Streaming/Channels/101"),
        ],
    )
    def test_one_in_the_path_of_a_stream_is_in_no_name(self, path, shown):
        pytest.importorskip("av")
        source = open_source("stream", f"rtsp://camera{path}", every_frame=False, memory=NoMemory())
        assert source.name == f"stream:rtsp://camera{shown}"
        assert source._url == f"rtsp://camera{path}"

    def test_what_the_environment_says_goes_to_none_that_names_its_own(self, tmp_path, monkeypatch):
        for name in ("USER", "PASSWORD", "TOKEN", "STREAM_USER", "STREAM_PASSWORD"):
            monkeypatch.setenv(f"EDGEWRIGHT_{name}", SECRET)
        own = tmp_path / "own.toml"
        own.write_text('user = "another"\n')
        own.chmod(0o600)
        path = tmp_path / "agent.toml"
        path.write_text(
            'model = "m"\n[source]\ncamera = 0\n'
            '[[sinks]]\nsend = "https://one/x"\n'
            '[[sinks]]\nsend = "https://two/x"\ncredentials = "own.toml"\n'
        )
        assert [sink._credentials.token for sink in read_settings(path).sinks] == [SECRET, None]
        stream = open_source("stream", "rtsp://camera/1", every_frame=False, memory=NoMemory(), credentials=own)
        assert stream._url == "rtsp://another:@camera/1"

    def test_one_password_is_for_one_host(self):
        refuse_sharing(Credentials(password="x"), ["mqtts://a/t", "https://a/x", "file:e.jsonl", "stdout"])
        refuse_sharing(Credentials(), ["mqtts://a/t", "https://b/x"])
        with pytest.raises(UsageError, match="a and b"):
            refuse_sharing(Credentials(token="x"), ["mqtts://a/t", "https://b/x"])

    @pytest.mark.parametrize(("target", "warned"), [("http://far/x", True), ("http://localhost/x", False)])
    def test_one_that_crosses_the_network_in_the_open_is_warned_of(self, caplog, target, warned):
        pytest.importorskip("httpx")
        with caplog.at_level(logging.WARNING, "edgewright"):
            open_sink(target, Credentials(token=SECRET))
        assert ("unencrypted" in caplog.text) is warned
        assert SECRET not in caplog.text


def stop_when_it_fails(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    import threading

    def wait() -> None:
        wait_for(lambda: "refused" in caplog.text)
        agent.stop()

    thread = threading.Thread(target=wait)
    thread.start()
    agent.run()
    thread.join()
