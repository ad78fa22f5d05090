"""Keys and bundles as a desk makes them, with the real `ssh-keygen`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edgewright.bundle import NAMESPACE, Manifest, Platform, TrustedKey, parse_public
from edgewright.deploy import entry_of, write_bundle

HERE = Platform(os.uname().machine, f"3.{sys.version_info.minor}", "glibc 2.17")
"""A kind of device that this machine is one of."""

FILES = {
    "words.toml": b'[model]\nfile = "model/dogs.tflite"\n',
    "model/dogs.tflite": bytes(range(256)) * 40,
    "empty.txt": b"",
    "notes/one-block.txt": b"x" * 512,
}


@dataclass(frozen=True)
class Desk:
    """A key in a file, and what a device is told of it."""

    private: Path
    trusted: TrustedKey

    def sign(self, message: bytes, *, namespace: str = NAMESPACE, digest: str = "sha512") -> bytes:
        return signed_with(self.private, message, namespace, digest)

    def bundle(self, path: Path, manifest: Manifest, files: Mapping[str, bytes] = FILES) -> Path:
        write_bundle(path, manifest, files, self.sign(manifest.to_bytes()), overwrite=True)
        return path


def make_desk(folder: Path, name: str = "desk", **times: int) -> Desk:
    private = make_key(folder / name, "ed25519")
    key, _ = parse_public(private.with_suffix(".pub").read_text())
    return Desk(private, replace(TrustedKey(name, key), **times))


def make_key(path: Path, kind: str) -> Path:
    _need_program()
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", path.name, "-f", path], check=True)
    return path


def signed_with(private: Path, message: bytes, namespace: str = NAMESPACE, digest: str = "sha512") -> bytes:
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-O", f"hashalg={digest}", "-f", private]
    return subprocess.run(words, input=message, check=True, capture_output=True).stdout


def manifest_of(version: int = 7, files: Mapping[str, bytes] = FILES, *, devices: tuple[str, ...] = ()) -> Manifest:
    """Of a bundle for this machine, which runs nothing."""
    entries = tuple(entry_of(path, content) for path, content in files.items())
    return Manifest("door", version, HERE, entries, devices=devices)


def use_verifier(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have signatures verified with "ssh-keygen", or with "cryptography" as where there is no `ssh-keygen`."""
    if name == "cryptography":
        _need_package()
        monkeypatch.setenv("PATH", os.devnull)
    else:
        _need_program()


def _need_program() -> None:
    if not shutil.which("ssh-keygen"):
        _missing("ssh-keygen is missing; install it with: apt-get install openssh-client")


def _need_package() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError:
        _missing("the package cryptography is missing; install it with: pip install cryptography")


def _missing(hint: str) -> None:
    pytest.fail(hint) if os.environ.get("CI") else pytest.skip(hint)
