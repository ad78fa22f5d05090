"""Sources of sounds and readings as people name them: in TOML, on the command line, in a word of Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.agent import read_settings, source_of
from edgewright.errors import UsageError

from .sensors import pump


@pytest.fixture
def settings(tmp_path: Path):
    """Read a file with these lines in its source."""
    (tmp_path / "a.wav").write_bytes(b"RIFF")

    def read(*lines: str):
        path = tmp_path / "agent.toml"
        path.write_text("\n".join(['model = "m.tflite"', "[source]", *lines]) + "\n")
        return read_settings(path)

    return read


@pytest.mark.parametrize(
    ("lines", "kind", "target", "every_frame", "options"),
    [
        (["microphone = true"], "microphone", "", False, {}),
        (['microphone = "USB"'], "microphone", "USB", False, {}),
        (["microphone = 2"], "microphone", "2", False, {}),
        (['sound = "a.wav"'], "sound", "{folder}/a.wav", True, {}),
        (['pcm = "s16le@16000"'], "pcm", "s16le@16000", True, {}),
        (["lines = true"], "lines", "-", True, {}),
        (['serial = "/dev/ttyUSB0"', "baud = 9600"], "serial", "/dev/ttyUSB0", False, {"baud": 9600}),
        (
            ['mqtt = "mqtt://b/t"', 'credentials = "c.toml"'],
            "mqtt",
            "mqtt://b/t",
            False,
            {"credentials": "{folder}/c.toml"},
        ),
    ],
)
def test_in_toml(settings, tmp_path, lines, kind, target, every_frame, options):
    (spec,) = settings(*lines).sources
    assert (spec.kind, spec.target) == (kind, target.format(folder=tmp_path))
    assert spec.every_frame is every_frame
    told = {key: str(value).format(folder=tmp_path) for key, value in options.items()}
    assert {key: str(value) for key, value in spec.options.items()} == told


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (['sound = "b.wav"'], 3, "source.sound: .*b.wav: there is no such sound file"),
        (['serial = "/dev/ttyUSB0"', 'baud = "fast"'], 4, "source.baud: expected a whole number, got 'fast'"),
        (["camera = 0", "baud = 9600"], 4, "source.baud: goes with a serial port, not with camera"),
        (["lines = 1.5"], 3, "source.lines: expected text or a whole number, got 1.5"),
        (["microphone = true", "every_frame = true"], 4, "a microphone does not wait for the model"),
        (["microphone = true", "lines = true"], 2, "got 2 of them"),
        (["microfone = true"], 3, "there is no setting 'microfone'. Did you mean 'microphone'?"),
    ],
)
def test_mistakes_in_toml_have_their_line(settings, lines, line, said):
    with pytest.raises(UsageError, match=rf"agent\.toml, line {line}: .*{said.replace('?', '.')}"):
        settings(*lines)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("/dev/ttyUSB0", "serial"),
        ("/dev/serial/by-id/usb-Arduino", "serial"),
        ("/dev/video2", "camera"),
        ("mqtts://broker/pump", "mqtt"),
        ("rtsp://camera/1", "stream"),
        ("{folder}/a.wav", "sound"),
        ("{folder}/a.mp4", "video"),
    ],
)
def test_in_a_word(tmp_path, word, kind):
    for name in ("a.wav", "a.mp4"):
        (tmp_path / name).write_bytes(b"")
    assert source_of(word.format(folder=tmp_path)).kind == kind


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--camera", "0"], "pump.tflite takes series of readings, and from a camera come pictures"),
        (["--lines", "--serial", "/dev/ttyUSB0"], "name one source: --camera, "),
        (["--mqtt", "broker/topic"], "expected the address of a broker and a topic"),
        (["--lines", "--label", "anomali"], "anomaly"),
    ],
)
def test_mistakes_on_the_command_line(tmp_path, words, said):
    pump().save(tmp_path / "pump.tflite")
    command = [sys.executable, "-m", "edgewright", "watch", "pump.tflite", *words]
    done = subprocess.run(command, input="", capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr.splitlines()[-1]


def test_a_model_that_says_nothing_of_its_rate(tmp_path, shared_file):
    plain = shared_file("models/audio_527_without_metadata.tflite")
    command = [sys.executable, "-m", "edgewright", "watch", str(plain), "--pcm", "s16le@16000"]
    done = subprocess.run(command, input="", capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.rstrip().endswith(
        "Say it: rate=16000 is the most usual. A TOML file that describes the agent says it in its table [options]"
    )
    (tmp_path / "agent.toml").write_text(f'model = "{plain}"\n[source]\npcm = "s16le@16000"\n[options]\nrate = 16000\n')
    subprocess.run([*command[:4], "agent.toml"], input="", capture_output=True, text=True, cwd=tmp_path, check=True)
