"""`edgewright watch` as a person types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def model(shared_file):
    return shared_file("models/mobilenet_v1_0.25_128_quant.tflite")


@pytest.fixture
def folder(tmp_path, shared_file):
    path = tmp_path / "in"
    path.mkdir()
    (path / "parrot.jpg").write_bytes(shared_file("images/parrot.jpg").read_bytes())
    return path


class TestWatching:
    def test_a_folder_once(self, edgewright, model, folder, tmp_path):
        said = edgewright("watch", model, "--folder", folder, "--every-frame", "--once", cwd=tmp_path)
        assert said.returncode == 0, said.stderr
        (event,) = map(json.loads, said.stdout.splitlines())
        assert event["top"][0]["label"] == "macaw"
        assert "What running the model here saves" in said.stderr
        assert "Traceback" not in said.stderr

    def test_again_there_is_nothing_new(self, edgewright, model, folder, tmp_path):
        arguments = ("watch", model, "--folder", folder, "--every-frame", "--once")
        edgewright(*arguments, cwd=tmp_path)
        said = edgewright(*arguments, cwd=tmp_path)
        assert (said.returncode, said.stdout) == (0, "")

    def test_a_file_describes_the_whole_agent(self, edgewright, model, folder, tmp_path):
        text = f'model = "{model}"\n[source]\nfolder = "in"\nonce = true\n[[sinks]]\nsend = "file:e.jsonl"\n'
        (tmp_path / "agent.toml").write_text(text + '[[rules]]\nname = "bird"\nlabels = ["macaw"]\n')
        said = edgewright("watch", tmp_path / "agent.toml")
        assert said.returncode == 0, said.stderr
        assert json.loads((tmp_path / "e.jsonl").read_text())["rule"] == "bird"

    def test_status_and_summary_as_json(self, edgewright, model, folder, tmp_path):
        edgewright("watch", model, "--folder", folder, "--once", "--send", "file:e.jsonl", cwd=tmp_path)
        said = edgewright("watch", "--status", "--json", cwd=tmp_path)
        assert json.loads(said.stdout)["events"] == 1

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_cleanly(self, model, folder, tmp_path, number):
        command = Path(sys.executable).with_name("edgewright")
        process = subprocess.Popen(
            [command, "watch", model, "--folder", folder, "--send", "file:e.jsonl", "--log", "json"],
            cwd=tmp_path, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        end = time.monotonic() + 60
        while not (tmp_path / "e.jsonl").exists() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
        assert "Traceback" not in told
        assert len((tmp_path / "e.jsonl").read_text().splitlines()) == 1

    def test_a_systemd_unit_runs_this_very_command(self, edgewright, model, tmp_path):
        words = ("watch", model, "--camera", "0", "--send", "file:my events.jsonl")
        said = edgewright(*words, "--print-service", cwd=tmp_path)
        assert said.returncode == 0
        (line,) = [line for line in said.stdout.splitlines() if line.startswith("ExecStart=")]
        assert line.endswith(f'watch {model} --camera 0 --send "file:my events.jsonl"')
        assert "Type=notify" in said.stdout


class TestMistakes:
    @pytest.mark.parametrize(
        ("arguments", "words", "code"),
        [
            ((), "name a model", 2),
            (("MODEL",), "name one source", 2),
            (("MODEL", "--camera", "0", "--folder", "in"), "name one source", 2),
            (("MODEL", "--folder", "nowhere"), "no such folder", 2),
            (("MODEL", "--video", "nowhere.mp4"), "no such video", 2),
            (("MODEL", "--stream", "gopher://x"), "address begins with", 2),
            (("MODEL", "--folder", "in", "--send", "carrier-pigeon:x"), "no kind of sink", 2),
            (("MODEL", "--folder", "in", "--send", "mqtt://u:secret@host/t"), "every user of the machine", 2),
            (("MODEL", "--folder", "in", "--label", "macow", "--once"), "Did you mean 'macaw'", 2),
            (("MODEL", "--folder", "in", "--link", "fast"), "10Mbit,40ms", 2),
            (("MODEL", "--folder", "in", "--credentials", "nowhere"), "cannot be read", 2),
            (("missing.tflite", "--folder", "in"), "missing.tflite", 1),
            (("missing.toml",), "missing.toml", 2),
            (("--status",), "no agent has kept its state", 2),
        ],
    )
    def test_one_line_and_an_exit_code(self, edgewright, model, folder, tmp_path, arguments, words, code):
        given = [str(model) if word == "MODEL" else word for word in arguments]
        said = edgewright("watch", *given, cwd=tmp_path)
        assert words in said.stderr
        assert len(said.stderr.strip().splitlines()) == 1
        assert "secret" not in said.stderr
        assert said.returncode == code

    def test_a_model_of_another_task(self, edgewright, folder, tmp_path, shared_file):
        said = edgewright("watch", shared_file("models/yamnet.tflite"), "--folder", folder, "--once", cwd=tmp_path)
        assert said.returncode != 0
        assert len(said.stderr.strip().splitlines()) == 1
