"""Sounds and readings from where they come: a serial port, standard input, sound files and tracks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from edgewright.agent import Frame, Outbox, SourceError
from edgewright.agent.capture.opening import open_for
from edgewright.agent.capture.sources import NoMemory, open_source
from edgewright.agent.capture.sources.signals import silence as silences
from edgewright.agent.capture.sources.signals.pcm import PcmFormat
from edgewright.agent.capture.sources.signals.readings import Readings
from edgewright.agent.capture.taking import Takes
from edgewright.errors import DataError, UsageError
from waiting import wait_for

from ..media.sounds import tone, wav
from .sensors import RATE, SerialPort, hearing, measuring


class Reading:
    """Reads a source in a thread, again each time that it breaks off."""

    def __init__(self, kind: str, target: object, takes: object, **options: object) -> None:
        made = {"every_frame": False, "memory": NoMemory(), "takes": takes, **options}
        self._source = open_source(kind, target, **made)  # type: ignore[arg-type]
        self.rows: list[list[float]] = []
        self.problems: list[str] = []
        self.failures: list[str] = []
        self._closed = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._closed:
            try:
                for frame in self._source.frames():
                    self._take(frame)
            except SourceError as error:
                self.failures.append(str(error))
                time.sleep(0.02)

    def _take(self, frame: Frame) -> None:
        if frame.damaged:
            self.problems.append(frame.error or "")
        else:
            self.rows += frame.content.values.tolist()  # type: ignore[union-attr]

    def until(self, holds: Callable[[Reading], object]) -> None:
        wait_for(lambda: holds(self), told=lambda: (self.rows, self.problems, self.failures))

    def close(self) -> None:
        self._closed = True
        self._source.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


class TestSerial:
    @pytest.fixture
    def port(self, tmp_path: Path) -> Iterator[SerialPort]:
        port = SerialPort(tmp_path)
        yield port
        port.close()

    @pytest.fixture
    def read(self, port: SerialPort) -> Iterator[Callable[..., Reading]]:
        opened: list[Reading] = []

        def start(**options: object) -> Reading:
            opened.append(Reading("serial", str(port.path), measuring(), **options))
            return opened[-1]

        yield start
        for one in opened:
            one.close()

    @pytest.fixture
    def reading(self, port: SerialPort, read: Callable[..., Reading]) -> Reading:
        """One that has begun, and forgot it."""
        reading = read()
        self.begin(port, reading)
        return reading

    def begin(self, port: SerialPort, reading: Reading) -> None:
        reading.rows.clear()
        port.greet(lambda: bool(reading.rows))
        port.write("\n9,9\n")
        reading.until(lambda reading: reading.rows[-1] == [9, 9])
        for heard in (reading.rows, reading.problems):
            heard.clear()

    def test_lines_in_pieces(self, port: SerialPort, reading: Reading) -> None:
        port.write("1,2\r\n3,")
        reading.until(lambda reading: reading.rows == [[1, 2]])
        port.write("4\r\n")
        reading.until(lambda reading: reading.rows == [[1, 2], [3, 4]])
        assert not reading.problems

    def test_names_are_heeded_at_any_time(self, port: SerialPort, reading: Reading) -> None:
        port.write("y,x\n1,2\nbooting again\nx,y\n3,4\n")
        reading.until(lambda reading: reading.rows == [[2, 1], [3, 4]])
        assert reading.problems == ["no row of numbers: 'booting again'"]

    def test_garbage_is_counted_and_the_next_line_is_read(self, port: SerialPort, reading: Reading) -> None:
        def write() -> None:
            port.write(b"1,2\n\xff\xfe\x00\x13#\n1\n1,2,3\n" + b"9" * 100_000 + b"\n3,4\n")

        threading.Thread(target=write, daemon=True).start()
        reading.until(lambda reading: reading.rows == [[1, 2], [3, 4]])
        assert len(reading.problems) == 4
        assert reading.problems[-1] == "a line has more than 65,536 characters"

    def test_unplugged_a_hundred_times_and_back_again(self, port: SerialPort, read: Callable[..., Reading]) -> None:
        reading = read()
        for number in range(1, 101):
            reading.rows.clear()
            port.greet(lambda: bool(reading.rows))
            port.unplug()
            reading.until(lambda reading, number=number: len(reading.failures) >= number)
            port.plug()
        assert {failure.removeprefix(f"{port.path}: ") for failure in reading.failures} <= {
            "it is gone (is it plugged in?)",
            "there is none (is it plugged in?)",
        }

    def test_silence_and_nothing_but_garbage_are_told_apart(
        self, port: SerialPort, read: Callable[..., Reading], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(silences, "SILENT_S", 0.5)
        reading = read(baud=9600)
        reading.until(lambda reading: "silent for 0.5 s" in reading.failures)
        garbled = (
            "nothing that can be read for 0.5 s (no row of numbers: '#\\x13'). Is the speed right? It is read at 9600 "
            "baud"
        )
        reading.until(lambda reading: port.write("#\x13\n") or garbled in reading.failures)

    def test_the_time_in_which_nobody_took_its_readings_is_no_silence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As where the disk is full for a while."""
        clock = SimpleNamespace(monotonic=lambda: now_s)
        monkeypatch.setattr(silences, "time", clock)
        now_s = 0.0
        readings = Readings(measuring())
        for _ in readings.frames("1,2"):
            now_s = 60.0
        readings.silence.check()
        now_s = 120.0
        with pytest.raises(SourceError, match="silent for 20 s"):
            readings.silence.check()

    def test_one_that_another_program_uses(
        self, port: SerialPort, reading: Reading, read: Callable[..., Reading]
    ) -> None:
        busy = f"{port.path}: it is busy: another program is using it"
        read().until(lambda other: busy in other.failures)

    @pytest.mark.parametrize(
        ("target", "said"),
        [
            ("", "expected a device such as /dev/ttyUSB0"),
            ("/dev/ttyUSB0@7", "a speed of 7 baud; usual ones are 9600 and 115200"),
        ],
    )
    def test_what_is_no_port(self, target: str, said: str) -> None:
        with pytest.raises(UsageError, match=said):
            open_source("serial", target, every_frame=False, memory=NoMemory(), takes=measuring())


class TestStandardInput:
    @pytest.fixture
    def pipe(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
        """Standard input is what is written here."""
        kept = os.dup(0)
        ours, theirs = os.pipe()
        os.dup2(ours, 0)
        yield theirs
        os.dup2(kept, 0)
        for one in (kept, ours):
            os.close(one)

    def frames(self, kind: str, target: object, takes: object) -> list[Frame]:
        source = open_source(kind, target, every_frame=True, memory=NoMemory(), takes=takes)
        return list(source.frames())

    def test_lines(self, pipe: int) -> None:
        os.write(pipe, b"x,y\n1,2\n\nbad\n3,4")
        os.close(pipe)
        frames = self.frames("lines", True, measuring())
        assert [frame.content.values.tolist() for frame in frames if not frame.damaged] == [[[1, 2]], [[3, 4]]]
        assert [frame.error for frame in frames if frame.damaged] == ["no row of numbers: 'bad'"]

    def test_a_missing_column_is_one_clear_line(self, pipe: int) -> None:
        os.write(pipe, b"x,z\n1,2\n3,4\n")
        os.close(pipe)
        with pytest.raises(DataError, match=r"^standard input: the first line: there is no column y; it has x, z$"):
            self.frames("lines", True, measuring())

    def test_it_ends_though_nobody_writes(self, pipe: int) -> None:
        source = open_source("lines", True, every_frame=True, memory=NoMemory(), takes=measuring())
        thread = threading.Thread(target=lambda: list(source.frames()))
        thread.start()
        source.close()
        thread.join(10)
        assert not thread.is_alive()
        os.close(pipe)

    @pytest.mark.parametrize(
        ("form", "data"),
        [
            ("s16le@16000", b"\x00\x40\x00\xc0"),
            ("S16_BE@16000", b"\x40\x00\xc0\x00"),
            ("u8@16000", b"\xc0\x40"),
            ("s8@16000", b"\x40\xc0"),
            ("f32le@16000", b"\x00\x00\x00\x3f\x00\x00\x00\xbf"),
            ("FLOAT_LE@16000", b"\x00\x00\x00\x3f\x00\x00\x00\xbf"),
            ("s32le@16000", b"\x00\x00\x00\x40\x00\x00\x00\xc0"),
        ],
    )
    def test_samples(self, pipe: int, form: str, data: bytes) -> None:
        for byte in data:
            os.write(pipe, bytes([byte]))
        os.close(pipe)
        frames = self.frames("pcm", form, hearing())
        assert np.concatenate([frame.content.values for frame in frames]).tolist() == [[0.5], [-0.5]]
        assert {frame.content.rate for frame in frames} == {16000}

    def test_several_channels_stay_side_by_side(self, pipe: int) -> None:
        os.write(pipe, np.array([1, 2, 3, 4], "<i2").tobytes())
        os.close(pipe)
        (frame,) = self.frames("pcm", "s16le@44100x2", hearing())
        assert (frame.content.values * 32768).tolist() == [[1, 2], [3, 4]]

    @pytest.mark.parametrize(
        "text", ["", "s16le", "s16le@", "mp3@16000", "s16le@12", "s16le@16000x0", "s16le@16000x99"]
    )
    def test_what_says_nothing_of_samples(self, text: str) -> None:
        with pytest.raises(UsageError, match=r"bare samples|a sound has 1,000"):
            PcmFormat.parse(text)


class TestSoundFiles:
    def heard(self, path: Path, kind: str = "sound") -> np.ndarray:
        takes = Takes("sound", "model.tflite", hearing())
        source = open_for(takes, kind, str(path), every_frame=True, memory=NoMemory())
        return np.concatenate([frame.content.values[:, 0] for frame in source.frames()])

    def test_in_pieces(self, tmp_path: Path) -> None:
        sound = (tone(440, RATE, 60.05) * 32767).astype("<i2")
        (tmp_path / "a.wav").write_bytes(wav(sound.tobytes(), rate=RATE))
        heard = self.heard(tmp_path / "a.wav")
        np.testing.assert_array_equal(heard[: len(sound)], sound.astype(np.float32) / 32768)
        assert not heard[len(sound) :].any()

    def test_compressed_and_at_another_rate(self, tmp_path: Path) -> None:
        soundfile = pytest.importorskip("soundfile")
        sound = tone(440, 44_100, 1.0)
        for name in ("a.flac", "a.mp3"):
            soundfile.write(tmp_path / name, sound, 44_100)
            heard = self.heard(tmp_path / name)
            assert np.abs(np.fft.rfft(heard)).argmax() * RATE / len(heard) == pytest.approx(440, abs=2)

    def test_a_broken_one_is_heard_as_far_as_it_goes(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        soundfile = pytest.importorskip("soundfile")
        soundfile.write(tmp_path / "a.flac", np.random.default_rng(1).normal(0, 0.1, 10 * RATE), RATE)
        data = (tmp_path / "a.flac").read_bytes()
        (tmp_path / "a.flac").write_bytes(data[: len(data) // 2])
        assert 3 * RATE < len(self.heard(tmp_path / "a.flac")) < 8 * RATE
        assert "broken, the rest is left out" in caplog.text

    def test_a_name_that_is_no_utf8_is_given_as_text(self, tmp_path: Path, outbox: Outbox) -> None:
        path = tmp_path / "caf\udce9.wav"
        path.write_bytes(wav(bytes(4 * RATE), rate=RATE))
        source = open_for(Takes("sound", "m", hearing()), "sound", str(path), every_frame=True, memory=outbox)
        assert source.name == f"sound:{tmp_path}/caf\\udce9.wav"
        assert len(list(source.frames())) == 20

    def test_what_is_no_sound(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"a\.wav: there is no such sound file"):
            self.heard(tmp_path / "a.wav")
        (tmp_path / "a.wav").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
        with pytest.raises(UsageError, match=r"a\.wav: no sound that can be heard: .*it is a picture"):
            self.heard(tmp_path / "a.wav")


class TestSoundTracks:
    @pytest.fixture
    def film(self, tmp_path: Path) -> Path:
        return written(tmp_path / "film.mp4", with_sound=True)

    def test_of_a_video(self, film: Path) -> None:
        takes = Takes("sound", "model.tflite", hearing())
        source = open_for(takes, "video", str(film), every_frame=True, memory=NoMemory())
        frames = list(source.frames())
        heard = np.concatenate([frame.content.values[:, 0] for frame in frames])
        assert source.name == f"video:{film}"
        assert len(heard) == pytest.approx(2 * RATE, abs=RATE // 5)
        assert np.abs(np.fft.rfft(heard)).argmax() * RATE / len(heard) == pytest.approx(440, abs=2)
        assert frames[-1].position.seconds == pytest.approx(2, abs=0.2)

    def test_damage_costs_the_sound_there_and_no_other(self, film: Path) -> None:
        """Also where the decoder does not call it invalid data, as AAC does of such bytes."""
        data = film.read_bytes()
        begin, end = len(data) // 2, len(data) * 3 // 4
        film.write_bytes(data[:begin] + b"\xff" * (end - begin) + data[end:])
        frames = self.all_of(film)
        assert any(frame.damaged for frame in frames)
        assert [frame for frame in frames if not frame.damaged][-1].position.seconds > 1.5

    def test_what_cannot_be_read_on_is_left_out_and_not_begun_anew(
        self, film: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Two recordings at two rates, one behind the other."""
        first = written(film.with_suffix(".ts"), with_sound=True).read_bytes()
        other = written(film.with_name("other.ts"), with_sound=True, rate=22_050).read_bytes()
        film.with_suffix(".ts").write_bytes(first + other)
        assert 15 < len(self.all_of(film.with_suffix(".ts"))) < 25
        assert "broken, the rest is left out" in caplog.text

    def all_of(self, film: Path) -> list[Frame]:
        takes = Takes("sound", "model.tflite", hearing())
        return list(open_for(takes, "video", str(film), every_frame=True, memory=NoMemory()).frames())

    def test_a_video_without_sound(self, tmp_path: Path) -> None:
        film = written(tmp_path / "film.mp4", with_sound=False)
        takes = Takes("sound", "model.tflite", hearing())
        with pytest.raises(UsageError, match="there is no sound in it, and the model takes sounds"):
            open_for(takes, "video", str(film), every_frame=True, memory=NoMemory())

    def test_of_a_stream(self, film: Path) -> None:
        """MPEG-TS over HTTP, from a server that hangs up at its end."""
        server, url = serving(written(film.with_suffix(".ts"), with_sound=True))
        takes = Takes("sound", "model.tflite", hearing())
        source = open_for(takes, "stream", url, every_frame=False, memory=NoMemory())
        heard = []
        with pytest.raises(SourceError, match="the stream ended"):
            heard.extend(source.frames())
        server.shutdown()
        server.server_close()
        samples = np.concatenate([frame.content.values[:, 0] for frame in heard])
        assert np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples) == pytest.approx(440, abs=2)


def written(path: Path, *, with_sound: bool, rate: int = 44_100) -> Path:
    """Two seconds of gray, with 440 Hz in stereo at 44,100 Hz, or at another rate."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream("aac", rate=rate, layout="stereo") if with_sound else None
        for _ in range(20):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 128, np.uint8), format="rgb24")
            container.mux(video.encode(picture))
        if audio is not None:
            sound = np.stack([tone(440, rate, 2.0)] * 2).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(sound, format="fltp", layout="stereo")
            frame.sample_rate = rate
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
        container.mux(video.encode(None))
    return path


def serving(path: Path):
    """A web server of one file."""
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(path.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/{path.name}"


class TestWhatSuits:
    @pytest.mark.parametrize(
        ("kind", "takes", "said"),
        [
            ("camera", Takes("sound", "yamnet.tflite", hearing()), "takes sounds, and from a camera come pictures"),
            ("serial", Takes("sound", "yamnet.tflite", hearing()), "from a serial port come readings"),
            ("microphone", Takes("series", "pump.tflite", measuring()), "from a microphone come sounds"),
            ("microphone", Takes("picture", "m.tflite"), "takes pictures, and from a microphone come sounds"),
            ("mqtt", Takes("picture", "m.tflite"), "What suits it: a camera, a stream, a video or a folder"),
        ],
    )
    def test_a_source_of_something_else_is_refused(self, kind: str, takes: Takes, said: str) -> None:
        with pytest.raises(UsageError, match=said):
            open_for(takes, kind, "0", every_frame=False, memory=NoMemory())
