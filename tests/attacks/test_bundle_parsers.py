"""What strangers send instead of bundles, signatures and keys is refused with one kind of error, whatever it is."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from edgewright.bundle import Manifest, Signature, open_bundle, parse_public, parse_trusted, trusted_text
from edgewright.bundle.archive import header
from edgewright.bundle.wire import KIND, packed, unpacked
from edgewright.errors import BundleError, SignatureError

KEY = base64.b64encode(packed(KIND, bytes(32))).decode()
_words = some.sampled_from(
    ["ann", "ssh-ed25519", "ssh-rsa", KEY, KEY[:-4], "namespaces=", '"edgewright-bundle"', '"git"', "valid-after=",
     "valid-before=", '"20300101"', '"00010101Z"', '"99991231235960Z"', '"20300101120000Z"', ",", " ", "\t", "\n", "#",
     '"', "cert-authority", "*", "\0", "漢"]
)  # fmt: skip
_lines = some.lists(_words, max_size=12).map("".join) | some.text(max_size=50)
_texts = some.lists(
    some.sampled_from([b"ssh-ed25519", b"edgewright-bundle", b"sha512", b"", packed(KIND, bytes(32)),
                       packed(KIND, bytes(64)), packed(KIND, b"\xff" * 64)]) | some.binary(max_size=40),
    max_size=6,
)  # fmt: skip


@given(_lines)
def test_lines_of_trusted_keys(text: str) -> None:
    try:
        keys = parse_trusted(text)
    except BundleError:
        return
    assert parse_trusted(trusted_text(keys)) == keys


@given(_lines)
def test_public_keys(text: str) -> None:
    try:
        assert len(parse_public(text)[0]) == 32
    except BundleError:
        return


@given(_texts, some.binary(max_size=5))
def test_signatures(texts: list[bytes], behind: bytes) -> None:
    blob = base64.b64encode(b"SSHSIG\0\0\0\1" + packed(*texts) + behind)
    lines = b"".join(blob[start : start + 70] + b"\n" for start in range(0, len(blob), 70))
    data = b"-----BEGIN SSH SIGNATURE-----\n" + lines + b"-----END SSH SIGNATURE-----\n"
    try:
        assert Signature.from_bytes(data).to_bytes() == data
    except SignatureError:
        return


@given(some.lists(some.binary(max_size=20), max_size=5), some.binary(max_size=30))
def test_texts_with_their_lengths(texts: list[bytes], other: bytes) -> None:
    assert unpacked(packed(*texts)) == texts
    try:
        assert packed(*unpacked(other)) == other
    except ValueError:
        return


@given(some.binary(max_size=3_000), some.integers(0, 4_000), some.booleans())
def test_archives(content: bytes, size: int, begins: bool) -> None:
    data = (header("manifest.json", size) if begins else b"") + content
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "any.bundle")
        path.write_bytes(data)
        with pytest.raises(BundleError):
            open_bundle(path, [], unsigned=True)


@given(some.binary(max_size=100) | some.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")))
def test_manifests(data: bytes) -> None:
    with pytest.raises(BundleError):
        Manifest.from_bytes(data)
