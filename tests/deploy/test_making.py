"""What goes into a bundle beside models and wheels."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from edgewright.bundle import ALLOWED_SIGNERS, Platform, open_bundle
from edgewright.deploy import deploy, making, new_key
from edgewright.deploy.keyring import trusted_keys
from edgewright.deploy.making import make_bundle
from edgewright.errors import UsageError


@pytest.fixture(autouse=True)
def _without_wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no matter here, and would come from the network."""
    monkeypatch.setattr(making, "_code", lambda *_: {})


def made(folder: Path, sign: object) -> Path:
    platform = Platform("aarch64", "3.11", "glibc 2.36")
    return make_bundle(folder / "1.bundle", platform=platform, sign=sign, overwrite=True).path  # type: ignore[arg-type]


def test_every_signed_bundle_takes_the_trusted_keys_along(tmp_path: Path):
    new_key("desk", passphrase=False)
    stranger = new_key("laptop", passphrase=False)
    with open_bundle(made(tmp_path, "desk"), (), unsigned=True) as opened:
        assert opened.trusted() == trusted_keys()
        assert stranger.trusted in opened.trusted()


def test_a_key_that_this_desk_does_not_trust_brings_no_list(tmp_path: Path):
    """It would lock its own maker out."""
    new_key("desk", passphrase=False)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    for sign in (tmp_path / "other", None):
        with open_bundle(made(tmp_path, sign), (), unsigned=True) as opened:
            assert ALLOWED_SIGNERS not in [entry.path for entry in opened.manifest.files]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"devices": ("door", "the gate")}, "'the gate' is no name of a device. Use up to 99 letters"),
        ({"name": "../door"}, "'../door' is no name of a bundle"),
        ({"version": 0}, "0 is no version. Use a whole number from 1"),
        ({"version": 2**60}, "is no version"),
    ],
)
def test_names_and_versions_are_looked_at_before_the_work(tmp_path: Path, wrong: dict[str, Any], why: str):
    with pytest.raises(UsageError, match=why):
        make_bundle(tmp_path, platform=Platform("pdp11", "3.11", "glibc 2.36"), model="none.tflite", **wrong)


@pytest.mark.parametrize("wrong", [{"name": "the door"}, {"groups": ("yard", "the garden")}, {"version": -1}])
def test_nothing_is_connected_to_for_a_name_or_a_version_that_cannot_be(wrong: dict[str, Any]):
    with pytest.raises(UsageError, match=r"is no name of a device|is no version"):
        deploy("nobody@nowhere.invalid", "none.tflite", **wrong)
