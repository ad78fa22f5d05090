"""Programs and files over a real sshd, and what is said when it does not work."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from deploy.loopback import know, new_key, running
from edgewright.deploy.reaching import Device, connect
from edgewright.deploy.reaching import connection as connecting
from edgewright.errors import DeployError
from waiting import wait_for

STRANGE = ["", "a b", "it's", '"$HOME"', "`id`", "a\nb", "*", "\\'", "!x", "ü"]


def test_words_arrive_as_they_are(device):
    program = "import json, sys; print(json.dumps([sys.argv[1:], sys.stdin.read()]))"
    with connect(device.destination) as connection:
        said = connection.run([connection.python, "-c", program, *STRANGE], input=b"x" * 300_000)
    assert json.loads(said) == [STRANGE, "x" * 300_000]


def test_a_file_is_put_there_whole_and_told(device, tmp_path):
    told = []
    content = os.urandom(3_000_001)
    target = tmp_path / "new folder" / "file"
    with connect(device.destination) as connection:
        size = connection.put(content, str(target), progress=lambda step, done, total: told.append((step, done, total)))
        connection.put(b"secret", str(tmp_path / "private" / "key"), mode=0o600)
    assert target.read_bytes() == content
    assert size == len(content)
    assert told[0] == ("upload", 0, size)
    assert told[-1] == ("upload", size, size)
    assert len(told) > 5
    assert (tmp_path / "private/key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "private").stat().st_mode & 0o077 == 0
    assert [path.name for path in target.parent.iterdir()] == ["file"]


def test_what_a_login_prints_is_no_answer(device, tmp_path):
    """A line of .bashrc, before and whatever is in it."""
    startup = device.folder / "home" / ".bashrc"
    startup.write_text("echo Welcome 3 times; echo '[1'; echo; echo 3 11\n")
    try:
        with connect(device.destination) as connection:
            assert connection.run(["true"]).startswith(b"Welcome")
            assert connection.python.startswith("/")
            assert Device(connection, str(tmp_path / "root")).root == str(tmp_path / "root")
            with pytest.raises(DeployError, match="does not say what it was asked"):
                connection.python_says("print('[' * 100_000)")
    finally:
        startup.unlink()


def test_what_prints_without_end_is_stopped(device, monkeypatch):
    monkeypatch.setattr(connecting, "_MOST_BYTES", 1 << 20)
    with connect(device.destination) as connection:
        with pytest.raises(DeployError, match=r"yes printed over 1 MB"):
            connection.run(["yes"])
        with pytest.raises(DeployError, match=r"printed over 1 MB"):
            list(connection.lines(["sh", "-c", "yes | tr -d '\\n'"], what="yes"))


def test_documents_come_while_a_program_still_runs(device):
    program = "import time; print('{\"stage\": 1}', flush=True); print('noise', flush=True); time.sleep(60)"
    with connect(device.destination) as connection:
        lines = connection.lines([connection.python, "-c", program])
        assert next(lines) == {"stage": 1}
        lines.close()


def test_one_connection_serves_all_and_nothing_is_left(device):
    before = set(device.sessions())
    with connect(device.destination) as connection:
        folder = connection._folder
        for _ in range(3):
            connection.run(["true"])
        assert len({*device.sessions()} - before) == 1
    assert not folder.exists()
    wait_for(lambda: not {*device.sessions()} - before)


def test_the_connection_outlives_a_pause_and_not_the_desk(device, monkeypatch):
    """What is left of a desk that was killed goes away by itself: nobody writes to `cat`, and nobody calls."""
    monkeypatch.setattr(connecting, "_PERSIST_S", 1)
    before = set(device.sessions())
    with connect(device.destination) as connection:
        time.sleep(3)
        connection.run(["true"])
        connection._held.kill()
        connection._held.wait()
        for _ in range(25):
            if not {*device.sessions()} - before:
                break
            time.sleep(1)
        assert not {*device.sessions()} - before
        with pytest.raises(DeployError, match="cut in the middle"):
            connection.run(["true"])


def test_a_program_that_fails_is_told_with_its_last_line(device):
    with connect(device.destination) as connection:
        with pytest.raises(DeployError, match=r"sh ended with 3: it is broken$"):
            connection.run(["sh", "-c", "echo more >&2; echo it is broken >&2; exit 3"])
        with pytest.raises(DeployError, match=r"there is no nothing-there$"):
            connection.run(["nothing-there"])


def test_a_program_that_is_killed_is_told_from_a_connection_that_is_cut(device):
    with connect(device.destination) as connection:
        with pytest.raises(DeployError, match="installing was killed on the device"):
            connection.run(["sh", "-c", "kill -9 $$"], what="installing")
        cutter = threading.Timer(0.3, device.cut)
        cutter.start()
        with pytest.raises(DeployError, match="the connection was cut in the middle"):
            connection.run(["sleep", "60"])
        cutter.join()
        with pytest.raises(DeployError, match="the connection was cut in the middle"):
            connection.run(["true"])


def test_an_upload_that_is_cut_leaves_the_old_file(device, tmp_path):
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def progress(step, done, total):
        if 0 < done < total and done > 20_000_000:
            device.cut()

    with connect(device.destination) as connection, pytest.raises(DeployError, match="cut in the middle"):
        connection.put(bytes(200_000_000), str(target), progress=progress)
    assert target.read_bytes() == b"old"
    with connect(device.destination) as connection:
        connection.put(b"new", str(target))
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_another_host_key_than_before_is_refused(device, tmp_path):
    other = tmp_path / "other"
    new_key(other)
    know(device.folder, device.port, other.with_suffix(".pub"))
    try:
        with pytest.raises(
            DeployError, match=rf"host key is another one .* ssh-keygen -R '\[127.0.0.1\]:{device.port}'"
        ):
            connect(device.destination)
        (device.folder / "known_hosts").write_text("")
        with pytest.raises(DeployError, match="host key is not known here yet"):
            connect(device.destination)
    finally:
        know(device.folder, device.port, device.folder / "host.pub")


def test_a_key_that_is_not_taken_is_told(device, tmp_path, monkeypatch):
    new_key(tmp_path / "stranger")
    config = tmp_path / "config"
    text = (device.folder / "ssh_config").read_text()
    config.write_text(text.replace(str(device.folder / "user"), str(tmp_path / "stranger")))
    monkeypatch.setenv("EDGEWRIGHT_SSH", f"ssh -F {config}")
    with pytest.raises(DeployError, match=f"takes none of your keys. .* ssh-copy-id -p {device.port} 127.0.0.1$"):
        connect(device.destination)


def test_no_host_no_port_and_no_ssh_are_one_line_each(device, monkeypatch):
    with pytest.raises(DeployError, match="no such host is known"):
        connect("no-such-host.invalid")
    with pytest.raises(DeployError, match="nothing answers to SSH there"):
        connect("127.0.0.1:1")
    monkeypatch.setenv("EDGEWRIGHT_SSH", "/nowhere/ssh")
    with pytest.raises(DeployError, match="openssh-client"):
        connect(device.destination)


@pytest.mark.parametrize(
    ("version", "told"), [(None, "it has no python3"), ("3 9", "its Python is 3.9, expected at least 3.11")]
)
def test_a_device_without_a_python_that_is_new_enough_is_told(tmp_path, monkeypatch, version, told):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "sh").symlink_to("/bin/sh")
    if version:
        (programs / "python3").write_text(f"#!/bin/sh\necho {version} $0\n")
        (programs / "python3").chmod(0o755)
    with running(tmp_path / "sshd", {"PATH": str(programs)}) as device:
        monkeypatch.setenv("EDGEWRIGHT_SSH", device.ssh)
        with connect(device.destination) as connection, pytest.raises(DeployError, match=told):
            connection.put(b"", str(tmp_path / "file"))


def test_a_disk_that_is_full_is_told_and_the_old_file_stays(device, full_disk: Path):
    (full_disk / "file").write_bytes(b"old")
    with connect(device.destination) as connection, pytest.raises(DeployError, match="its disk is full"):
        connection.put(bytes(20_000_000), str(full_disk / "file"))
    assert [path.name for path in full_disk.iterdir()] == ["file"]


def test_ctrl_c_closes_the_connection(device):
    before = set(device.sessions())
    with pytest.raises(KeyboardInterrupt), connect(device.destination) as connection:  # noqa: PT012
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        connection.run(["sleep", "60"])
    wait_for(lambda: not {*device.sessions()} - before)
