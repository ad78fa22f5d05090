"""The tables of the fleet in agent.toml: what they say, and where their mistakes are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edgewright.agent import Agent, read_settings
from edgewright.agent.fleet.device import Device
from edgewright.errors import UsageError

WHOLE = """\
model = "mobilenet.tflite"
[source]
folder = "in"
[fleet]
broker = "mqtts://broker.example/site/"
name = "door"
every = "5min"
[updates]
from = "https://host.example/desired.json"
every = "30min"
largest = "80MB"
"""


def written(folder: Path, text: str = WHOLE) -> Path:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "agent.toml").write_text(text)
    return folder / "agent.toml"


def test_whole_tables(tmp_path):
    settings = read_settings(written(tmp_path))
    fleet, updates = settings.fleet, settings.updates
    assert (fleet.base, fleet.name, fleet.every_s) == ("mqtts://broker.example/site", "door", 300)
    assert (updates.source, updates.every_s, updates.most_bytes) == (
        "https://host.example/desired.json",
        1800,
        80_000_000,
    )


def test_a_table_each_is_enough(tmp_path):
    text = WHOLE.partition("[fleet]")[0] + '[fleet]\nbroker = "mqtts://broker/site"\n[updates]\n'
    settings = read_settings(written(tmp_path, text))
    assert settings.updates.is_at_broker
    assert settings.fleet.name is None


def test_each_has_its_own_credentials_or_the_environment_s(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEWRIGHT_USER", "pi")
    monkeypatch.setenv("EDGEWRIGHT_PASSWORD", "secret")
    private = tmp_path / "private.toml"
    private.write_text('token = "word"\n')
    private.chmod(0o600)
    text = WHOLE + 'credentials = "private.toml"\n'
    settings = read_settings(written(tmp_path, text))
    assert (settings.fleet.credentials.user, settings.updates.credentials.user) == ("pi", None)
    assert settings.updates.credentials.token == "word"
    assert "secret" not in repr(settings.fleet)
    assert "word" not in repr(settings.updates)


def test_the_environment_s_password_goes_to_one_host(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEWRIGHT_PASSWORD", "secret")
    with pytest.raises(UsageError, match=r"broker.example and other.example would both get the same"):
        read_settings(written(tmp_path, WHOLE + '[[sinks]]\nsend = "mqtts://other.example/site"\n'))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("broker =", "brocker =", 5, "Did you mean 'broker'"),
        ("mqtts://broker.example/site/", "https://broker.example/site", 4, "expected a broker and a topic"),
        ("mqtts://broker.example/site/", "mqtts://broker.example", 4, "name a topic"),
        ("mqtts://broker.example/site/", "mqtts://broker.example/#", 4, "without + and #"),
        ("mqtts://broker.example/site/", "mqtts://u:secret@broker.example/s", 4, "every user of the machine can see"),
        ('"door"', '"my door"', 4, "name: 'my door', expected letters"),
        ('"door"', '"a/b"', 4, "name: 'a/b', expected letters"),
        ('"5min"', '"soon"', 7, "fleet.every: 'soon'"),
        ('"5min"', "0", 4, "every: 0 s, expected at least 1s"),
        ("from =", "form =", 9, "Did you mean 'from'"),
        (
            "https://host.example/desired.json",
            "http://host.example/desired.json",
            8,
            "expected an address like https://",
        ),
        ("https://host.example/desired.json", "https://u:secret@host.example/", 8, "can see a password in a URL"),
        ('"80MB"', '"much"', 11, "updates.largest: 'much'"),
        ('"80MB"', "0", 8, "largest: 0 bytes"),
        ('"80MB"', '"80MB"\ncredentials = "no.toml"', 12, "cannot be read"),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path, old, new, line, words):
    with pytest.raises(UsageError) as caught:
        read_settings(written(tmp_path, WHOLE.replace(old, new)))
    assert f"line {line}: " in str(caught.value)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_broker_s_word_needs_a_broker(tmp_path):
    text = WHOLE.partition("[fleet]")[0] + "[updates]\n"
    with pytest.raises(UsageError, match=r"line 4: updates: the version is read at the broker of \[fleet\]"):
        read_settings(written(tmp_path, text))


def test_updates_of_what_was_not_deployed(tmp_path, small_model, monkeypatch):
    monkeypatch.delenv("EDGEWRIGHT_ROOT", raising=False)
    settings = read_settings(written(tmp_path, WHOLE.replace("mobilenet.tflite", str(small_model))))
    with pytest.raises(UsageError, match=r"updates: this agent was not deployed \(EDGEWRIGHT_ROOT is not set\)"):
        Agent.from_settings(settings).run()


def test_who_this_device_is(tmp_path):
    device = tmp_path / "device.json"
    environment = {"EDGEWRIGHT_ROOT": str(tmp_path), "EDGEWRIGHT_VERSION": "12-3fa9c2d41b07"}
    assert Device.here(environment=environment).groups == ()
    device.write_text('{"names": ["door", "yard", "arm"]}')
    here = Device.here(environment=environment)
    assert (here.name, here.groups, here.version) == ("door", ("yard", "arm"), 12)
    assert Device.here("gate", environment).names == ("gate", "yard", "arm")
    for broken in ('{"names": ["a/b"]}', '{"names": 7}', "[]", "{", "\x00"):
        device.write_text(broken)
        assert Device.here(environment=environment).groups == ()
    assert Device.here(environment={}).version is None
    assert Device.here(environment={}).name


def test_an_agent_without_a_fleet_loads_nothing_of_it(tmp_path):
    path = written(tmp_path, WHOLE.partition("[fleet]")[0])
    code = f"""
import sys
from pathlib import Path
from edgewright.agent import read_settings
import edgewright.agent.running
read_settings(Path({str(path)!r}))
there = ("edgewright.agent.fleet", "edgewright.bundle", "paho", "httpx")
print([name for name in sys.modules if name.startswith(there)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
