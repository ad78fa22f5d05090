"""`edgewright fleet` and `deploy --all` as they are typed: what they print, write, and end with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edgewright.bundle import Desired, Manifest, this_platform
from edgewright.cli.app import _edgewright
from edgewright.deploy import entry_of, new_key, sign, write_bundle
from edgewright.errors import BundleError, DeployError, SignatureError, UsageError


@pytest.fixture
def described(tmp_path: Path, shared_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three devices, at addresses where nobody is."""
    monkeypatch.chdir(tmp_path)
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    tables = "".join(f'[[devices]]\nname = "{name}"\nhost = "127.0.0.1:{port}"\n' for port, name in
                     enumerate(("door", "gate", "roof"), 1))  # fmt: skip
    Path("fleet.toml").write_text(f'model = "{model}"\ncanary = 1\n{tables}')
    return Path("fleet.toml")


def edgewright(*words: object) -> Result:
    return CliRunner().invoke(_edgewright, list(map(str, words)))


def bundle(path: Path, version: int = 7, key: str | None = None) -> Path:
    manifest = Manifest("door", version, this_platform(), (entry_of("number", b"7"),))
    write_bundle(path, manifest, {"number": b"7"}, sign(manifest.to_bytes(), key) if key else b"")
    return path


def test_a_version_as_a_file_for_a_web_server(described):
    new_key("release", passphrase=False)
    path = bundle(Path("door-7.bundle"), key="release")
    words = ("fleet", "release", path, described, "--url", "https://host.example/bundles/", "-o", "desired.json")
    done = edgewright(*words, "--canary")
    assert (done.exit_code, done.output) == (0, "written to desired.json, for 1 of 3 devices: door\n")
    desired = Desired.from_bytes(Path("desired.json").read_bytes())
    assert (desired.version, desired.devices) == (7, ("door",))
    assert desired.offers[0].url == "https://host.example/bundles/door-7.bundle"
    assert desired.offers[0].size == path.stat().st_size
    done = edgewright(*words, "--json")
    assert json.loads(done.output)["devices"] == ["door", "gate", "roof"]
    assert Desired.from_bytes(Path("desired.json").read_bytes()).devices == ()


@pytest.mark.parametrize(
    ("version", "key", "url", "kind", "said"),
    [
        (7, None, "https://host/", BundleError, "it is not signed, and devices fetch nothing unsigned"),
        (7, "release", "http://host/", UsageError, "begins with https://"),
        (7, "release", "https://host/", UsageError, "no broker is named"),
    ],
)
def test_what_is_not_released(described, version, key, url, kind, said):
    new_key("release", passphrase=False)
    path = bundle(Path("door.bundle"), version, key)
    more = () if "broker" in said else ("-o", "desired.json")
    done = edgewright("fleet", "release", path, described, "--url", url, *more)
    assert isinstance(done.exception, kind)
    assert said in str(done.exception)
    assert not Path("desired.json").exists()


@pytest.mark.parametrize("trusted", [True, False])
def test_what_no_device_would_take_is_not_released(described, tmp_path, trusted):
    """Any bytes are no signature; nor is one of a key that is not trusted, where the desk knows which are."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "stranger")], check=True)
    if trusted:
        new_key("release", passphrase=False)
    path = bundle(tmp_path / "door.bundle", key=str(tmp_path / "stranger"))
    words = ("fleet", "release", path, described, "--url", "https://host/", "-o", "desired.json")
    done = edgewright(*words)
    assert isinstance(done.exception, SignatureError if trusted else type(None)), done.output
    assert not trusted or "signed by a key that is not trusted here" in str(done.exception)
    other = Manifest("door", 8, this_platform(), (entry_of("number", b"7"),))
    for signature, said in ((b"any bytes", "cannot be read"), (sign(b"others", tmp_path / "stranger"), "")):
        write_bundle(path, other, {"number": b"7"}, signature, overwrite=True)
        done = edgewright(*words)
        assert isinstance(done.exception, SignatureError)
        assert said in str(done.exception)


def test_bundles_of_two_versions_or_at_one_address(described):
    new_key("release", passphrase=False)
    paths = [bundle(Path(f"door-{version}.bundle"), version, "release") for version in (7, 8)]
    done = edgewright("fleet", "release", *paths, described, "--url", "https://host/", "-o", "d.json")
    assert "of versions 7, 8; release one" in str(done.exception)
    done = edgewright("fleet", "release", *paths, described, "--url", "https://host/one", "-o", "d.json")
    assert "several bundles lie in a folder, whose address ends with /" in str(done.exception)


def test_where_nobody_is_reached_nothing_is_made(described):
    done = edgewright("deploy", "--all", described)
    assert done.exit_code == 1
    assert "door: away" in done.stderr
    assert "Stopped: of the first, door, none was reached." in " ".join(done.stdout.split())
    assert not list(Path("fleet.rollout").glob("*.bundle"))
    done = edgewright("deploy", "--all", described, "--json")
    assert [step["state"] for step in json.loads(done.stdout)["steps"]] == ["away", "not tried", "not tried"]


@pytest.mark.parametrize("word", ["--sign=x", "--name=x", "--root=x", "--rollback", "pi@host"])
def test_what_the_file_describes_is_not_said_beside_it(described, word):
    done = edgewright("deploy", "--all", described, word)
    assert done.exit_code == 2
    assert "describes the whole fleet; write it there" in done.stderr


def test_a_fleet_without_a_broker_has_no_status(described):
    done = edgewright("fleet", "status", described)
    assert done.exit_code == 2
    assert "no broker is named" in done.stderr


@pytest.mark.extras
def test_status_of_a_broker(described, tmp_path):
    from datetime import UTC, datetime

    from agent.servers import Broker

    broker = Broker(tmp_path)
    address = f"mqtt://127.0.0.1:{broker.port}/site"
    assert isinstance(edgewright("fleet", "status", address).exception, DeployError)
    broker.start()
    try:
        done = edgewright("fleet", "status", address)
        assert (done.exit_code, done.stderr) == (1, "No device has reported there yet\n")
        report: dict[str, Any] = {"state": "online", "healthy": True, "version": 7, "every_s": 60}
        report["time"] = datetime.now(UTC).isoformat()
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "site/devices/door/status",
                        "-r", "-q", "1", "-m", json.dumps(report)], check=True)  # fmt: skip
        done = edgewright("fleet", "status", address)
        assert (done.exit_code, "1 of 1 are healthy. Versions: 7." in done.stdout) == (0, True)
        described.write_text(f'broker = "{address}"\n{described.read_text()}')
        done = edgewright("fleet", "status", described, "--json")
        assert [report["state"] for report in json.loads(done.stdout)] == ["healthy", "unknown", "unknown"]
        assert done.exit_code == 1
        new_key("release", passphrase=False)
        path = bundle(Path("door-7.bundle"), key="release")
        done = edgewright("fleet", "release", path, described, "--url", "https://host/b", "--canary")
        assert done.output == f"laid down at {address}, for 1 of 3 devices: door\n"
        withdrawn = json.loads(edgewright("fleet", "withdraw", described, "--json").stdout)
        assert (withdrawn["broker"], len(withdrawn["devices"])) == (address, 3)
    finally:
        broker.stop()
