"""Signing a manifest with a key of OpenSSH: one in a file, or one that an agent keeps."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from edgewright.bundle import NAMESPACE, Signature
from edgewright.deploy.keyring import find_key, read_public, trusted_file, trusted_keys
from edgewright.errors import DeployError, SignatureError

_REMEDY = "Name a key of edgewright keys, a private key file, or the .pub of a key that ssh-agent has"


def sign(message: bytes, key: str | Path) -> bytes:
    """The signature over a manifest's bytes: what goes into a bundle as `manifest.json.sig`.

    `key`: the name of a key of `keys()`, a private key, or the file `.pub` of one that ssh-agent keeps. A passphrase
    is asked for by `ssh-keygen` itself. Raises `DeployError` where it is not made, and for any other kind of key than
    Ed25519.
    """
    path = key_file(key)
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(path)]
    try:
        done = subprocess.run(words, input=message, capture_output=True)
    except OSError:
        raise DeployError("there is no ssh-keygen on this machine", remedy="Install OpenSSH") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise DeployError(
            f"it does not sign: {said[-1] if said else 'ssh-keygen failed'}", where=str(path), remedy=_REMEDY
        )
    try:
        return Signature.from_bytes(done.stdout).to_bytes()
    except SignatureError as error:
        raise DeployError(f"no device takes what it signs: {error.message}", where=str(path), remedy=_REMEDY) from None


def key_file(key: str | Path) -> Path:
    """The file that stands for a key to `ssh-keygen`. Raises `UsageError` where there is none of that name."""
    path = Path(key).expanduser()
    if path.is_file():
        return path
    found = find_key(str(key))
    file = found.private or found.public
    if file is None:
        raise DeployError(f"the key {key} is only trusted here, not kept: it cannot sign", remedy=_REMEDY)
    return file


def signers_of(key: str | os.PathLike[str]) -> Path | None:
    """The list of trusted keys here, which a device takes over; None where the key that signs is not from it."""
    return trusted_file() if public_of(key)[1] in [trusted.key for trusted in trusted_keys()] else None


def public_of(key: str | os.PathLike[str]) -> tuple[Path, bytes, str]:
    """The file, the key and the remark of the public half of a key."""
    file = key_file(os.fspath(key))
    public = file if file.suffix == ".pub" else file.with_name(f"{file.name}.pub")
    return (public, *read_public(public))
