"""The systemd unit, and what the service manager is told."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edgewright.agent import notify, unit


@pytest.fixture
def program(tmp_path, monkeypatch) -> Path:
    """A program that is there, since systemd looks."""
    path = tmp_path / "edgewright"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(path), "watch"])
    monkeypatch.chdir(tmp_path)
    return path


def command_of(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    return line.removeprefix("ExecStart=")


class TestUnit:
    @pytest.mark.parametrize(
        ("word", "written"),
        [
            ("mobilenet.tflite", "mobilenet.tflite"),
            ("mqtts://broker:8883/site/door", "mqtts://broker:8883/site/door"),
            ("file:my events.jsonl", '"file:my events.jsonl"'),
            ("50%", '"50%%"'),
            ("$HOME", '"$$HOME"'),
            ('say "x"', r'"say \"x\""'),
            ("it's", '"it\'s"'),
            ("back\\slash", r'"back\\slash"'),
            ("two\nlines", r'"two\x0alines"'),
            ("", '""'),
        ],
    )
    def test_arguments_are_quoted_as_systemd_reads_them(self, program, word, written):
        assert command_of(unit([word], "m")) == f"{program} watch {written}"

    def test_it_runs_as_the_user_who_printed_it_in_this_folder(self, program, tmp_path):
        lines = unit(["m.tflite"], "m.tflite").splitlines()
        assert f"User={getpass.getuser()}" in lines
        assert f"WorkingDirectory={tmp_path}" in lines

    def test_a_name_cannot_add_lines(self, program):
        text = unit(["m"], "m\nExecStartPre=/bin/evil %n")
        assert "Description=Edgewright agent: m ExecStartPre=/bin/evil %%n" in text.splitlines()

    def test_a_module_is_run_by_its_python(self, program, monkeypatch):
        monkeypatch.setattr(sys, "argv", ["/somewhere/edgewright/__main__.py", "watch"])
        assert command_of(unit(["m"], "m")) == f"{sys.executable} -m edgewright watch m"

    @pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
    def test_systemd_accepts_it(self, program, tmp_path):
        path = tmp_path / "agent.service"
        path.write_text(unit(["m x.tflite", "--label", '5% "$off"', "--send", "stdout"], "m x.tflite"))
        done = subprocess.run(
            ["systemd-analyze", "verify", path], capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, str(path) in done.stderr) == (0, False), done.stderr


class TestNotify:
    def test_the_service_manager_hears_it(self, tmp_path, monkeypatch):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(tmp_path / "notify"))
            monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
            notify("READY=1")
            assert manager.recv(100) == b"READY=1"

    def test_one_that_is_gone_does_no_harm(self, tmp_path, monkeypatch):
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
        notify("WATCHDOG=1")

    def test_one_that_hangs_is_not_waited_for(self, tmp_path, monkeypatch):
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as others,
        ):
            manager.bind(str(tmp_path / "notify"))
            others.setblocking(False)
            others.connect(str(tmp_path / "notify"))
            with contextlib.suppress(BlockingIOError):
                while others.send(b"WATCHDOG=1"):
                    pass
            monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
            telling = threading.Thread(target=notify, args=["WATCHDOG=1"], daemon=True)
            telling.start()
            telling.join(30)
            assert not telling.is_alive()
