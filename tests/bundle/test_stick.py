"""A bundle that comes on a USB stick: the real `device.pyz`, with Python alone, takes it only from a hand it knows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bundle.desk import FILES, Desk, make_desk, manifest_of
from edgewright.bundle import trusted_text
from edgewright.deploy import write_bundle
from edgewright.deploy.packing.program import device_program

Device = Callable[..., "tuple[int, dict[str, Any]]"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    """Run `device.pyz` with these words, as on a device that has nothing but Python: exit code, last line."""
    program = tmp_path / "device.pyz"
    program.write_bytes(device_program())

    def run(*words: object) -> tuple[int, dict[str, Any]]:
        command = [sys.executable, "-I", "-S", program, *words, "--root", tmp_path / "root"]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout.splitlines()[-1])

    return run


def test_from_a_stick_with_keys_and_bundles(device: Device, desk: Desk, tmp_path: Path) -> None:
    keys, plain = tmp_path / "keys", tmp_path / "unsigned.bundle"
    keys.write_text(trusted_text([desk.trusted]))
    write_bundle(plain, manifest_of(1), FILES)
    signed = [desk.bundle(tmp_path / f"{version}.bundle", manifest_of(version)) for version in (2, 3)]

    code, said = device("install", signed[0])
    assert (code, said["kind"]) == (1, "SignatureError")
    assert device("install", plain, "--unsigned")[0] == 0
    assert device("trust", keys) == (0, {"keys": 1})
    assert device("install", signed[0])[0] == 0
    for words in ((plain, "--unsigned"), (plain, "--digest", manifest_of(1).digest, "--downgrade")):
        code, said = device("install", *words)
        assert (code, said["kind"]) == (1, "SignatureError")
    assert device("install", signed[1])[1]["version"] == manifest_of(3).label
    assert device("ask")[1]["keys"] == 1


def test_what_is_no_list_of_keys_changes_nothing(device: Device, desk: Desk, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(trusted_text([desk.trusted]))
    device("trust", keys)
    for text, said in (("", "names no key"), ("ssh-rsa AAAA\n", "line 1"), (None, "no such file")):
        keys.unlink()
        if text is not None:
            keys.write_text(text)
        code, answer = device("trust", keys)
        assert code == 1
        assert said in answer["error"]
        keys.touch()
    assert (tmp_path / "root" / "allowed_signers").read_text() == trusted_text([desk.trusted])


def test_whoever_stands_at_the_device_can_mend_its_time(device: Device, desk: Desk, tmp_path: Path) -> None:
    """A clock that was once far too late would else have every key expired for good."""
    keys, bundle = tmp_path / "keys", desk.bundle(tmp_path / "1.bundle", manifest_of(1))
    keys.write_text(trusted_text([replace(desk.trusted, valid_before=int(time.time()) + 86_400)]))
    device("trust", keys)
    (tmp_path / "root" / "clock.json").write_text('{"latest": 4000000000}')
    assert "expired" in device("install", bundle)[1]["error"]
    device("trust", keys)
    assert device("install", bundle)[0] == 0


def test_that_a_bundle_would_be_taken_can_be_asked(device: Device, desk: Desk, tmp_path: Path) -> None:
    """As the device is to be called; and it stays as it is."""
    root, plain, named = tmp_path / "root", tmp_path / "plain.bundle", tmp_path / "named.bundle"
    write_bundle(plain, manifest_of(1), FILES)
    desk.bundle(named, manifest_of(2, devices=("gate",)))
    assert device("verify", plain, "--unsigned") == (0, {"version": manifest_of(1).label})
    assert not root.exists()
    assert device("verify", plain)[1]["kind"] == "SignatureError"
    (tmp_path / "keys").write_text(trusted_text([desk.trusted]))
    device("trust", tmp_path / "keys")
    assert device("verify", named)[1]["kind"] == "BundleError"
    assert device("verify", named, "--names", "gate,yard")[0] == 0
    assert device("verify", named, "--names", "no name")[0] == 2
    assert not (root / "versions").exists() or not [*(root / "versions").iterdir()]
    assert not (root / "device.json").exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "COMMAND"),
        (("instal",), "invalid choice: 'instal'"),
        (("install",), "bundle"),
        (("install", "a.bundle", "--force"), "unrecognized arguments: --force"),
        (("launch", "--within", "soon"), "invalid float value: 'soon'"),
        (("name", "the door"), "'the door' is no name of a device. Use up to 99 letters, digits and . _ @ -"),
        (("verify", "a.bundle", "--names", "door,../gate"), "'../gate' is no name of a device"),
    ],
)
def test_what_is_asked_for_in_a_wrong_way_is_told_as_json_too(device: Device, words: tuple[str, ...], why: str) -> None:
    code, said = device(*words)
    assert (code, said["kind"]) == (2, "UsageError")
    assert why in said["error"]
