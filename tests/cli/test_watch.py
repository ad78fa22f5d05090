"""`edgewright watch` as a person types it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from waiting import wait_for


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
        assert event["result"]["top"][0]["label"] == "macaw"
        assert "What running the model here saves" in said.stderr
        assert "Traceback" not in said.stderr

    @pytest.mark.parametrize(
        ("limits", "looked_at", "still"), [((), 3, 0), (("--motion", "0.5%"), 1, 2), (("--rate", "50"), 3, 0)]
    )
    def test_still_pictures_are_not_looked_at(self, edgewright, model, folder, tmp_path, limits, looked_at, still):
        (picture,) = folder.iterdir()
        for number in range(2):
            shutil.copy(picture, folder / f"again-{number}.jpg")
        said = edgewright("watch", model, "--folder", folder, "--once", "--json", "--send", "file:e.jsonl", *limits,
                          cwd=tmp_path)  # fmt: skip
        status = json.loads(said.stdout)
        assert (status["looked_at"], status["still"]) == (looked_at, still)

    @pytest.mark.parametrize(
        ("limit", "words"),
        [
            (("--motion", "much"), "--motion: 'much', expected a share like 0.5%"),
            (("--motion", "100%"), "motion: 1 of the picture, expected a share between 0 and 1, as 0.5%"),
            (("--rate", "0"), "'--rate': 0.0 is not in the range x>0"),
            (("--signature", "other"), "there is no signature 'other'"),
        ],
    )
    def test_a_limit_that_makes_no_sense_is_one_line(self, edgewright, model, folder, tmp_path, limit, words):
        said = edgewright("watch", model, "--folder", folder, "--once", *limit, cwd=tmp_path)
        assert said.returncode == 2
        assert words in said.stderr
        assert len(said.stderr.splitlines()) == 1

    def test_no_picture_of_a_folder_is_passed_over_unless_asked(self, edgewright, model, folder, tmp_path, shared_file):
        for name in ("cat.bmp", "owl.jpg", "sunflower.bmp"):
            (folder / name).write_bytes(shared_file(f"images/{name}").read_bytes())
        said = edgewright("watch", model, "--folder", folder, "--once", cwd=tmp_path)
        names = [json.loads(line)["picture"] for line in said.stdout.splitlines()]
        assert sorted(names) == ["cat.bmp", "owl.jpg", "parrot.jpg", "sunflower.bmp"]
        newest = edgewright("watch", model, "--folder", folder, "--once", "--newest", "--state", "other", cwd=tmp_path)
        assert 1 <= len(newest.stdout.splitlines()) < 4

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

    def test_a_detector_with_a_rule_says_where_it_saw_that(self, edgewright, tmp_path, shared_file):
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.jpg").write_bytes(shared_file("images/cats_and_dogs.jpg").read_bytes())
        detector = shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")
        said = edgewright(
            "watch", detector, "--folder", "in", "--once", "--label", "dog", "--score", "0.4", cwd=tmp_path
        )
        assert said.returncode == 0, said.stderr
        (event,) = map(json.loads, said.stdout.splitlines())
        seen = event["observation"]
        assert (event["kind"], seen["label"]) == ("rule", "dog")
        assert seen in event["result"]["detections"]
        x0, y0, x1, y1 = seen["box"]
        assert 0 <= x0 < x1 <= event["result"]["width"]
        assert 0 <= y0 < y1 <= event["result"]["height"]

    @pytest.mark.parametrize(("count", "events"), [(2, 1), (3, 0)])
    def test_so_many_of_them_in_one_picture(self, edgewright, tmp_path, shared_file, count, events):
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.jpg").write_bytes(shared_file("images/cats_and_dogs.jpg").read_bytes())
        detector = shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")
        two_dogs = ("--label", "dog", "--score", "0.4", "--count", count)
        said = edgewright("watch", detector, "--folder", "in", "--once", *two_dogs, cwd=tmp_path)
        assert (said.returncode, len(said.stdout.splitlines())) == (0, events)

    def test_the_status_of_the_agent_that_a_file_describes(self, edgewright, model, folder, tmp_path):
        (tmp_path / "agent.toml").write_text(
            f'model = "{model}"\nstate = "kept"\n[source]\nfolder = "in"\nonce = true\n'
        )
        assert edgewright("watch", "agent.toml", cwd=tmp_path).returncode == 0
        said = edgewright("watch", "agent.toml", "--status", cwd=tmp_path, COLUMNS=80)
        assert "frames captured" in said.stdout
        assert "The agent is not running; it wrote this" in said.stdout
        assert max(map(len, said.stdout.splitlines())) <= 80
        shutil.rmtree(folder)  # as a card that was taken out
        again = edgewright("watch", "agent.toml", "--status", cwd=tmp_path, COLUMNS=80)
        assert again.stdout.splitlines()[:5] == said.stdout.splitlines()[:5]

    def test_the_summary_as_json(self, edgewright, model, folder, tmp_path):
        said = edgewright("watch", model, "--folder", "in", "--once", "--send", "file:e.jsonl", "--json", cwd=tmp_path)
        assert json.loads(said.stdout)["looked_at"] == 1

    def test_the_summary_as_json_beside_events_on_standard_output(self, edgewright, model, folder, tmp_path):
        said = edgewright("watch", model, "--folder", "in", "--once", "--json", cwd=tmp_path)
        (event,) = map(json.loads, said.stdout.splitlines())
        assert event["label"] == "macaw"
        assert json.loads(said.stderr[said.stderr.index("\n{") :])["looked_at"] == 1

    def test_status_and_summary_as_json(self, edgewright, model, folder, tmp_path):
        edgewright("watch", model, "--folder", folder, "--once", "--send", "file:e.jsonl", cwd=tmp_path)
        said = edgewright("watch", "--status", "--json", cwd=tmp_path)
        assert json.loads(said.stdout)["events"] == 1

    def test_the_status_is_compared_with_a_server_over_the_network_that_is_named(
        self, edgewright, model, folder, tmp_path
    ):
        edgewright("watch", model, "--folder", folder, "--once", "--send", "file:e.jsonl", cwd=tmp_path)
        usual = json.loads(edgewright("watch", "--status", "--json", cwd=tmp_path).stdout)
        status = json.loads(edgewright("watch", "--status", "--json", "--link", "1Mbit,2s", cwd=tmp_path).stdout)
        assert usual["link"] == {"bits_per_s": 10e6, "round_trip_s": 0.04}
        assert status["link"] == {"bits_per_s": 1e6, "round_trip_s": 2.0}
        assert status["server_s"] == pytest.approx(2 + 10 * (usual["server_s"] - 0.04), rel=1e-3)
        said = edgewright("watch", "--status", "--link", "1Mbit,2s", cwd=tmp_path)
        assert "1 Mbit/s, 2000 ms" in said.stdout
        wrong = edgewright("watch", "--status", "--link", "fast", cwd=tmp_path)
        assert (wrong.returncode, wrong.stdout) == (2, "")

    @pytest.mark.parametrize(
        ("numbers", "code"),
        [
            ([signal.SIGTERM], 0),
            ([signal.SIGINT], 130),
            ([signal.SIGINT, signal.SIGINT], 130),
            ([signal.SIGINT, signal.SIGTERM], 130),
            ([signal.SIGTERM, signal.SIGINT], 0),
        ],
        ids=str,
    )
    def test_a_signal_ends_it_cleanly_and_its_code_says_which(self, model, folder, tmp_path, numbers, code):
        command = Path(sys.executable).with_name("edgewright")
        process = subprocess.Popen(
            [command, "watch", model, "--folder", folder, "--send", "file:e.jsonl", "--log", "json"],
            cwd=tmp_path, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        wait_for((tmp_path / "e.jsonl").exists)
        time.sleep(0.3)
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.1)  # of two at once the system may bring the second first
        _, told = process.communicate(timeout=60)
        assert process.returncode == code, told
        assert "Traceback" not in told
        assert len((tmp_path / "e.jsonl").read_text().splitlines()) == 1

    def test_each_label_has_its_own_cool_down(self, edgewright, model, folder, tmp_path, shared_file):
        (folder / "cat.bmp").write_bytes(shared_file("images/cat.bmp").read_bytes())
        (folder / "again.bmp").write_bytes(shared_file("images/cat.bmp").read_bytes())
        labels = (
            "--label",
            "macaw",
            "--label",
            "Egyptian cat",
            "--label",
            "macaw",
            "--score",
            "0.1",
            "--cooldown",
            "1h",
        )
        said = edgewright("watch", model, "--folder", folder, "--once", *labels, cwd=tmp_path)
        assert said.returncode == 0, said.stderr
        events = [json.loads(line) for line in said.stdout.splitlines()]
        assert sorted((event["rule"], event["label"]) for event in events) == [("Egyptian cat",) * 2, ("macaw",) * 2]

    def test_two_labels_in_one_picture_are_an_event_each(self, edgewright, tmp_path, shared_file):
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.jpg").write_bytes(shared_file("images/cats_and_dogs.jpg").read_bytes())
        detector = shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")
        labels = ("--label", "dog", "--label", "cat", "--score", "0.4")
        said = edgewright("watch", detector, "--folder", "in", "--once", *labels, cwd=tmp_path)
        assert sorted(json.loads(line)["rule"] for line in said.stdout.splitlines()) == ["cat", "dog"]

    def test_the_labels_of_one_rule_in_a_file_share_its_cool_down(
        self, edgewright, model, folder, tmp_path, shared_file
    ):
        (folder / "cat.bmp").write_bytes(shared_file("images/cat.bmp").read_bytes())
        (tmp_path / "agent.toml").write_text(
            f'model = "{model}"\n[source]\nfolder = "in"\nonce = true\n'
            '[[rules]]\nname = "animal"\nlabels = ["macaw", "Egyptian cat"]\nscore = 0.1\ncooldown = "1h"\n'
        )
        said = edgewright("watch", "agent.toml", cwd=tmp_path)
        assert len(said.stdout.splitlines()) == 1, said.stderr

    def test_a_status_is_of_now_and_nothing_is_written_where_nobody_asks(self, edgewright, model, folder, tmp_path):
        command = Path(sys.executable).with_name("edgewright")
        process = subprocess.Popen(
            [command, "watch", model, "--folder", folder, "--send", "file:e.jsonl"],
            cwd=tmp_path, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        written = tmp_path / "edgewright-state" / "status.json"
        wait_for((tmp_path / "e.jsonl").exists)
        before = written.stat().st_mtime_ns
        time.sleep(6)
        assert written.stat().st_mtime_ns == before
        asked_s = time.time()
        status = json.loads(edgewright("watch", "--status", "--json", cwd=tmp_path).stdout)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        assert status["running"]
        assert status["written_s"] >= asked_s
        assert (status["captured"], status["looked_at"], status["sent"]) == (1, 1, 1)
        assert not (tmp_path / "edgewright-state" / "asked").exists()

    def test_one_that_does_not_answer_has_said_it_a_while_ago(self, edgewright, model, folder, tmp_path):
        """A program of before, or one that hangs: it holds the lock, and takes no notice."""
        import fcntl

        edgewright("watch", model, "--folder", folder, "--once", cwd=tmp_path)
        state = tmp_path / "edgewright-state"
        with (state / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            said = edgewright("watch", "--status", cwd=tmp_path)
        assert said.returncode == 0
        assert "The agent is running; it wrote this" in said.stdout
        assert not (state / "asked").exists()

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
            (("MODEL", "--folder", "in", "--send", "https://[door/x"), "Invalid IPv6 URL", 2),
            (("MODEL", "--mqtt", "mqtt://[door/x"), "Invalid IPv6 URL", 2),
            (("MODEL", "--folder", "in", "--blur", ""), "expected a label", 2),
            (("MODEL", "--folder", "in", "--score", "0.3"), "goes with --label", 2),
            (("MODEL", "--folder", "in", "--count", "2"), "goes with --label", 2),
            (("MODEL", "--camera", "0", "--every-frame"), "a camera does not wait", 2),
            (("MODEL", "--camera", "0", "--once"), "--once goes with --folder", 2),
            (("MODEL", "--camera", "0", "--home-assistant"), "--home-assistant goes with one --send mqtts://", 2),
            (("MODEL", "--stream", "rtsp://u:secret@host/1"), "EDGEWRIGHT_STREAM_PASSWORD", 2),
            (("MODEL", "--stream", "rtsp://u:secret@host/1", "--print-service"), "EDGEWRIGHT_STREAM_PASSWORD", 2),
            (("MODEL", "--folder", "in", "--send", "carrier-pigeon:x", "--print-service"), "no kind of sink", 2),
            (("MODEL", "--folder", "in", "--send", "file:nowhere/e.jsonl"), "Make it first", 2),
            (("agent.toml", "--top", "3"), "--top: agent.toml describes the whole agent", 2),
            (("broken.toml",), "broken.toml: ", 2),
            (("broken.toml", "--status"), "line 2", 2),
            (("MODEL", "--folder", "in", "--credentials", "nowhere"), "cannot be read", 2),
            (("missing.tflite", "--folder", "in"), "missing.tflite", 1),
            (("missing.toml",), "missing.toml", 2),
            (("--status",), "no agent has kept its state", 2),
        ],
    )
    def test_one_line_and_an_exit_code(self, edgewright, model, folder, tmp_path, arguments, words, code):
        (tmp_path / "agent.toml").write_text('model = "m"\n[source]\ncamera = 0\n')
        (tmp_path / "broken.toml").write_text('model = "m"\n[source\n')
        given = [str(model) if word == "MODEL" else word for word in arguments]
        said = edgewright("watch", *given, cwd=tmp_path)
        assert words in said.stderr
        assert len(said.stderr.strip().splitlines()) == 1
        assert "secret" not in said.stderr
        assert said.returncode == code

    def test_a_port_in_use(self, edgewright, model, folder, tmp_path):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            said = edgewright("watch", model, "--folder", folder, "--once", "--health", port, cwd=tmp_path)
        assert said.returncode == 2
        assert f"port {port}: Address already in use" in said.stderr
        assert len(said.stderr.strip().splitlines()) == 1

    def test_a_broker_that_is_not_there_is_one_line_and_the_events_wait(self, edgewright, model, folder, tmp_path):
        arguments = ("watch", model, "--folder", folder, "--once", "--send", "mqtt://127.0.0.1:1/site/door")
        said = edgewright(*arguments, cwd=tmp_path)
        assert said.returncode == 1
        lines = [line for line in said.stderr.splitlines() if "cannot be reached" in line and "WARNING" in line]
        assert len(lines) == 1
        status = json.loads(edgewright("watch", "--status", "--json", cwd=tmp_path).stdout)
        assert status["pending"] == {"mqtt://127.0.0.1:1/site/door": 1}

    @pytest.mark.parametrize("where", [
        "mqtt://127.0.0.1:1/t", "mqtts://127.0.0.1:1/t", "http://127.0.0.1:1/", "https://127.0.0.1:1/",
    ])  # fmt: skip
    def test_what_could_not_be_delivered_is_said_and_fails(self, edgewright, model, folder, tmp_path, where):
        said = edgewright(
            "watch", model, "--folder", folder, "--once", "--send", where, "--send", "stdout", cwd=tmp_path
        )
        assert said.returncode == 1
        last = said.stderr.strip().splitlines()[-1]
        assert last.startswith(f"edgewright: not delivered: 1 event for {where[:4]}")
        assert last.endswith(". The next start sends them from edgewright-state")
        assert len(said.stdout.splitlines()) == 1, "the other sink has it"

    def test_a_stop_with_events_that_wait_is_no_failure(self, model, folder, tmp_path):
        command = Path(sys.executable).with_name("edgewright")
        process = subprocess.Popen(
            [command, "watch", model, "--folder", folder, "--send", "http://127.0.0.1:1/"],
            cwd=tmp_path, stderr=subprocess.PIPE, text=True, env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        for line in process.stderr:
            if "trying again" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        assert process.returncode == 0

    def test_a_detector_without_such_a_label_names_the_nearest(self, edgewright, folder, tmp_path, shared_file):
        detector = shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")
        said = edgewright("watch", detector, "--folder", folder, "--once", "--label", "dgo", cwd=tmp_path)
        assert (said.returncode, len(said.stderr.strip().splitlines())) == (2, 1)
        assert "no label 'dgo' among its" in said.stderr
        assert "Did you mean 'dog'" in said.stderr

    @pytest.mark.parametrize("name", ["yamnet"])
    def test_a_model_of_another_task(self, edgewright, folder, tmp_path, shared_file, name):
        said = edgewright("watch", shared_file(f"models/{name}.tflite"), "--folder", folder, "--once", cwd=tmp_path)
        assert said.returncode != 0
        assert f"{name}.tflite takes sounds, and from a folder come pictures" in said.stderr
        assert len(said.stderr.strip().splitlines()) == 1


def test_without_extras_a_folder_and_a_file_are_enough(model, folder, tmp_path):
    """`pip install edgewright` alone: what the extras bring is never imported."""
    program = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('av', 'paho', 'httpx', 'prometheus_client')))  # none can be imported\n"
        f"sys.argv = ['edgewright', 'watch', {str(model)!r}, '--folder', 'in', '--once', '--send', 'file:e.jsonl']\n"
        "from edgewright.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "e.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("--camera", "0"), "video"),
        (("--stream", "rtsp://camera/1"), "video"),
        (("--folder", "in", "--send", "mqtt://broker/topic"), "agent"),
        (("--folder", "in", "--send", "https://host/path"), "agent"),
        (("--folder", "in", "--health", "9464"), "agent"),
    ],
)
def test_a_missing_extra_says_the_line_that_installs_it(model, folder, tmp_path, arguments, extra):
    program = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('av', 'paho', 'httpx', 'prometheus_client')))\n"
        f"sys.argv = ['edgewright', 'watch', {str(model)!r}, *{arguments!r}]\n"
        "from edgewright.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert f"pip install 'edgewright[{extra}]'" in done.stderr
