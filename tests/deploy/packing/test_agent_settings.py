"""An agent's file for a device: models beside it, state and passwords elsewhere, all else byte for byte."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.agent import read_settings
from edgewright.deploy.packing.agent_settings import _rewritten, pack_settings
from edgewright.errors import HubError, UsageError

MODEL = "models/mobilenet_v1_0.25_128_quant.tflite"
OTHER = "models/mobilenet_v2_1.0_224_quant.tflite"

TEXT = """\
# The door.
model = '{model}'   # sees who comes
then = "{other}"
on = ["person"] # only
state = "kept"

[options]
labels = "{labels}"

[source]
stream = "rtsp://camera.lan/1"
credentials = "camera.toml"

[[sinks]]
send = "file:out/events.jsonl"

[[sinks]]
send = "mqtt://broker/site/door"
credentials = "secret/broker.toml"
"""


@pytest.fixture
def folder(tmp_path: Path, shared_file: Callable[[str], Path]) -> Path:
    (tmp_path / "secret").mkdir()
    (tmp_path / "ours.pem").write_text("a certificate of ours")
    for name, content in {
        "secret/broker.toml": f'user = "door"\npassword = "hush-5f2a"\nca = "{tmp_path / "ours.pem"}"\n',
        "camera.toml": 'user = "admin"\npassword = "psst-77c1"\n',
    }.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "my model.tflite").write_bytes(shared_file(MODEL).read_bytes())
    (tmp_path / "labels of mine.txt").write_text("".join(f"thing {n}\n" for n in range(1001)))
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.write_bytes(text.encode())
    return path


@pytest.fixture
def text(folder: Path, shared_file: Callable[[str], Path]) -> str:
    return TEXT.format(model="my model.tflite", other=shared_file(OTHER), labels=folder / "labels of mine.txt")


def test_labels_are_those_beside_the_file_wherever_it_is_packed(folder, text, tmp_path_factory, monkeypatch):
    path = written(folder, text.replace(str(folder / "labels of mine.txt"), "labels of mine.txt"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert pack_settings(path).files.keys() == {"model/labels-of-mine.txt"}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_paths_are_those_of_the_bundle_and_nothing_else_is_touched(folder, text, shared_file, newline):
    text = text.replace("\n", newline)
    packed = pack_settings(written(folder, text))
    assert packed.text == (
        text.replace("'my model.tflite'", '"model/my-model.tflite"')
        .replace(str(shared_file(OTHER)), f"model/{Path(OTHER).name}")
        .replace('"kept"', '"../../state"')
        .replace(str(folder / "labels of mine.txt"), "model/labels-of-mine.txt")
        .replace("file:out/events.jsonl", "file:../../state/events.jsonl")
        .replace("camera.toml", "../../secrets/camera.toml")
        .replace("secret/broker.toml", "../../secrets/broker.toml")
    )
    assert packed.models["model/my-model.tflite"].data == shared_file(MODEL).read_bytes()
    assert packed.models.keys() == {"model/my-model.tflite", f"model/{Path(OTHER).name}"}
    assert packed.files.keys() == {"model/labels-of-mine.txt"}
    assert packed.extras == {"agent", "video"}


def test_no_password_is_in_what_is_packed_and_the_device_finds_them_with_their_certificates(folder, text):
    packed = pack_settings(written(folder, text))
    everything = [packed.text.encode(), *packed.files.values(), *(model.data for model in packed.models.values())]
    assert not any(
        word in content for content in everything for word in (b"hush-5f2a", b"psst-77c1", b"certificate of ours")
    )
    assert "hush-5f2a" not in repr(packed)
    assert packed.secrets == {
        "camera.toml": b'user = "admin"\npassword = "psst-77c1"\n',
        "broker.toml": b'user = "door"\npassword = "hush-5f2a"\nca = "../../secrets/broker.toml-ours.pem"\n',
        "broker.toml-ours.pem": b"a certificate of ours",
    }


def test_laid_out_as_on_a_device_the_agent_reads_it(folder, text, tmp_path, monkeypatch):
    packed, version = pack_settings(written(folder, text)), tmp_path / "root/versions/1-abc"
    for path, content in {
        "agent.toml": packed.text.encode(),
        **packed.files,
        **{path: model.data for path, model in packed.models.items()},
        **{f"../../secrets/{name}": content for name, content in packed.secrets.items()},
    }.items():
        target = version / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o600)
    (tmp_path / "root/state").mkdir()
    monkeypatch.chdir(version)
    settings = read_settings(Path("agent.toml"))
    assert settings.state.resolve() == tmp_path / "root/state"
    assert Path(settings.model).samefile(version / "model/my-model.tflite")
    # By this name the outbox keeps its place: it must be the same in each version.
    assert settings.sinks[0].name == f"file:{tmp_path}/root/state/events.jsonl"


def test_where_no_state_is_said_it_is_said_first(folder):
    packed = pack_settings(written(folder, 'model = "my model.tflite"\n[source]\nlines = true\n'))
    assert packed.text == 'state = "../../state"\nmodel = "model/my-model.tflite"\n[source]\nlines = true\n'
    assert packed.extras == set()


def test_the_same_model_twice_is_packed_once_and_two_of_a_name_have_two(folder, shared_file):
    (folder / "b").mkdir()
    (folder / "b/My model.tflite").write_bytes(shared_file(OTHER).read_bytes())
    text = 'model = "my model.tflite"\nthen = "b/My model.tflite"\n[source]\nlines = true\n'
    packed = pack_settings(written(folder, text))
    assert [*packed.models] == ["model/my-model.tflite", "model/My-model-2.tflite"]
    twice = pack_settings(written(folder, text.replace("b/My", "my")))
    assert [*twice.models] == ["model/my-model.tflite"]
    assert tomllib.loads(twice.text)["then"] == "model/my-model.tflite"


def test_two_files_of_one_name_stay_two(folder):
    for place in "ab":
        (folder / place).mkdir()
        for name in ("labels.txt", "own.pem"):
            (folder / place / name).write_text(f"{name} of {place}")
    (folder / "broker.toml").write_text(f'ca = "{folder}/a/own.pem"\ncertificate = "{folder}/b/own.pem"\n')
    (folder / "broker.toml").chmod(0o600)
    packed = pack_settings(written(folder, f"""\
model = "my model.tflite"
then = "my model.tflite"
options.labels = "{folder}/a/labels.txt"
then_options.labels = "{folder}/b/labels.txt"
[source]
lines = true
[[sinks]]
send = "file:a/events.jsonl"
[[sinks]]
send = "file:b/events.jsonl"
[[sinks]]
send = "mqtt://broker/site/door"
credentials = "broker.toml"
"""))  # fmt: skip
    told = tomllib.loads(packed.text)
    assert packed.files[told["options"]["labels"]] == b"labels.txt of a"
    assert packed.files[told["then_options"]["labels"]] == b"labels.txt of b"
    assert [sink["send"] for sink in told["sinks"][:2]] == [
        "file:../../state/events.jsonl", "file:../../state/2-events.jsonl",
    ]  # fmt: skip
    credentials = tomllib.loads(packed.secrets["broker.toml"].decode())
    certificates = [packed.secrets[credentials[key].rpartition("/")[2]] for key in ("ca", "certificate")]
    assert certificates == [b"own.pem of a", b"own.pem of b"]


@pytest.mark.parametrize(
    ("lines", "extras"),
    [
        ("[source]\ncamera = 0", {"video"}),
        ("[source]\nfolder = '/srv/in'", {"heic"}),
        ("[source]\nserial = '/dev/ttyUSB0'", {"serial"}),
        ("[source]\nmicrophone = true", {"microphone", "sound"}),
        ("[source]\nmqtt = 'mqtt://broker/a'", {"agent"}),
        ("health = 9464\ndashboard = 8080\n[source]\nlines = true", {"agent", "dashboard"}),
        ("[source]\nlines = true\n[[sinks]]\nsend = 'https://host/x'\n[[sinks]]\nsend = 'stdout'", {"agent"}),
        ("options.engine = 'openvino'\n[source]\nlines = true", {"openvino"}),
    ],
)
def test_what_the_device_needs_is_found(folder, lines, extras):
    assert pack_settings(written(folder, f'model = "my model.tflite"\n{lines}\n')).extras == extras


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("[source]\nfolder = 'in'", "line 3: folder: 'in' is a path on the device, so it begins with /"),
        ("[source]\nstream = 'rtsp://me:pw@camera/1'", "line 3: stream: a bundle holds no passwords"),
        ("[source]\nlines = true\nspeed = 3", "line 4: source.speed: there is no setting"),
        ("options.labels = 'gone.txt'\n[source]\nlines = true", "line 2: labels: gone.txt cannot be read"),
    ],
)
def test_what_cannot_be_packed_is_told_with_its_line(folder, lines, said):
    path = written(folder, f'model = "my model.tflite"\n{lines}\n')
    path.chmod(0o600)
    with pytest.raises(UsageError, match=r"agent\.toml") as caught:
        pack_settings(path)
    assert said in str(caught.value)


def test_a_face_detector_that_is_needed_has_to_be_here(folder):
    blurring = 'model = "my model.tflite"\n[source]\nlines = true\n[privacy]\nblur = "face"\n'
    with pytest.raises(HubError, match="edgewright models get face_detector"):
        pack_settings(written(folder, blurring))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[privacy]\n  blur = 'face' # all\nmask = []", "[privacy]\n  model = \"m\"\n  blur = 'face' # all\nmask = []"),
        ("privacy = { threshold = 1, blur = 'face' }", "privacy = { threshold = 1, model = \"m\", blur = 'face' }"),
        ("privacy.blur = ['face']", "privacy.model = \"m\"\nprivacy.blur = ['face']"),
    ],
)
def test_and_is_then_named_in_the_way_of_the_file(written, expected):
    text = f"state = 's'\n{written}\n"
    assert _rewritten(text, tomllib.loads(text), {("privacy", "model"): "m"}) == f"state = 's'\n{expected}\n"
