"""The keys that sign what is deployed: made and kept as OpenSSH keeps keys, and which of them devices are to trust."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewright.bundle import ALLOWED_SIGNERS, TrustedKey, day, parse_public, read_trusted, with_key, write_trusted
from edgewright.errors import BundleError, DeployError, OutputError, UsageError
from edgewright.files import give_name

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")
_MOST_BYTES = 10_000


@dataclass(frozen=True)
class Key:
    """A key of this desk: its name, the file `.pub`, and the private half beside it, None where an agent has it.

    `trusted` is what devices are told of it; None where they are not to trust it.
    """

    name: str
    fingerprint: str
    public: Path | None
    private: Path | None
    trusted: TrustedKey | None

    @property
    def expired(self) -> bool:
        """Whether devices no longer take what it signs."""
        limit = self.trusted.valid_before if self.trusted else None
        return limit is not None and time.time() > limit

    def to_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON; times in seconds since 1970."""
        return {
            "name": self.name,
            "fingerprint": self.fingerprint,
            "public": str(self.public) if self.public else None,
            "private": str(self.private) if self.private else None,
            "trusted": self.trusted is not None,
            "valid_after": self.trusted.valid_after if self.trusted else None,
            "valid_before": self.trusted.valid_before if self.trusted else None,
            "expired": self.expired,
        }


def config_folder() -> Path:
    """Where keys are kept: `edgewright` in $XDG_CONFIG_HOME, else ~/.config/edgewright; it need not exist."""
    general = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (general if general.is_absolute() else Path.home() / ".config") / "edgewright"


def keys_folder() -> Path:
    """The keys that were made with `new_key`."""
    return config_folder() / "keys"


def trusted_file() -> Path:
    """The file `allowed_signers` with the keys that devices are to trust."""
    return config_folder() / ALLOWED_SIGNERS


def trusted_keys() -> tuple[TrustedKey, ...]:
    """What a signed bundle brings to a device as its trusted keys; none where no key was made or trusted yet."""
    return read_trusted(trusted_file())


def new_key(name: str, *, passphrase: bool = True, valid_before: int | None = None) -> Key:
    """Make an Ed25519 key with `ssh-keygen`, and have devices trust it, for ever or before a time (seconds since 1970).

    With `passphrase`, `ssh-keygen` asks for one at the terminal; it does not pass through here. Raises `UsageError` for
    a name that is no file name or is taken, and `DeployError` where none was made.
    """
    if not _NAME.fullmatch(name) or name.endswith(".pub"):
        raise UsageError(f"{name!r} is no name for a key. Use letters, digits and any of . _ @ + -")
    _check_future(valid_before)
    private = keys_folder() / name
    _make_folder(private.parent)
    if any(os.path.lexists(path) for path in (private, _public(private))):
        raise UsageError(f"there is a key {name} already, which is never replaced. Choose another name")
    workplace = private.parent / f".new-{secrets.token_hex(8)}"
    workplace.mkdir(mode=0o700)
    try:
        _generate(workplace / "key", name, passphrase)
        give_name(workplace / "key", private, overwrite=False)
        give_name(workplace / "key.pub", _public(private), overwrite=False)
    finally:
        shutil.rmtree(workplace)
    trust(_public(private), name=name, valid_before=valid_before)
    return find_key(name)


def keys() -> tuple[Key, ...]:
    """All keys that were made here, and those of others that devices are to trust."""
    trusted = trusted_keys()
    own = [*_own(trusted)]
    known = {key.fingerprint for key in own}
    others = [Key(one.name, one.fingerprint, None, None, one) for one in trusted if one.fingerprint not in known]
    return (*own, *others)


def find_key(name: str) -> Key:
    """A key by its name or fingerprint. Raises `UsageError` where there is none, or several."""
    found = [key for key in keys() if name in (key.name, key.fingerprint)]
    if len(found) > 1:
        several = " and ".join(key.fingerprint for key in found)
        raise UsageError(f"there are several keys {name!r:.100}: name one by its fingerprint, {several}")
    if not found:
        names = ", ".join(sorted({key.name for key in keys()}))
        remedy = f"There are: {names}" if names else f"Make it: edgewright keys new {name}"
        raise UsageError(f"there is no key {name!r:.100}", remedy=remedy)
    return found[0]


def trust(
    public: Path, *, name: str = "", valid_after: int | None = None, valid_before: int | None = None
) -> TrustedKey:
    """Have devices trust the key of a file `.pub` from the next signed bundle on; what was said of it before is void.

    `name`: whose it is; the remark in the file, if not said. Times in seconds since 1970. Raises `BundleError` for any
    other kind of key than Ed25519, and `UsageError` where it would have expired already.
    """
    _check_future(valid_before)
    key, remark = read_public(public)
    owner = name or re.sub(r"[^A-Za-z0-9._@+-]+", "-", remark).strip("-") or public.name.removesuffix(".pub")
    trusted = TrustedKey(owner, key, valid_after=valid_after, valid_before=valid_before, remark=remark)
    _make_folder(trusted_file().parent)
    write_trusted(trusted_file(), with_key(trusted_keys(), trusted))
    return trusted


def retire(name: str) -> TrustedKey:
    """No longer have devices trust a key, from the next signed bundle on; its files stay.

    Raises `UsageError` where it is not trusted, or the only one: then nothing could be deployed any more.
    """
    trusted = trusted_keys()
    gone = find_key(name).trusted
    if gone is None:
        raise UsageError(f"the key {name} is not trusted, there is nothing to retire")
    left = [one for one in trusted if one.key != gone.key]
    if not left:
        raise UsageError(f"{name} is the only trusted key. Make another one first: edgewright keys new NAME")
    write_trusted(trusted_file(), left)
    return gone


def read_public(path: Path) -> tuple[bytes, str]:
    """The key (32 bytes) and the remark of a file `.pub`. Raises `BundleError`, also for any kind but Ed25519."""
    try:
        with path.open("rb") as stream:
            return parse_public(stream.read(_MOST_BYTES).decode())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BundleError(f"it cannot be read: {reason}", where=str(path)) from None
    except BundleError as error:
        raise BundleError(error.message, where=str(path), remedy=error.remedy) from None


def _check_future(valid_before: int | None) -> None:
    if valid_before is not None and valid_before <= time.time():
        raise UsageError(f"{day(valid_before)} is in the past. Choose a later date, or retire the key")


def _own(trusted: Sequence[TrustedKey]) -> Iterator[Key]:
    for public in sorted(keys_folder().glob("*.pub")):
        key, _ = read_public(public)
        private = public.with_name(public.name.removesuffix(".pub"))
        said = next((one for one in trusted if one.key == key), None)
        known = said or TrustedKey(private.name, key)
        yield Key(private.name, known.fingerprint, public, private if private.is_file() else None, said)


def _public(private: Path) -> Path:
    return private.with_name(f"{private.name}.pub")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}") from None


def _generate(path: Path, name: str, passphrase: bool) -> None:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-C", name, "-f", str(path)]
    try:
        done = subprocess.run(words if passphrase else [*words, "-N", ""])
    except OSError:
        raise DeployError("there is no ssh-keygen on this machine", remedy="Install OpenSSH") from None
    if done.returncode != 0 or not path.is_file():
        raise DeployError("ssh-keygen made no key", where=name)
