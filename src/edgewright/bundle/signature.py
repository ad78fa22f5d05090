"""Signatures as OpenSSH makes them (PROTOCOL.sshsig): read strictly, and verified with `ssh-keygen` or `cryptography`.

Who is trusted, for what and until when is decided here and not by the program, so that it is the same whichever of the
two does the sums and however old it is.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewright.bundle.trusted import NAMESPACE, TrustedKey
from edgewright.bundle.wire import KIND, SIGNATURE_BYTES, from_base64, key_of, packed, unpacked
from edgewright.errors import SignatureError

MOST_BYTES = 2_000
"""Of a signature; one of an Ed25519 key has about 300."""

_BEGIN, _END = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"
_MAGIC, _WIDTH, _TIMEOUT = b"SSHSIG\x00\x00\x00\x01", 70, 60
_DIGESTS = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
# RFC 8032, 5.1: the order of the group. The same signature with that added to it is one that others would take.
_ORDER = 2**252 + 27742317777372353535851937790883648493


@dataclass(frozen=True)
class Signature:
    """What stands in a file `.sig`: the key (32 bytes), the name of the digest, what the key signed (64 bytes)."""

    key: bytes
    digest: bytes
    value: bytes

    def to_bytes(self) -> bytes:
        """The one way to write it, which is OpenSSH's."""
        blob = _MAGIC + packed(packed(KIND, self.key), NAMESPACE.encode(), b"", self.digest, packed(KIND, self.value))
        text = base64.b64encode(blob)
        lines = (text[start : start + _WIDTH] + b"\n" for start in range(0, len(text), _WIDTH))
        return _BEGIN + b"".join(lines) + _END

    @classmethod
    def from_bytes(cls, data: bytes) -> Signature:
        """Read one; raises `SignatureError` for anything that `to_bytes` would not have written."""
        try:
            signature = cls(*_parts(data))
        except ValueError as error:
            raise SignatureError(f"its signature cannot be read: {error}") from None
        if signature.to_bytes() != data:
            raise SignatureError("its signature is not written as OpenSSH writes it")
        return signature

    def signed(self, message: bytes) -> bytes:
        """The bytes that the key signed: not the message itself, but its digest and what it is for."""
        digest = _DIGESTS[self.digest](message).digest()
        return _MAGIC[:6] + packed(NAMESPACE.encode(), b"", self.digest, digest)


def verify(message: bytes, signature: bytes, trusted: Sequence[TrustedKey], *, at: float | None = None) -> TrustedKey:
    """The trusted key that made this signature (the content of a file `.sig`) over this message.

    `at`: what time it is, in seconds since 1970; the clock's, if not said.
    Raises `SignatureError` where no trusted key made it, or one that has expired, and where nothing can tell.
    """
    found = Signature.from_bytes(signature)
    signer = _signer(found.key, trusted, time.time() if at is None else at)
    if shutil.which("ssh-keygen"):
        _verify_by_program(message, found)
    else:
        _verify_by_package(message, found)
    return signer


def _signer(key: bytes, trusted: Sequence[TrustedKey], at: float) -> TrustedKey:
    known = [one for one in trusted if one.key == key]
    if not known:
        shown = TrustedKey("unknown", key).fingerprint
        raise SignatureError(f"it is signed by a key that is not trusted here: {shown}")
    problems = [(one.why_not(at), one) for one in known]
    for problem, one in problems:
        if not problem:
            return one
    raise SignatureError(f"the key of {known[0].name} that signed it {problems[0][0]}")


def _verify_by_program(message: bytes, signature: Signature) -> None:
    """Ask `ssh-keygen` for the sums alone: it is given one key, and no times, which old versions do not know."""
    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        keys, signed = Path(folder, "keys"), Path(folder, "sig")
        keys.write_text(f"{TrustedKey('signer', signature.key).line}\n")
        signed.write_bytes(signature.to_bytes())
        words = ["ssh-keygen", "-Y", "verify", "-n", NAMESPACE, "-f", str(keys), "-I", "signer", "-s", str(signed)]
        try:
            done = subprocess.run(words, input=message, capture_output=True, timeout=_TIMEOUT)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SignatureError(f"its signature cannot be verified: {error}") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        raise SignatureError(f"its signature does not hold{f': {said[-1]}' if said else ''}")


def _verify_by_package(message: bytes, signature: Signature) -> None:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise SignatureError(
            "nothing here can verify its signature", remedy="Install openssh-client or python3-cryptography"
        ) from None
    try:
        Ed25519PublicKey.from_public_bytes(signature.key).verify(signature.value, signature.signed(message))
    except (InvalidSignature, ValueError):
        raise SignatureError("its signature does not hold") from None


def _parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The key, the name of the digest and the signature in a file `.sig`; raises `ValueError`."""
    if len(data) > MOST_BYTES or not data.startswith(_BEGIN) or not data.endswith(_END):
        raise ValueError("it is no signature of OpenSSH")
    blob = from_base64(data[len(_BEGIN) : -len(_END)].replace(b"\n", b""))
    if not blob.startswith(_MAGIC):
        raise ValueError("it is of another kind or version")
    texts = unpacked(blob[len(_MAGIC) :])
    if len(texts) != 5:
        raise ValueError(f"it has {len(texts)} parts, not 5")
    key, namespace, reserved, digest, value = texts
    if namespace != NAMESPACE.encode() or reserved:
        raise ValueError(f"it is made for {namespace.decode(errors='replace')!r:.60}, not for {NAMESPACE!r}")
    if digest not in _DIGESTS:
        raise ValueError(f"it has the digest {digest.decode(errors='replace')!r:.60}; known are sha256 and sha512")
    return key_of(key), digest, _value(value)


def _value(blob: bytes) -> bytes:
    texts = unpacked(blob)
    if len(texts) != 2 or texts[0] != KIND or len(texts[1]) != SIGNATURE_BYTES:
        raise ValueError("it is not one of an Ed25519 key")
    if int.from_bytes(texts[1][32:], "little") >= _ORDER:
        raise ValueError("it is a changed copy of another signature")
    return texts[1]
