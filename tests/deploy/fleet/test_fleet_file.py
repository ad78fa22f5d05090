"""fleet.toml: what it says, who comes first, and where its mistakes are."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgewright.deploy import read_fleet
from edgewright.errors import UsageError

WHOLE = """\
config = "agent.toml"
sign = "release"
canary = "10%"
settle = "2min"
stop_after = 2
parallel = 3
broker = "mqtts://broker.example/site"

[[devices]]
host = "pi@door.local"
name = "door"
groups = ["yard"]

[[devices]]
host = "pi@gate.local"
name = "gate"
groups = ["yard"]
config = "gate.toml"

[[devices]]
name = "roof"
canary = true
"""


def written(folder: Path, text: str = WHOLE) -> Path:
    for name in ("agent.toml", "gate.toml"):
        (folder / name).touch()
    (folder / "fleet.toml").write_text(text)
    return folder / "fleet.toml"


def test_a_whole_file(tmp_path):
    fleet = read_fleet(written(tmp_path))
    assert (fleet.sign, fleet.settle_s, fleet.stop_after, fleet.parallel) == ("release", 120, 2, 3)
    door, gate, roof = fleet.devices
    assert (door.host, door.names, door.config) == ("pi@door.local", ("door", "yard"), tmp_path / "agent.toml")
    assert gate.config == tmp_path / "gate.toml"
    assert (roof.host, roof.config) == ("", tmp_path / "agent.toml")
    assert [device.name for device in fleet.first] == ["roof"]
    # The roof fetches by itself: whom the desk reaches is tried on another one first.
    assert [device.name for device in fleet.first_reached] == ["door"]


def test_one_line_each_is_enough(tmp_path):
    fleet = read_fleet(written(tmp_path, '[[devices]]\nhost = "pi@door"\nname = "door"\n'))
    assert (fleet.canary, fleet.stop_after, fleet.root) == (1, 1, "~/edgewright")


@pytest.mark.parametrize(
    ("canary", "first"),
    [('"10%"', 2), ('"1%"', 1), ('"50%"', 10), ('"100%"', 20), ('"0%"', 0), ("1", 1), ("3", 3), ("99", 20), ("0", 0)],
)
def test_how_many_come_first(tmp_path, canary, first):
    devices = "".join(f'[[devices]]\nname = "d{number}"\n' for number in range(20))
    fleet = read_fleet(written(tmp_path, f"canary = {canary}\n{devices}"))
    assert [device.name for device in fleet.first] == [f"d{number}" for number in range(first)]


def test_those_that_are_marked_come_first_whatever_the_share(tmp_path):
    devices = "".join(f'[[devices]]\nname = "d{number}"\ncanary = {str(number > 2).lower()}\n' for number in range(6))
    fleet = read_fleet(written(tmp_path, f"canary = 1\n{devices}"))
    assert [device.name for device in fleet.first] == ["d3", "d4", "d5"]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('config = "agent.toml"', 'config = "no.toml"', 1, "there is no such file"),
        ('config = "agent.toml"', 'config = "agent.toml"\nmodel = "m"', 2, "say one of them"),
        ("canary =", "canari =", 3, "Did you mean 'canary'"),
        ('"10%"', '"110%"', 3, "canary: '110%', expected at most 100%"),
        ('"10%"', '"some"', 3, "canary: 'some', expected a share"),
        ('"10%"', "2.5", None, "canary: 2.5, expected a share"),
        ('"10%"', "-1", None, "canary: -1"),
        ('"2min"', '"soon"', 4, "settle: 'soon'"),
        ("stop_after = 2", "stop_after = 0", None, "stop_after: 0"),
        ("parallel = 3", "parallel = 0", None, "parallel: 0, expected 1 to 64"),
        ("parallel = 3", 'parallel = "3"', 6, "expected a whole number"),
        ('broker = "mqtts://broker.example/site"', "", None, "settle: devices are watched through the broker"),
        ('name = "gate"', 'name = "door"', 16, "devices.2.name: 'door' is device 1 already"),
        ('name = "gate"', 'name = "yard"', 16, "devices.2.name: 'yard' is a group's name too"),
        ("pi@gate.local", "pi@door.local", 15, "devices.2.host: 'pi@door.local' is device 1 already"),
        ("pi@gate.local", "pi@@gate.local", 14, "host: 'pi@@gate.local' is no device"),
        ('name = "roof"', 'nane = "roof"', 21, "Did you mean 'name'"),
        ('name = "roof"', 'name = "the roof"', 20, "'the roof' is no name"),
        ('name = "roof"', 'name = "../roof"', 20, "'../roof' is no name"),
        ('name = "roof"', 'host = "pi@roof"', 20, "name is missing"),
        ('groups = ["yard"]\nconfig', 'groups = "yard"\nconfig', 17, "expected a list"),
        ("[[devices]]\nhost = \"pi@door.local\"", "[[devices]\n", 9, "line 9"),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_its_line(tmp_path, old, new, line, words):
    with pytest.raises(UsageError) as caught:
        read_fleet(written(tmp_path, WHOLE.replace(old, new)))
    assert line is None or f"line {line}" in str(caught.value)
    assert words in str(caught.value)


def test_no_device_at_all(tmp_path):
    with pytest.raises(UsageError, match=r"there is no device. Write each as \[\[devices\]\]"):
        read_fleet(written(tmp_path, "canary = 1\n"))
