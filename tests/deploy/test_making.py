"""What goes into a bundle beside models and wheels."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from edgewright.bundle import ALLOWED_SIGNERS, Platform, open_bundle
from edgewright.deploy import making, new_key
from edgewright.deploy.keyring import trusted_keys
from edgewright.deploy.making import make_bundle


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
